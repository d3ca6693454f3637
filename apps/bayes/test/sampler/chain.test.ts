/** Chains as such: left and gone on with at any draw, and static paths that draw from what they should. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileDensity, fit, model, multivariateNormalCholesky, real } from "../../src/index.ts";
import { Chain, type ChainOptions } from "../../src/sampler/chain.ts";

const correlated = model({
  name: "two correlated numbers",
  data: {},
  parameters: () => ({ x: real(2) }),
  density({ x }, _data, { follows }) {
    follows(
      x,
      multivariateNormalCholesky(
        [1, -2],
        [
          [2, 0],
          [1.6, 1.2],
        ],
      ),
    );
  },
}).bind({});
const density = compileDensity(correlated.logDensity, correlated.dimension);

/** Positions of the next draws. */
function drawOn(chain: Chain, draws: number): number[][] {
  return Array.from({ length: draws }, () => {
    chain.next();
    return [...chain.point.position, chain.mover.transition.acceptance, chain.mover.stepSize];
  });
}

describe("a chain that is gone on with", () => {
  it.each([
    ["nuts", "diagonal"],
    ["nuts", "dense"],
    ["hmc", "diagonal"],
    ["hmc", "dense"],
  ] as const)("makes the draws that it would have made: %s, %s", (sampler, metric) => {
    const options: ChainOptions = { warmUp: 60, sampler, metric, seed: 3 };
    const whole = drawOn(new Chain(density, 1, options), 90);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 89 }), (at) => {
        const left = new Chain(density, 1, options);
        drawOn(left, at);
        const checkpoint = left.checkpoint();
        drawOn(left, 3);
        expect(drawOn(new Chain(density, 1, options, checkpoint), 90 - at)).toEqual(whole.slice(at));
      }),
      { numRuns: 25 },
    );
  });
});

describe("static paths", () => {
  const { quantities, records, atMaxDepth } = fit(correlated, { sampler: "hmc", seed: 8, draws: 2000 });

  it("draw from the posterior", () => {
    for (const [index, [mean, sd]] of [
      [1, 2],
      [-2, 2],
    ].entries()) {
      const summary = quantities[index]?.summary;
      if (!summary) throw new Error("not fitted");
      expect(Math.abs(summary.mean - (mean ?? 0)) / summary.mcse).toBeLessThan(4);
      expect(summary.sd / (sd ?? 0)).toSatisfy((ratio: number) => Math.abs(ratio - 1) < 0.1);
      expect(summary.rHat).toBeLessThan(1.01);
      expect(summary.bulkEss).toBeGreaterThan(400);
    }
  });

  it("have a length of their own each time", () => {
    expect(new Set(records[0]?.steps).size).toBeGreaterThan(1);
    expect(atMaxDepth).toBe(0);
  });

  it("are cut where they would be too long, and that is counted", () => {
    const cut = fit(correlated, { sampler: "hmc", chains: 1, maxDepth: 2, pathLength: 50, draws: 100 });
    expect(Math.max(...(cut.records[0]?.steps ?? []))).toBe(3);
    expect(cut.atMaxDepth).toBe(100);
  });
});
