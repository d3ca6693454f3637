/** The thinning history: nothing is dropped, peaks and floors survive, the size stays fixed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ring } from "../../src/monitor/ring.ts";

const small = (): Ring<"a" | "b"> => new Ring({ columns: ["a", "b"], bucketsPerLevel: 4, levels: 3 });

describe("Ring", () => {
  it("keeps a few readings as they are", () => {
    const ring = small();
    ring.push(1, { a: 10, b: 1 });
    ring.push(2, { a: 5, b: 2 });
    expect([...ring.buckets()]).toEqual([
      { startMs: 1, endMs: 1, min: { a: 10, b: 1 }, max: { a: 10, b: 1 }, last: { a: 10, b: 1 } },
      { startMs: 2, endMs: 2, min: { a: 5, b: 2 }, max: { a: 5, b: 2 }, last: { a: 5, b: 2 } },
    ]);
    expect(ring.points("a", "last", 2)).toEqual([{ timeMs: 2, bytes: 5 }]);
  });

  it("stays within its size, covers all time in order, and keeps peak, floor and newest", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 400 }), (list) => {
        const ring = small();
        for (const [index, a] of list.entries()) ring.push(index, { a, b: -a });
        const buckets = [...ring.buckets()];
        expect(buckets.length).toBe(ring.length);
        expect(ring.length).toBeLessThanOrEqual(12);
        // Without gaps: each bucket starts one reading after the last one's end.
        let next = 0;
        for (const bucket of buckets) {
          expect(bucket.startMs).toBe(next);
          const slice = list.slice(bucket.startMs, bucket.endMs + 1);
          expect(bucket.max.a).toBe(Math.max(...slice));
          expect(bucket.min.a).toBe(Math.min(...slice));
          expect(bucket.last).toEqual({ a: slice.at(-1), b: -(slice.at(-1) ?? 0) });
          next = bucket.endMs + 1;
        }
        expect(next).toBe(list.length);
      }),
    );
  });

  it("lets a value beat a missing one", () => {
    const ring = small();
    for (let index = 0; index < 40; index++) ring.push(index, index === 3 ? { a: 7 } : { b: 1 });
    expect(ring.points("a", "max").map((point) => point.bytes)).toEqual([7]);
    expect(ring.points("a", "min").map((point) => point.bytes)).toEqual([7]);
  });

  it("keeps a week at 10 Hz in less than 2 MB, an hour-old second finer than a day-old one", () => {
    const columns = ["rss", "heapUsed", "heapTotal", "external", "arrayBuffers"] as const;
    const ring = new Ring({ columns });
    const values = { rss: 1, heapUsed: 2, heapTotal: 3, external: 4, arrayBuffers: 5 };
    const week = 7 * 24 * 3600 * 10;
    for (let index = 0; index < week; index++) ring.push(index * 100, values);
    expect(ring.byteLength).toBeLessThan(2 ** 20);
    const buckets = [...ring.buckets()];
    expect(buckets[0]?.startMs).toBe(0);
    expect(buckets.at(-1)?.endMs).toBe((week - 1) * 100);
    for (const bucket of buckets) {
      const ageMs = week * 100 - bucket.endMs;
      expect(bucket.endMs - bucket.startMs).toBeLessThanOrEqual(ageMs / 120);
    }
  });

  it("refuses a size that could not be thinned", () => {
    expect(() => new Ring({ columns: ["a"], bucketsPerLevel: 2 })).toThrow(RangeError);
  });
});
