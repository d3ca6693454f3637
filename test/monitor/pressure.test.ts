/** Hysteresis of the pressure gauge as a property: levels follow use and never flap within the band. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PressureGauge } from "../../src/monitor/pressure.ts";

describe("PressureGauge", () => {
  it("is at least as high as the thresholds say and at most what the hysteresis allows", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1.5, noNaN: true })), (ratios) => {
        const gauge = new PressureGauge();
        for (const ratio of ratios) {
          const before = gauge.level;
          expect(gauge.update(ratio)).toBe(gauge.level !== before);
          if (ratio >= 0.92) expect(gauge.level).toBe("critical");
          else if (ratio >= 0.8) expect(gauge.level).not.toBe("low");
          if (ratio < 0.75) expect(gauge.level).toBe("low");
          else if (ratio < 0.87) expect(gauge.level).not.toBe("critical");
        }
      }),
    );
  });

  it("does not flap around a threshold", () => {
    const gauge = new PressureGauge();
    let changes = 0;
    for (let index = 0; index < 100; index++) if (gauge.update(index % 2 === 0 ? 0.81 : 0.76)) changes++;
    expect(changes).toBe(1);
  });
});
