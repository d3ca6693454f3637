/**
 * Columns from samples: bounded, ordered, and never without a peak.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  mergeRows,
  type SeriesRow,
  thinRows,
  toFloors,
  toSeries,
  toTotal,
} from "../../../src/diagnose/report/series.ts";
import { MB, processOf, START_MS, thread } from "./samples.ts";

const bytes = fc.option(fc.nat(2 ** 40), { nil: null });
const rows = fc
  .array(
    fc.record({
      rssBytes: bytes,
      heapUsedBytes: bytes,
      heapTotalBytes: bytes,
      externalBytes: bytes,
      arrayBufferBytes: bytes,
    }),
    { minLength: 1, maxLength: 400 },
  )
  .map((values) => values.map((value, i): SeriesRow => ({ timeMs: i * 500, ...value })));
const COLUMNS = ["rssBytes", "heapUsedBytes", "heapTotalBytes", "externalBytes", "arrayBufferBytes"] as const;

describe("thinRows", () => {
  it("keeps the ends, the order and every column's peak within its bound", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 8, max: 120 }), (all, max) => {
        const kept = thinRows(all, max);
        expect(kept.length).toBeLessThanOrEqual(Math.max(max, 8));
        expect(kept[0]).toBe(all[0]);
        expect(kept.at(-1)).toBe(all.at(-1));
        expect(kept.map((row) => row.timeMs)).toEqual(kept.map((row) => row.timeMs).toSorted((a, b) => a - b));
        for (const column of COLUMNS) {
          const top = (list: readonly SeriesRow[]) => Math.max(-1, ...list.map((row) => row[column] ?? -1));
          expect(top(kept)).toBe(top(all));
        }
      }),
    );
  });

  it("leaves short series alone", () => {
    const all = mergeRows(processOf(1, "node a.js", [thread({ seconds: 20, live: () => MB })]));
    expect(thinRows(all, 600)).toBe(all);
  });
});

describe("mergeRows", () => {
  it("fills only the gaps of the inside view with the outside one", () => {
    const main = thread({ seconds: 20, live: () => 10 * MB });
    const entry = processOf(1, "node a.js", [main]);
    entry.resident = entry.resident.map((sample) => ({ ...sample, rssBytes: 60 * MB }));
    main.samples = main.samples.filter(({ timeMs }) => timeMs < START_MS + 5_000 || timeMs > START_MS + 12_000);
    entry.resident[3] = { timeMs: START_MS + 2_050, rssBytes: 400 * MB };
    const outside = mergeRows(entry, main).filter((row) => row.heapUsedBytes === null);
    expect(outside[0]?.rssBytes).toBe(400 * MB);
    expect(outside.length).toBeGreaterThan(8);
    for (const { timeMs } of outside.slice(1)) {
      expect(timeMs).toBeGreaterThan(START_MS + 5_000);
      expect(timeMs).toBeLessThan(START_MS + 12_000);
    }
  });

  it("reports external memory without array buffers", () => {
    const main = thread({ seconds: 2, live: () => MB, buffers: () => 5 * MB, external: () => 3 * MB });
    const [row] = mergeRows(processOf(1, "node a.js", [main]), main);
    expect(row?.arrayBufferBytes).toBe(5 * MB);
    expect(row?.externalBytes).toBe(3 * MB);
  });
});

describe("toSeries, toFloors, toTotal", () => {
  it("give a worker no resident memory", () => {
    const worker = thread({ seconds: 5, threadId: 1, live: () => MB });
    const series = toSeries(mergeRows(processOf(1, "x", []), worker), START_MS, false);
    expect(series.rssBytes.every((value) => value === null)).toBe(true);
    expect(series.heapUsedBytes.every((value) => value !== null)).toBe(true);
  });

  it("keep the lowest floor of each stretch", () => {
    const main = thread({ seconds: 5_000, live: (s) => (100 - s / 100) * MB });
    const floors = toFloors(main, START_MS, 5);
    expect(floors.length).toBeLessThanOrEqual(5);
    expect(floors.at(-1)?.usedBytes).toBe(Math.min(...main.majors.map(({ usedBytes }) => usedBytes)));
  });

  it("sum processes that live at the same time, and no longer", () => {
    const steady = (seconds: number) => thread({ seconds, live: () => 10 * MB, garbageBytes: 0 });
    const first = processOf(1, "node a.js", [steady(30)]);
    const second = processOf(2, "node b.js", [steady(10)], { endedAtMs: START_MS + 10_500 });
    const total = toTotal([first, second], START_MS, 100);
    const one = first.peakRssBytes;
    expect(total?.peakRssBytes).toBeGreaterThan(1.9 * one);
    expect(total?.rssBytes.at(-1)).toBeLessThan(1.1 * one);
    expect(toTotal([first], START_MS, 100)).toBeUndefined();
  });
});
