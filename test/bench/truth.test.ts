/**
 * What bench/truth.bench.ts makes of its runs: right and wrong counted as the page says, cost as the difference to an
 * unwatched run, and no task begun for which there is no time.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runWithin } from "../../bench/support/chunk.ts";
import { rowsOf, rowsOfCost, summarise } from "../../bench/truth/judge.ts";
import type { BareRun, Said, TruthRun } from "../../bench/truth/run.ts";
import type { Truth } from "../truth/truth.ts";

const MB = 2 ** 20;
const leak: Truth = {
  ...{ name: "leak", program: "leak.mjs", kinds: ["js-heap"], leak: true },
  ...{ seconds: 30, rightWithinSeconds: 20 },
};
const calm: Truth = { ...leak, name: "calm", program: "calm.mjs", kinds: ["healthy", "plateau"], leak: false };

function runOf(truth: Truth, node: string, ...said: Said[]): TruthRun {
  const use = { cpuMs: 900, seconds: 30, earlyRssBytes: 52 * MB, lastRssBytes: 60 * MB };
  return { program: truth.program, node, commit: "c", said, use };
}

function rowsBy(...runs: readonly TruthRun[]): Map<string, string> {
  const judged = runs.map((run) => ({ truth: run.program === leak.program ? leak : calm, run }));
  return new Map(rowsOf("", judged).map(({ name, value }) => [name, String(value)]));
}

describe("rowsOf", () => {
  it("counts a verdict as right from when it stays right", () => {
    const wavering = runOf(
      leak,
      "20.1.0",
      [1, "undetermined", false, 0],
      [9, "js-heap", true, 0.8],
      [14, "buffers", true, 0.8],
      [18, "js-heap", true, 0.9],
      [30, "js-heap", true, 0.9],
    );
    const rows = rowsBy(wavering);
    expect(rows.get("median time to the right verdict on a leak")).toBe("18");
    expect(rows.get("right kind, and leak or not, at the end")).toBe("100");
    expect(rows.get("right of what was said with 90 % confidence or more, every 10 s")).toBe("100");
  });

  it("keeps a false alarm that was taken back", () => {
    const rows = rowsBy(
      runOf(calm, "20.1.0", [12, "js-heap", true, 0.95], [20, "plateau", false, 0.8], [30, "plateau", false, 0.8]),
      runOf(leak, "20.1.0", [30, "buffers", true, 0.8]),
    );
    expect(rows.get("healthy ones called a leak at any moment")).toBe("1");
    expect(rows.get("leaks found at the end")).toBe("100");
    expect(rows.get("leaks that were called one and are")).toBe("100");
    expect(rows.get("right kind, and leak or not, at the end")).toBe("50");
    expect(rows.get("median time to the right verdict on a leak")).toBe("never for half of them");
    expect(rows.get("right of what was said with 90 % confidence or more, every 10 s")).toBe("0");
  });

  it("tells the lines of Node.js apart", () => {
    const right: Said = [30, "js-heap", true, 0.9];
    const judged = [runOf(leak, "20.1.0", right), runOf(leak, "22.1.0", [30, "healthy", false, 0.9])];
    const [found] = rowsOf(
      "",
      judged.map((run) => ({ truth: leak, run })),
    );
    expect(found).toMatchObject({ value: 50, byNode: { 20: 100, 22: 0 } });
  });
});

describe("summarise", () => {
  it("sets the cost against the unwatched run of the same line", () => {
    const use = { cpuMs: 600, seconds: 30, earlyRssBytes: 50 * MB, lastRssBytes: 60 * MB };
    const bare: BareRun[] = [
      { program: leak.program, node: "22.1.0", use: { ...use, earlyRssBytes: 0 } },
      { program: leak.program, node: "20.1.0", use },
    ];
    const table = summarise([leak], [], [runOf(leak, "20.9.0", [30, "js-heap", true, 0.9])], bare);
    expect(table).toMatchObject([{ ownCpuPercent: 1, ownRssBytes: 2 * MB, nodes: { 20: { runs: 1, right: 1 } } }]);
    expect(rowsOfCost(table)[0]).toMatchObject({ value: 1, goal: "<= 1" });
  });
});

describe("runWithin", () => {
  it("runs each task once, or says that it was left", async () => {
    const options = { names: [], again: false, record: false };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(1, 60, 290, 310, 600)),
        fc.integer({ min: 1, max: 4 }),
        async (lengths, atATime) => {
          const done: number[] = [];
          const run = async (seconds: number): Promise<void> => void done.push(seconds);
          const left = await runWithin(lengths, { ...options, minutes: 5, atATime }, (seconds) => seconds, run);
          expect(left).toBe(lengths.filter((seconds) => seconds >= 300).length);
          expect(done).toEqual(lengths.filter((seconds) => seconds < 300));
        },
      ),
    );
  });
});
