import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Channel, judgeChannel } from "../../src/diagnose/channel.ts";
import type { TrendPoint } from "../../src/monitor/trend.ts";
import { MB } from "./recording-builder.ts";

/** Evenly or ever more widely spaced, like forced collections. */
const times = fc.oneof(
  fc.integer({ min: 5, max: 80 }).map((n) => Array.from({ length: n }, (_, i) => 3 + i * 2)),
  fc.integer({ min: 5, max: 14 }).map((n) => Array.from({ length: n }, (_, i) => 3 * 1.35 ** i)),
);

/** Deterministic uniform noise in -1..1. */
function noiseOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

const series = (seconds: readonly number[], bytes: (s: number) => number): TrendPoint[] =>
  seconds.map((s) => ({ timeMs: s * 1000, bytes: bytes(s) }));

describe("judgeChannel", () => {
  it("does not call it growth when a level comes back after a dip", () => {
    const at = Array.from({ length: 20 }, (_, i) => 2 + 2 * i);
    const dip = series(at, (s) => (s < 14 ? 13 : 5 + 0.2 * (s - 14)) * MB);
    expect(judgeChannel(dip).state).not.toBe("grows");
    const leak = series(at, (s) => (s < 14 ? 4 : 5 + 0.2 * (s - 14)) * MB);
    expect(judgeChannel(leak).state).toBe("grows");
  });

  it("never calls a flat series with noise a leak", () => {
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 3, max: 500 }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.integer(),
        (at, level, ratio, seed) => {
          const noise = noiseOf(seed);
          const { state } = judgeChannel(series(at, () => level * MB * (1 + ratio * noise())));
          // Six readings in rising order happen by chance too: seeds are many, so more are asked for where noise is large.
          return state !== "grows" || at.length < 8;
        },
      ),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it("calls a linear rise growth, given enough data", () => {
    fc.assert(
      fc.property(
        times.filter((at) => at.length >= 8 && (at.at(-1) ?? 0) >= 50),
        fc.integer({ min: 2, max: 200 }),
        fc.double({ min: 0.3, max: 50, noNaN: true }),
        fc.double({ min: 0, max: 0.05, noNaN: true }),
        fc.integer(),
        (at, level, perSecond, ratio, seed) => {
          const noise = noiseOf(seed);
          const rise = perSecond * ((at.at(-1) ?? 0) - (at[0] ?? 0));
          fc.pre(rise > 4 && rise > 0.15 * (level + rise));
          const { state, slope } = judgeChannel(
            series(at, (s) => (level + perSecond * s + ratio * rise * noise()) * MB),
          );
          expect(state).toBe("grows");
          expect((slope?.bytesPerSecond ?? 0) / MB / perSecond).toBeCloseTo(1, 0);
        },
      ),
      { numRuns: 1_000, seed: 2 },
    );
  });

  it("judges the same when everything is larger", () => {
    fc.assert(
      fc.property(
        times,
        fc.double({ min: 3, max: 20, noNaN: true }),
        fc.integer({ min: 1, max: 64 }),
        fc.boolean(),
        (at, perSecond, scale, bounded) => {
          const course = (s: number): number => (10 + perSecond * (bounded ? Math.min(s, 12) : s)) * MB;
          // Below that the absolute noise floor of 2.5 MB decides.
          fc.pre(perSecond * 9 > 26);
          const judged = (factor: number): Channel["state"] =>
            judgeChannel(series(at, (s) => factor * course(s))).state;
          expect(judged(scale)).toBe(judged(1));
        },
      ),
    );
  });

  it("never ends with growth once a curve has been flat for a third of the time", () => {
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.1, max: 0.62, noNaN: true }),
        fc.integer(),
        (at, rise, share, seed) => {
          const noise = noiseOf(seed);
          const [first, last] = [at[0] ?? 0, at.at(-1) ?? 0];
          const end = first + share * (last - first);
          const course = (s: number): number =>
            10 + rise * Math.min(1, (s - first) / (end - first)) + 0.02 * rise * noise();
          expect(judgeChannel(series(at, (s) => course(s) * MB)).state).not.toBe("grows");
        },
      ),
      { numRuns: 1_000, seed: 3 },
    );
  });

  it("is not moved by the time of day", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 2 ** 41 }), (at, offset) => {
        const points = series(at, (s) => (10 + s) * MB);
        const later = points.map((point) => ({ ...point, timeMs: point.timeMs + offset }));
        expect(judgeChannel(later).state).toBe(judgeChannel(points).state);
      }),
    );
  });

  it("asks for more where there is too little", () => {
    expect(judgeChannel([])).toMatchObject({ state: "unknown", neededSeconds: 15 });
    expect(judgeChannel(series([3, 6], () => 5 * MB))).toMatchObject({ state: "unknown" });
    expect(judgeChannel(series([3, 6, 9], (s) => s * MB))).toMatchObject({ state: "may-grow", neededSeconds: 10 });
  });

  it("takes a step for what it is", () => {
    const at = [3, 6, 9, 13, 18, 25, 33, 43, 56];
    for (const step of [5, 10, 20, 40]) {
      const { state } = judgeChannel(series(at, (s) => (s < step ? 10 : 60) * MB + s));
      expect(["levelled-off", "may-grow", "flat"]).toContain(state);
    }
    expect(judgeChannel(series(at, (s) => (s < 10 ? 10 : 60) * MB + s)).state).toBe("levelled-off");
  });

  it("calls what goes up and down flat", () => {
    const at = Array.from({ length: 40 }, (_, i) => 3 + i * 2);
    expect(judgeChannel(series(at, (s) => (30 + 20 * Math.sin(s)) * MB)).state).toBe("flat");
  });

  it("sees a slow leak behind a steep warm-up", () => {
    const at = Array.from({ length: 40 }, (_, i) => 3 + i * 2);
    const { state } = judgeChannel(series(at, (s) => (10 + Math.min(s, 12) * 5 + 0.4 * s) * MB));
    expect(state).toBe("grows");
  });
});
