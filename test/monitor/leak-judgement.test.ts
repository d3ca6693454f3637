/** Leaks are found, and plateaus, steps, warm-up and cycles are not called leaks, whatever their noise. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JudgementOptions, judgeFloors } from "../../src/monitor/leak-judgement.ts";
import type { TrendPoint } from "../../src/monitor/trend.ts";
import { MB } from "./fake-clock.ts";

const MODES = ["threshold", "statistical"] as const;
const mode = fc.constantFrom(...MODES);
const noise = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 120, maxLength: 120 });

const judge = (points: readonly TrendPoint[], options: Partial<JudgementOptions> = {}) =>
  judgeFloors(points, { mode: "statistical", thresholdBytes: 10 * MB, what: "the heap", ...options });

/** 120 floors, 5 s apart. */
const curve = (bytes: (step: number) => number, jitter: readonly number[] = []): TrendPoint[] =>
  Array.from({ length: 120 }, (_, step) => ({ timeMs: step * 5000, bytes: bytes(step) + (jitter[step] ?? 0) * MB }));

describe("judgeFloors", () => {
  it("finds steady growth", () => {
    fc.assert(
      fc.property(mode, fc.integer({ min: 40, max: 2000 }), noise, (using, megabytes, jitter) => {
        const points = curve((step) => 50 * MB + (megabytes * MB * step) / 120, jitter);
        expect(judge(points, { mode: using })).toMatchObject({ verdict: "leak" });
      }),
    );
  });

  it("finds growth that speeds up", () => {
    for (const using of MODES) {
      expect(
        judge(
          curve((step) => (100 * MB * step ** 1.5) / 120 ** 1.5),
          { mode: using },
        ).verdict,
      ).toBe("leak");
    }
  });

  it("does not call a full cache or a finished warm-up a leak", () => {
    fc.assert(
      fc.property(
        mode,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 0, max: 1000 }),
        noise,
        (using, full, megabytes, jitter) => {
          // Filled at step `full`, two thirds of the way at the latest; then it holds.
          const points = curve((step) => 50 * MB + megabytes * MB * Math.min(1, step / full), jitter);
          expect(judge(points, { mode: using }).verdict).not.toBe("leak");
        },
      ),
    );
  });

  it("does not call growth that fades a leak", () => {
    fc.assert(
      fc.property(
        mode,
        fc.integer({ min: 2, max: 25 }),
        fc.integer({ min: 0, max: 1000 }),
        noise,
        (using, steps, megabytes, jitter) => {
          const points = curve((step) => 50 * MB + megabytes * MB * (1 - Math.exp(-step / steps)), jitter);
          expect(judge(points, { mode: using }).verdict).not.toBe("leak");
        },
      ),
    );
  });

  it("does not call one step a leak, wherever it is", () => {
    fc.assert(
      fc.property(
        mode,
        fc.integer({ min: 1, max: 119 }),
        fc.integer({ min: 20, max: 1000 }),
        noise,
        (using, at, megabytes, jitter) => {
          const points = curve((step) => (step < at ? 50 : 50 + megabytes) * MB, jitter);
          expect(judge(points, { mode: using }).verdict).not.toBe("leak");
        },
      ),
    );
  });

  it("does not call a constant or shrinking heap a leak", () => {
    fc.assert(
      fc.property(mode, fc.integer({ min: 0, max: 40 }), noise, (using, megabytes, jitter) => {
        const points = curve((step) => (90 - (megabytes * step) / 120) * MB, jitter);
        expect(judge(points, { mode: using }).verdict).toBe("no-leak");
      }),
    );
  });

  it("does not call whole cycles a leak", () => {
    fc.assert(
      fc.property(mode, fc.integer({ min: 2, max: 12 }), noise, (using, cycles, jitter) => {
        const points = curve((step) => (100 + 50 * Math.sin((2 * Math.PI * cycles * step) / 120)) * MB, jitter);
        expect(judge(points, { mode: using }).verdict).not.toBe("leak");
      }),
    );
  });

  it("says when there is too little data", () => {
    const few = curve((step) => step * 50 * MB).slice(0, 8);
    expect(judge(few)).toMatchObject({
      verdict: "undetermined",
      sentence: "not enough data on the heap: 8 floors, needs 9",
    });
    expect(judge(few, { mode: "threshold" }).verdict).toBe("leak");
    expect(judge([])).toMatchObject({ verdict: "undetermined", bytesPerSecond: undefined });
  });

  it("tells growth and slope", () => {
    const found = judge(curve((step) => step * MB));
    expect(found.bytesPerSecond).toBeCloseTo(MB / 5, -3);
    expect(found.growthBytes).toBeGreaterThan(70 * MB);
    expect(found.sentence).toMatch(/^the heap rises without slowing down: by \d+(\.\d)? MB over \d+ floors$/);
  });
});
