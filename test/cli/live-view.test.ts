/**
 * The live view fits any terminal and lets nothing of the program's names through that a terminal
 * would obey; its reserved lines never cost a line of the program's output. The latter is proved on a
 * small terminal of our own that knows the sequences in use.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bar, fit, sparkline } from "../../src/cli/drawing.ts";
import { drawLiveView, LIVE_VIEW_LINES } from "../../src/cli/live-view.ts";
import { Output } from "../../src/cli/output.ts";
import { ReservedLines } from "../../src/cli/reserved-lines.ts";
import { drawStatusLine } from "../../src/cli/status-words.ts";
import { readStatus } from "../../src/cli/status.ts";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import { displayWidth } from "../../src/diagnose/report/wrap.ts";
import type { Recording } from "../../src/monitor/remote/recording.ts";
import { ScreenModel } from "./screen-model.ts";

const MB = 2 ** 20;
const silent = { write: () => true };
const { paint } = new Output({ ...silent, isTTY: true }, silent, { FORCE_COLOR: "0" });
const { paint: colors } = new Output({ ...silent, isTTY: true }, silent, {});

/** A minute of a program that grows by a megabyte a second. */
function record(name: string, seconds: number, limitBytes: number | null): Recording {
  const times = Array.from({ length: seconds * 2 }, (_, index) => index * 500);
  return {
    schema: "plimsoll.recording/1",
    command: name,
    startedAtMs: 0,
    limit: { bytes: limitBytes, source: `--limit ${limitBytes}` },
    own: { cpuMs: 0, rssBytes: 0, inTargetCpuMs: 0 },
    processes: [
      {
        pid: 4121,
        parentPid: 1,
        name,
        observed: true,
        startedAtMs: 0,
        peakRssBytes: 100 * MB,
        resident: times.map((timeMs) => ({ timeMs, rssBytes: 50 * MB + timeMs * 1000, fileBytes: 40 * MB })),
        threads: [
          {
            threadId: 0,
            startedAtMs: 0,
            heapLimitBytes: 4096 * MB,
            samples: times.map((timeMs) => ({
              timeMs,
              rssBytes: 50 * MB + timeMs * 1000,
              heapUsedBytes: 5 * MB + timeMs * 1000,
              heapTotalBytes: 6 * MB + timeMs * 1000,
              externalBytes: 2 * MB,
              arrayBuffersBytes: MB,
              mallocedBytes: 0,
              requests: timeMs / 10,
              cpuMs: 0,
              ownCpuMs: 0,
            })),
            majors: [],
            minorCount: 3,
            gcPauseMs: 100,
            gcObservedMs: 10_000,
            profiles: [],
            troubles: [],
          },
        ],
      },
    ],
  };
}

function status(recording: Recording, seconds: number) {
  return readStatus(recording, diagnose(recording), seconds * 1000);
}

const anyName = fc.string({ unit: "binary", maxLength: 60 });

