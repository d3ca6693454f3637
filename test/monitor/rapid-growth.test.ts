/** The alarm for rapid growth against its definition. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RapidGrowthAlarm } from "../../src/monitor/rapid-growth.ts";

describe("RapidGrowthAlarm", () => {
  it("never fires on growth that took longer than the window, nor on less than the bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 200 }), (values) => {
        const alarm = new RapidGrowthAlarm({ bytes: 50, windowMs: 3000 });
        for (const [second, value] of values.entries()) {
          const found = alarm.update(second * 1000, value);
          if (!found) continue;
          const window = values.slice(Math.max(0, second - 3), second + 1);
          expect(found.growthBytes).toBeGreaterThan(50);
          expect(found.growthBytes).toBeLessThanOrEqual(value - Math.min(...window));
          expect(found.elapsedMs).toBeLessThanOrEqual(3000);
        }
      }),
    );
  });

  it("fires on a step, then counts anew", () => {
    const alarm = new RapidGrowthAlarm({ bytes: 50, windowMs: 3000 });
    const fired = [0, 0, 60, 60, 90, 120].map((value, second) => alarm.update(second * 1000, value)?.growthBytes);
    expect(fired).toEqual([undefined, undefined, 60, undefined, undefined, 60]);
  });

  it("stays quiet at slow growth", () => {
    const alarm = new RapidGrowthAlarm({ bytes: 50, windowMs: 3000 });
    for (let second = 0; second < 100; second++) expect(alarm.update(second * 1000, second * 16)).toBeUndefined();
  });
});
