/** Growth that was proved stays proved through a collection's bite and a slow stretch, and no longer. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeChannel } from "../../src/diagnose/channel.ts";
import { judgeLasting } from "../../src/diagnose/lasting-growth.ts";
import type { TrendPoint } from "../../src/monitor/trend.ts";

const MB = 2 ** 20;

function series(seconds: number, megabytes: (second: number) => number): TrendPoint[] {
  return Array.from({ length: Math.floor(seconds / 2) + 1 }, (_, i) => ({
    timeMs: 2000 * i,
    bytes: megabytes(2 * i) * MB,
  }));
}

describe("judgeLasting", () => {
  it("goes on to see growth where a collection has just taken a bite out of it", () => {
    const bitten = series(28, (s) => 50 + 5 * s - (s >= 26 ? 24 : 0));
    expect(judgeChannel(bitten).state).toBe("may-grow");
    expect(judgeLasting(bitten).state).toBe("grows");
  });

  it("gives it up when the level falls far, or climbs no more", () => {
    expect(judgeLasting(series(28, (s) => 50 + 5 * s - (s >= 26 ? 90 : 0))).state).not.toBe("grows");
    expect(judgeLasting(series(40, (s) => 50 + 5 * Math.min(s, 30))).state).not.toBe("grows");
  });

  it("says the same as one look wherever that sees growth, or is sure that there is none", () => {
    const noisy = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(noisy, fc.integer({ min: 0, max: 8 }), (levels, slope) => {
        const points = levels.map((level, i) => ({ timeMs: 2000 * i, bytes: (level / 10 + slope * i) * MB }));
        const once = judgeChannel(points).state;
        const lasting = judgeLasting(points).state;
        expect(lasting === once || (once === "may-grow" && lasting === "grows")).toBe(true);
      }),
    );
  });

  it("never ends with growth once a curve has been flat for a third of the time", () => {
    const filling = fc.record({
      rate: fc.double({ min: 0.5, max: 20, noNaN: true }),
      full: fc.integer({ min: 6, max: 60 }),
    });
    fc.assert(
      fc.property(filling, ({ rate, full }) => {
        expect(judgeLasting(series(1.5 * full + 4, (s) => 20 + rate * Math.min(s, full))).state).not.toBe("grows");
      }),
    );
  });
});
