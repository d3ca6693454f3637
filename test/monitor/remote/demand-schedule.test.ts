/** When native evidence is read, by a clock of the test's own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DemandOptions, DemandSchedule } from "../../../src/monitor/remote/demand-schedule.ts";

const MB = 2 ** 20;
const REGIONS: DemandOptions = { firstMs: 4000, leastMs: 5000, mostMs: 300_000, growthBytes: 8 * MB };
const ON_GROWTH: DemandOptions = { leastMs: 3000, mostMs: 60_000, growthBytes: 6 * MB };

/** Seconds at which a process is read that holds so much uncounted memory. */
function readings(
  options: DemandOptions,
  seconds: number,
  uncounted: (second: number) => number,
  costMs = 2,
): number[] {
  const schedule = new DemandSchedule(0, options);
  const read: number[] = [];
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += 500) {
    const bytes = uncounted(nowMs / 1000);
    if (!schedule.isDue(nowMs, bytes)) continue;
    read.push(nowMs / 1000);
    schedule.done(nowMs, bytes, costMs);
  }
  return read;
}

describe("DemandSchedule", () => {
  it("reads once early and then at growing distances where nothing grows", () => {
    const read = readings(REGIONS, 3600, () => 60 * MB);
    expect(read.slice(0, 3)).toEqual([4, 9, 14]);
    expect(read.length).toBeLessThan(30);
    const gaps = read.slice(1).map((time, index) => time - (read[index] ?? 0));
    expect(Math.max(...gaps)).toBe(300);
  });

  it("reads sooner where memory grows that V8 does not count, and not with every rise for ever", () => {
    const read = readings(REGIONS, 600, (second) => (60 + 5 * second) * MB);
    expect(read.slice(0, 4)).toEqual([4, 9, 14, 19]);
    expect(read.length).toBeLessThan(60);
    expect((read.at(-1) ?? 0) - (read.at(-2) ?? 0)).toBeGreaterThan(50);
  });

  it("without a first reading waits for growth beyond the level of the start", () => {
    expect(readings(ON_GROWTH, 600, () => 60 * MB)).toEqual([]);
    expect(readings(ON_GROWTH, 600, (second) => (second % 20 < 10 ? 60 : 64) * MB)).toEqual([]);
    const read = readings(ON_GROWTH, 60, (second) => (second < 20 ? 60 : 60 + second - 20) * MB);
    expect(read[0]).toBe(26);
  });

  it("takes what comes and goes for known once it was read", () => {
    const read = readings(ON_GROWTH, 200, (second) => (second % 20 < 10 ? 60 : 160) * MB);
    expect(read[0]).toBe(10);
    expect(read.length).toBeLessThan(12);
  });

  it("does not let the second reading wait for long, however dear the first was: one tells nothing of growth", () => {
    expect(readings(REGIONS, 60, (second) => (50 + 4 * second) * MB, 150)).toEqual([4, 12, 42]);
  });

  it("never takes more than 0.5 % of the time after that, whatever is watched", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (costMs, mbPerSecond) => {
          const read = readings(REGIONS, 1000, (second) => (50 + mbPerSecond * second) * MB, costMs);
          expect(read[0]).toBe(4);
          expect((read.length - 2) * costMs).toBeLessThanOrEqual(0.005 * 1000 * 1000);
        },
      ),
    );
  });
});
