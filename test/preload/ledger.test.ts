/** From a ledger's report to a message: places out of V8's frames, bounds, and nothing that is no ledger's report. */
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerMessage } from "../../src/base/wire.ts";
import { parseMessage } from "../../src/monitor/remote/messages.ts";

type Summarize = (report: unknown, timeMs: number) => LedgerMessage | undefined;
const { summarizeLedger } = createRequire(import.meta.url)("../../dist/preload/ledger.cjs") as {
  summarizeLedger: Summarize;
};

const NOW_MS = 50_000;
function siteAt(place: string, live = 3, bytes?: number): object {
  return { place, frames: [place, "secret"], live, bytes, oldestMs: 2_000 };
}
function rowOf(name: string, sites: object[], live = 3): object {
  return { name, created: 10, released: 10 - live, live, bytes: undefined, gauges: {}, sites };
}
function whereOf(place: string): unknown {
  return summarizeLedger({ rows: [rowOf("x", [siteAt(place)])] }, NOW_MS)?.places[0]?.where;
}

describe("summarizeLedger", () => {
  it("tells totals and places, and nothing else of the report", () => {
    const report = {
      rows: [rowOf("jax-js", [siteAt("logProb (file:///srv/model.ts:42:7)", 3, 96.4)])],
      openScopes: [],
    };
    expect(summarizeLedger(report, NOW_MS)).toEqual({
      type: "ledger",
      timeMs: NOW_MS,
      totals: [{ name: "jax-js", live: 3, created: 10 }],
      places: [
        {
          name: "jax-js",
          where: { function: "logProb", file: "/srv/model.ts", line: 42, column: 7 },
          live: 3,
          bytes: 96,
          sinceMs: 48_000,
        },
      ],
    });
  });

  it.each([
    ["async fit (file:///srv/a%20b.mjs?v=secret:3:4)", { function: "fit", file: "/srv/a b.mjs", line: 3, column: 4 }],
    ["new Model (/srv/model.js:1:2)", { function: "Model", file: "/srv/model.js", line: 1, column: 2 }],
    ["Model.step [as run] (/srv/m#1.js:1:2)", { function: "Model.step", file: "/srv/m#1.js", line: 1, column: 2 }],
    ["Object.<anonymous> (/srv/m.cjs:1:2)", { function: "(module)", file: "/srv/m.cjs", line: 1, column: 2 }],
    ["file:///srv/m.mjs:9:1", { function: "(anonymous)", file: "/srv/m.mjs", line: 9, column: 1 }],
    ["async file:///srv/m.mjs:9:1", { function: "(anonymous)", file: "/srv/m.mjs", line: 9, column: 1 }],
    ["f (/srv/app (copy)/m.js:1:2)", { function: "f", file: "/srv/app (copy)/m.js", line: 1, column: 2 }],
  ])("reads the frame %s", (frame, where) => expect(whereOf(frame)).toEqual(where));

  it.each([
    "data:text/javascript,const password = 1:1:2",
    "f (eval at g (/srv/m.js:1:2), <anonymous>:1:1)",
    "Array.map (<anonymous>)",
    "native",
    "",
    `f (/${"x".repeat(2_000)}:1:2)`,
  ])("names no place for %s", (frame) => expect(whereOf(frame)).toBeUndefined());

  it("is bounded, the fullest first, and lets no odd name through", () => {
    const sites = Array.from({ length: 30 }, (_, index) => siteAt(`f (/a.js:${index + 1}:1)`, index));
    const rows = Array.from({ length: 30 }, (_, index) =>
      rowOf(index === 29 ? "x\n\u001b[31m" : `lib ${index}`, sites, index),
    );
    const message = summarizeLedger({ rows }, NOW_MS);
    expect(message?.totals).toHaveLength(20);
    expect(message?.totals[0]).toMatchObject({ name: "values", live: 29 });
    expect(message?.places).toHaveLength(20);
    expect(message?.places.every(({ live }) => live === 29)).toBe(true);
    expect(JSON.stringify(message).length).toBeLessThan(8_000);
  });

  it("says nothing of what is no report, and whatever it says is a message", () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.anything()), (anything, rows) => {
        for (const report of [anything, { rows }, { rows: [{ sites: rows, name: "x" }] }]) {
          const message = summarizeLedger(report, NOW_MS);
          if (message) expect(parseMessage(JSON.stringify(message))).toBeDefined();
        }
      }),
    );
    expect(summarizeLedger({ rows: [] }, NOW_MS)).toBeUndefined();
  });
});
