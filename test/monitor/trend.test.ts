/** The robust statistics, against simple-statistics and plain definitions as oracles. */
import fc from "fast-check";
import { cumulativeStdNormalProbability, median as oracleMedian } from "simple-statistics";
import { describe, expect, it } from "vitest";
import { floors, mannKendall, median, theilSen, type TrendPoint } from "../../src/monitor/trend.ts";

const series = (values: readonly number[], stepMs = 1000): TrendPoint[] =>
  values.map((bytes, index) => ({ timeMs: index * stepMs, bytes }));

const values = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 2, maxLength: 60 });

describe("theilSen", () => {
  it("finds the exact slope of a line", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 3, max: 50 }), (rate, count) => {
        const slope = theilSen(series(Array.from({ length: count }, (_, index) => 5000 + rate * index)));
        expect(slope?.bytesPerSecond).toBeCloseTo(rate, 6);
        expect(slope?.interceptBytes).toBeCloseTo(5000, 4);
      }),
    );
  });

  it("is the median of all pairwise slopes and lies within its interval", () => {
    fc.assert(
      fc.property(values, (list) => {
        const pairwise = list.flatMap((from, i) => list.slice(i + 1).map((to, j) => (to - from) / (j + 1)));
        const slope = theilSen(series(list));
        expect(slope?.bytesPerSecond).toBeCloseTo(oracleMedian(pairwise), 6);
        expect(slope?.lowerBytesPerSecond).toBeLessThanOrEqual(slope?.bytesPerSecond ?? Number.NaN);
        expect(slope?.upperBytesPerSecond).toBeGreaterThanOrEqual(slope?.bytesPerSecond ?? Number.NaN);
      }),
    );
  });

  it("does not care for a quarter of wild readings", () => {
    const line = Array.from({ length: 40 }, (_, index) => (index % 4 === 3 ? 1e9 : 100 * index));
    const slope = theilSen(series(line));
    expect(slope?.bytesPerSecond).toBeCloseTo(100, 0);
  });

  it("takes the ranks of Gilbert's recipe, rounded outwards", () => {
    // 10 points without ties: 45 pairs, sd(S) = sqrt(125), C = 21.91; so the 11th and the 35th smallest slope.
    const list = [3, 1, 4, 15, 9, 26, 5, 35, 8, 97];
    const pairwise = list.flatMap((from, i) => list.slice(i + 1).map((to, j) => (to - from) / (j + 1)));
    pairwise.sort((a, b) => a - b);
    expect(theilSen(series(list))).toMatchObject({
      lowerBytesPerSecond: pairwise[10],
      upperBytesPerSecond: pairwise[34],
    });
  });

  it("says nothing of fewer than two times", () => {
    expect(theilSen([])).toBeUndefined();
    expect(theilSen(series([1]))).toBeUndefined();
    expect(
      theilSen([
        { timeMs: 5, bytes: 1 },
        { timeMs: 5, bytes: 2 },
      ]),
    ).toBeUndefined();
  });

  it("has no interval for very few points", () => {
    expect(theilSen(series([1, 2]))).toMatchObject({
      lowerBytesPerSecond: Number.NEGATIVE_INFINITY,
      upperBytesPerSecond: Number.POSITIVE_INFINITY,
    });
  });

  it("thins long series", () => {
    const slope = theilSen(series(Array.from({ length: 10_000 }, (_, index) => 7 * index)));
    expect(slope).toMatchObject({ points: 400 });
    expect(slope?.bytesPerSecond).toBeCloseTo(7, 6);
  });

  it("covers the true slope about as often as it says", () => {
    // Independent uniform noise from a fixed linear congruential generator: 95 % of 400 intervals should hold the slope.
    let seed = 12345;
    const random = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
    let covered = 0;
    for (let run = 0; run < 400; run++) {
      const slope = theilSen(series(Array.from({ length: 20 }, (_, index) => 50 * index + 1000 * random())));
      if (slope && slope.lowerBytesPerSecond <= 50 && slope.upperBytesPerSecond >= 50) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(covered / 400).toBeLessThan(0.99);
  });
});

describe("mannKendall", () => {
  it("matches the score and tie-corrected variance by definition", () => {
    fc.assert(
      fc.property(
        values.filter((list) => list.length >= 3 && new Set(list).size > 1),
        (list) => {
          let score = 0;
          for (let i = 0; i < list.length; i++)
            for (let j = i + 1; j < list.length; j++) score += Math.sign((list[j] ?? 0) - (list[i] ?? 0));
          const groups = [...new Set(list)].map((value) => list.filter((other) => other === value).length);
          const term = (n: number): number => n * (n - 1) * (2 * n + 5);
          const variance = (term(list.length) - groups.reduce((sum, n) => sum + term(n), 0)) / 18;
          const { z, p } = mannKendall(series(list));
          expect(z).toBeCloseTo((score - Math.sign(score)) / Math.sqrt(variance), 9);
          // The oracle's table has steps of 0.01 in z.
          expect(p).toBeCloseTo(2 * (1 - cumulativeStdNormalProbability(Math.abs(z))), 1);
        },
      ),
    );
  });

  it("turns its sign with the series", () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(mannKendall(series(list.toReversed())).z).toBeCloseTo(-mannKendall(series(list)).z, 9);
      }),
    );
  });

  it("knows the quantiles of the normal distribution", () => {
    // 10 rising points: S = 45, variance 125, z = 44 / sqrt(125) = 3.935, p = 8.3e-5.
    const { z, p } = mannKendall(series([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(z).toBeCloseTo(3.9355, 4);
    expect(p).toBeCloseTo(0.000083, 6);
  });

  it("sees no trend in constants and too few points", () => {
    expect(mannKendall(series([5, 5, 5, 5]))).toEqual({ z: 0, p: 1 });
    expect(mannKendall(series([1, 2]))).toEqual({ z: 0, p: 1 });
  });
});

describe("floors", () => {
  it("keeps the smallest point of each window, in order", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 500, max: 20_000 }), (list, windowMs) => {
        const points = series(list);
        const found = floors(points, windowMs);
        for (const floor of found) {
          const window = Math.floor(floor.timeMs / windowMs);
          const inside = points.filter((point) => Math.floor(point.timeMs / windowMs) === window);
          expect(floor.bytes).toBe(Math.min(...inside.map((point) => point.bytes)));
        }
        expect(found.map((point) => point.timeMs)).toEqual(found.map((point) => point.timeMs).sort((a, b) => a - b));
      }),
    );
  });

  it("leaves out a last window that has barely begun", () => {
    expect(floors(series([5, 1, 5, 5, 2, 5, 9]), 3000).map((point) => point.bytes)).toEqual([1, 2]);
    expect(floors(series([5, 1, 5, 5, 2, 5, 9, 8]), 3000).map((point) => point.bytes)).toEqual([1, 2, 8]);
  });

  it("keeps every point of a series sparser than the windows", () => {
    expect(floors(series([3, 2, 1], 60_000), 5000)).toHaveLength(3);
  });

  it("has none of no points", () => {
    expect(floors([], 5000)).toEqual([]);
  });
});

describe("median", () => {
  it("agrees with simple-statistics", () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(median(list)).toBeCloseTo(oracleMedian(list), 9);
      }),
    );
  });
});
