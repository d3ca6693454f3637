/** Whatever is fed: short, in order, spread evenly, the newest last. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { EvenSeries } from "../../../src/monitor/remote/even-series.ts";

it("keeps everything while there is room", () => {
  const series = new EvenSeries<number>(10);
  for (let index = 0; index < 10; index += 1) series.push(index);
  expect(series.items).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it("stays short, ordered and even, and ends with the newest", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 2000 }), (capacity, count) => {
      const series = new EvenSeries<number>(capacity);
      const { items } = series;
      for (let index = 0; index < count; index += 1) {
        series.push(index);
        expect(items.length).toBeLessThanOrEqual(capacity);
        expect(items.at(-1)).toBe(index);
        expect(items[0]).toBe(0);
      }
      expect(series.items).toBe(items);
      const gaps = items.slice(1).map((item, index) => item - (items[index] ?? 0));
      const stride = gaps[0] ?? 0;
      // All but the last gap, which ends at the newest.
      expect(gaps.slice(0, -1).every((gap) => gap === stride)).toBe(true);
      expect(gaps.at(-1) ?? 0).toBeLessThanOrEqual(stride);
      expect(items.length).toBeGreaterThanOrEqual(Math.min(count, Math.floor(capacity / 2)));
    }),
  );
});
