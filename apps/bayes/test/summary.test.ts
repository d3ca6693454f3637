/** Summaries of draws whose properties are known. */
import { describe, expect, it } from "vitest";
import { bulkEss, quantile, rHat, summarise, tailEss } from "../src/index.ts";
import { seededRandom } from "../src/sampler/random.ts";

/** Chains of an autoregression with a known autocorrelation. */
function chainsOf(correlation: number, shift = 0): Float64Array[] {
  return Array.from({ length: 4 }, (_, chain) => {
    const random = seededRandom(11, chain);
    let last = random.normal();
    const values = Float64Array.from({ length: 5000 }, () => {
      last = correlation * last + Math.sqrt(1 - correlation ** 2) * random.normal();
      return last + shift * chain;
    });
    return values;
  });
}

describe("effective sample size", () => {
  it.each([0, 0.5, 0.8, -0.4])("is that of an autoregression with correlation %s", (correlation) => {
    // n (1 - a) / (1 + a); 20,000 draws estimate it within some per cent.
    const expected = (20_000 * (1 - correlation)) / (1 + correlation);
    expect(bulkEss(chainsOf(correlation)) / expected).toBeGreaterThan(0.88);
    expect(bulkEss(chainsOf(correlation)) / expected).toBeLessThan(1.12);
  });

  it("counts tails by themselves", () => {
    const draws = chainsOf(0);
    expect(tailEss(draws)).toBeGreaterThan(15_000);
    expect(tailEss(draws)).toBeLessThan(25_000);
  });
});

describe("R-hat", () => {
  it("is 1 where chains agree", () => expect(rHat(chainsOf(0.3))).toBeLessThan(1.005));
  it("is above 1 where they stand apart", () => expect(rHat(chainsOf(0.3, 0.5))).toBeGreaterThan(1.1));

  it("is above 1 where only their spread differs", () => {
    const wide = chainsOf(0).map((chain, c) => chain.map((value) => value * (c === 0 ? 3 : 1)));
    expect(rHat(wide)).toBeGreaterThan(1.05);
  });
});

it("sums draws up", () => {
  const { mean, sd, mcse, q5, q50, q95 } = summarise(chainsOf(0));
  expect([mean, q50]).toEqual([expect.closeTo(0, 1), expect.closeTo(0, 1)]);
  expect(sd).toBeCloseTo(1, 1);
  expect(mcse).toBeCloseTo(1 / Math.sqrt(20_000), 3);
  expect(q5).toBeCloseTo(-1.645, 1);
  expect(q95).toBeCloseTo(1.645, 1);
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
});
