/** Summaries of draws whose properties are known. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bulkEss, quantile, rHat, summarise, tailEss } from "../src/index.ts";
import { autocovarianceOf } from "../src/summary/autocovariance.ts";
import { ranks } from "../src/summary/effective-sample-size.ts";
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

it("sums up chains of unequal length by those that can be compared, and all draws", () => {
  const [first, second] = chainsOf(0);
  if (!first || !second) throw new Error("no chains were made");
  const whole = [first, second.subarray(0, 4000)];
  const stopped = summarise([...whole, first.subarray(0, 0), Float64Array.of(1e3)]);
  const cut = summarise(whole.map((chain) => chain.subarray(0, 4000)));
  expect([stopped.rHat, stopped.bulkEss, stopped.tailEss]).toEqual([cut.rHat, cut.bulkEss, cut.tailEss]);
  expect(stopped.mean).toBeCloseTo(summarise(whole).mean + 1e3 / 9001, 3);
  expect(Object.values(summarise([[], []]))).toEqual(new Array<number>(9).fill(Number.NaN));
});

it("ranks equal values by their mean", () => {
  const values = fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 8 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(values, (chains) => {
      const all = chains.flat();
      const expected = chains.map((chain) =>
        chain.map((value) => {
          const below = all.filter((each) => each < value).length;
          return below + (1 + all.filter((each) => each === value).length) / 2;
        }),
      );
      expect(ranks(chains).map((each) => Array.from(each))).toEqual(expected);
    }),
  );
});

it("finds the same autocovariance directly and by its transform", () => {
  const [chain] = chainsOf(0.999);
  if (!chain) throw new Error("no chain was made");
  const short = chain.subarray(0, 1037);
  const center = 0.3;
  const at = autocovarianceOf(short, center);
  for (const lag of [0, 1, 127, 128, 129, 500, 1036]) {
    let sum = 0;
    for (let i = 0; i + lag < short.length; i += 1)
      sum += ((short[i] ?? 0) - center) * ((short[i + lag] ?? 0) - center);
    expect(at(lag)).toBeCloseTo(sum / short.length, 10);
  }
});
