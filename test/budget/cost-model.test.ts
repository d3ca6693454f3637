/** What tasks cost, from totals alone: for any true costs the estimates come near, never reach 0, and follow a change. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../../bench/simulator/tasks.ts";
import { CostModel } from "../../src/budget/cost-model.ts";

const MB = 2 ** 20;

/** Lets the model see readings with random numbers of tasks of these costs. */
function feed(model: CostModel, costs: readonly number[], readings: number, seed: number): void {
  const random = randomFrom(seed);
  for (let reading = 0; reading < readings; reading++) {
    const counts = new Float64Array(model.capacity);
    for (const [kind] of costs.entries()) counts[kind] = Math.floor(random() * 30);
    const bytes = costs.reduce((sum, cost, kind) => sum + cost * (counts[kind] ?? 0), 0);
    model.observe(counts, bytes, bytes * 1.25);
  }
}

describe("CostModel", () => {
  it("finds what each kind costs", () => {
    const cost = fc.integer({ min: 100_000, max: 50 * MB });
    fc.assert(
      fc.property(fc.array(cost, { minLength: 1, maxLength: 4 }), fc.integer(), (costs, seed) => {
        const model = new CostModel();
        for (const [kind] of costs.entries()) model.indexOf(`kind ${kind}`);
        feed(model, costs, 60, seed);
        const largest = Math.max(...costs);
        for (const [kind, truth] of costs.entries()) {
          expect(model.heapBytes(kind)).toBeGreaterThan(0);
          // A kind that is small beside the others is known less well, in per cent of itself.
          expect(Math.abs(model.heapBytes(kind) - truth)).toBeLessThan(0.1 * largest);
          expect(model.totalBytes(kind)).toBeGreaterThan(model.heapBytes(kind));
        }
      }),
    );
  });

  it("follows costs that triple, within a few readings", () => {
    const model = new CostModel({ task: 3 * MB });
    feed(model, [3 * MB], 60, 1);
    expect(model.heapBytes(0) / MB).toBeCloseTo(3, 1);
    feed(model, [9 * MB], 8, 2);
    expect(model.heapBytes(0) / MB).toBeGreaterThan(8);
  });

  it("begins with the hint, or with nothing, and gives an unknown kind the mean of the others", () => {
    expect(new CostModel({ parse: 5 * MB }).heapBytes(0)).toBe(5 * MB);
    const model = new CostModel();
    expect(model.heapBytes(model.indexOf("a"))).toBe(0);
    feed(model, [4 * MB], 20, 3);
    expect(model.heapBytes(model.indexOf("b")) / MB).toBeCloseTo(4, 0);
  });

  it("takes more kinds than it tells apart", () => {
    const model = new CostModel();
    const found = Array.from({ length: 40 }, (_, index) => model.indexOf(`kind ${index}`));
    expect(Math.max(...found)).toBe(model.capacity - 1);
    expect(model.costs()).toHaveLength(model.capacity);
  });
});