describe("drawLiveView", () => {
  it("shows what there is to know", () => {
    const recording = record("node server.js", 60, 512 * MB);
    const base = { command: recording.command, pid: 4121, limit: recording.limit, cwd: "/", paint };
    const lines = drawLiveView(status(recording, 60), { ...base, columns: 120 });
    expect(lines).toHaveLength(LIVE_VIEW_LINES);
    expect(lines[1]).toMatch(/^ plimsoll {2}node server\.js {2}pid 4121 +up 01:00 {3}limit 512 MB \(--limit \d+\)$/);
    expect(lines[2]).toMatch(/107 MB \/ 512 MB {2}21% {3}rising 977 KB\/s/);
    expect(lines[3]).toMatch(/js heap .* 61\.7 MB {2}\+977 KB\/s .*62\.7 MB held of 4 GB/);
    expect(lines[4]).toMatch(/buffers .* 1 MB {2}flat/);
    expect(lines[9]).toMatch(/gc +1% of time, 0 major {3}requests 5,950, 100\/s/);
    expect(drawStatusLine(status(recording, 60), recording.limit)).toMatch(
      /^01:00 {2}107 MB of 512 MB \(21%\); rising 977 KB\/s/,
    );
  });

  it("shows how many values programs own, where they have a ledger", () => {
    const recording = record("node server.js", 60, null);
    const view = { command: recording.command, pid: 4121, limit: recording.limit, cwd: "/", columns: 100, paint };
    expect(drawLiveView(status(recording, 60), view).join("\n")).not.toContain("owned");
    const totals = [
      { name: "jax-js", live: 16_000, created: 20_000 },
      { name: "cursor", live: 7, created: 7 },
    ];
    for (const { threads } of recording.processes)
      for (const thread of threads) thread.ledger = [{ timeMs: 59_000, totals, places: [] }];
    expect(drawLiveView(status(recording, 60), view)[9]).toMatch(/requests 5,950, 100\/s {3}owned values 16,007$/);
  });

  it("fits any width, whatever names hold", () => {
    fc.assert(
      fc.property(
        anyName,
        fc.integer({ min: 60, max: 240 }),
        fc.integer({ min: 0, max: 20 }),
        (name, columns, seconds) => {
          const recording = record(name, seconds, seconds % 2 === 0 ? null : 512 * MB);
          const shared = { command: name, pid: 4121, limit: recording.limit, cwd: "/", columns };
          const lines = drawLiveView(status(recording, seconds), { ...shared, paint });
          expect(lines).toHaveLength(LIVE_VIEW_LINES);
          for (const line of lines) {
            expect(displayWidth(line)).toBeLessThan(columns);
            // oxlint-disable-next-line no-control-regex
            expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
          }
          const painted = drawLiveView(status(recording, seconds), { ...shared, paint: colors });
          // oxlint-disable-next-line no-control-regex
          expect(painted.map((line) => line.replace(/\u001b\[\d+m/g, ""))).toEqual(lines);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("says that a program without a Node.js in it is seen from outside only", () => {
    const recording = record("sh", 10, null);
    for (const one of recording.processes) Object.assign(one, { observed: false, threads: [] });
    const view = { command: "sh", pid: 1, limit: recording.limit, cwd: "/", columns: 100, paint };
    expect(drawLiveView(status(recording, 10), view).join("\n")).toContain("measured from outside only");
    const watched = drawLiveView(status(recording, 10), { ...view, isAttached: true }).join("\n");
    expect(watched).toContain("seen from outside only: kinds and functions need --attach");
    expect(watched).toContain("not seen from outside");
  });

  it.each([
    ["/srv/app/node_modules/pg-protocol/src/parser.ts", 80, "pg-protocol/src/parser.ts:9"],
    ["/srv/app/node_modules/.pnpm/pg@8/node_modules/pg/lib/result.js", 80, "pg/lib/result.js:9"],
    ["/srv/app/src/orders/repositories/postgres/orders.ts", 80, "…/postgres/orders.ts:9"],
    [
      "/srv/app/src/orders/repositories/postgres/orders.ts",
      120,
      "/srv/app/src/orders/repositories/postgres/orders.ts:9",
    ],
    [`/srv/${"long".repeat(30)}.ts`, 80, undefined],
  ])("shows who allocates in %s, on %i columns, and how fast", (file, columns, place) => {
    const recording = record("node server.js", 60, null);
    const before = status(recording, 60);
    const where = { file, line: 9, column: 1, function: "parseRow" };
    const growth = {
      what: "objects",
      kind: "js-heap",
      bytesPerSecond: 2 * MB,
      bytes: 9 * MB,
      count: 5,
      where,
    } as const;
    const seen = { ...before, diagnosis: { ...before.diagnosis, growth: [{ ...growth, bytesPerRequest: 4096 }] } };
    const view = { command: "node server.js", pid: 1, limit: recording.limit, cwd: "/", columns, paint };
    const line = drawLiveView(seen, view)[8];
    if (place === undefined) expect(line).toMatch(/^ growing {3}parseRow …\/long.*…$/);
    else expect(line).toBe(` growing   parseRow ${place}  +2 MB/s, 4 KB a request`);
  });
});

describe("drawing", () => {
  it("cuts lines to any width", () => {
    fc.assert(
      fc.property(fc.array(anyName), fc.nat(100), (texts, columns) => {
        expect(
          displayWidth(
            fit(
              texts.map((text) => [text] as const),
              columns,
            ),
          ),
        ).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it("draws bars and sparklines of exactly their width", () => {
    const point = fc.record({ timeMs: fc.nat(100_000), bytes: fc.nat(2 ** 40) });
    fc.assert(
      fc.property(
        fc.double(),
        fc.double(),
        fc.array(point),
        fc.integer({ min: 1, max: 60 }),
        (ratio, outer, points, columns) => {
          const { filled, held, rest } = bar(ratio, columns, outer);
          expect(filled + held + rest).toHaveLength(columns);
          const sorted = points.sort((a, b) => a.timeMs - b.timeMs);
          expect(sparkline(sorted, columns, 2 ** 30)).toHaveLength(columns);
        },
      ),
    );
  });
});

describe("ReservedLines", () => {
  const steps = fc.oneof(
    fc.record({ do: fc.constant("print" as const), text: fc.stringMatching(/^[a-z]{0,30}\n?$/) }),
    fc.record({ do: fc.constant("draw" as const) }),
    fc.record({ do: fc.constant("grow" as const), rows: fc.integer({ min: 24, max: 50 }) }),
  );

  it("never costs a line of the program's output, and leaves nothing behind", () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (todo) => {
        const screen = new ScreenModel(80, 24);
        const bare = new ScreenModel(80, 24);
        const lines = new ReservedLines(screen, 12);
        lines.open();
        for (const step of todo) {
          if (step.do === "print") for (const model of [screen, bare]) model.write(step.text.replaceAll("\n", "\r\n"));
          else if (step.do === "draw") lines.draw(Array.from({ length: 12 }, (_, index) => `OURS ${index}`));
          else if (step.rows > screen.rows) {
            screen.grow(step.rows);
            lines.resize();
          }
          expect(screen.text().filter((line) => line.startsWith("OURS")).length % 12).toBe(0);
        }
        lines.close();
        const written = (model: ScreenModel): string[] => model.text().filter((line) => line !== "");
        expect(written(screen)).toEqual(written(bare));
        expect(screen.column).toBe(0);
        expect(screen.margin).toBe(screen.rows);
      }),
      { numRuns: 300 },
    );
  });
});
