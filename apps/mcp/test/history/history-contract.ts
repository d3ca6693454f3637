/** What every place for samples must do; each runs the same. */
import { expect, it } from "vitest";
import type { HistorySample, SampleHistory } from "../../src/history/sample-history.ts";

const BEGAN = 1_700_000_000_000;

function sample(nth: number, more: Partial<HistorySample> = {}): HistorySample {
  return {
    program: "node server.js",
    pid: 7,
    startedMs: BEGAN,
    timeMs: BEGAN + nth * 1000,
    rssBytes: 1000 + nth,
    ...more,
  };
}

/**
 * Runs the contract.
 *
 * @param open - gives an empty history.
 */
export function keepsSamples(open: () => Promise<SampleHistory>): void {
  const all = { program: "node server.js", fromMs: BEGAN, toMs: BEGAN + 100_000 } as const;

  it("gives back the lowest and the peak of each stretch, oldest first", async () => {
    await using history = await open();
    await history.append(Array.from({ length: 100 }, (_, nth) => sample(nth, { rssBytes: 1000 + (nth % 10) })));
    const points = await history.read({ ...all, points: 10 });
    expect(points).toHaveLength(10);
    expect(points.map(({ samples }) => samples)).toEqual(Array(10).fill(10));
    expect(points[0]).toEqual({ timeMs: BEGAN + 9000, samples: 10, rssBytes: 1000, peakRssBytes: 1009 });
    expect(points.map(({ timeMs }) => timeMs)).toEqual(points.map(({ timeMs }) => timeMs).toSorted((a, b) => a - b));
  });

  it("tells processes and programs apart", async () => {
    await using history = await open();
    await history.append([sample(1), sample(2, { pid: 8 }), sample(3, { program: "node other.js", heapUsedBytes: 5 })]);
    expect(await history.read({ ...all, points: 1 })).toMatchObject([{ samples: 2 }]);
    expect(await history.read({ ...all, pid: 8, points: 1 })).toMatchObject([{ samples: 1 }]);
    expect(await history.read({ ...all, program: "node other.js", points: 1 })).toMatchObject([{ heapUsedBytes: 5 }]);
    expect((await history.programs()).map(({ program }) => program)).toEqual(["node other.js", "node server.js"]);
  });

  it("takes names as they are, and sizes beyond 32 bits", async () => {
    await using history = await open();
    const program = "node '; drop table samples; --";
    await history.append([sample(1, { program, rssBytes: 2 ** 41, externalBytes: 2 ** 40, arrayBuffersBytes: 3 })]);
    expect(await history.read({ ...all, program, points: 4 })).toMatchObject([{ rssBytes: 2 ** 41 }]);
  });

  it("forgets what is old", async () => {
    await using history = await open();
    await history.append([sample(1), sample(50), sample(99)]);
    await history.forgetBefore(BEGAN + 50_000);
    expect(await history.read({ ...all, points: 100 })).toHaveLength(2);
    await history.append([]);
  });
}
