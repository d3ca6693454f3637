/** Posteriors that are no distribution: the parameter that ran off is named, by what the fit says and by its verdict. */
import { describe, expect, it } from "vitest";
import { fit, judge, type Model, model, normal, ordered, positive, real, vector } from "../src/index.ts";

const observed = normal(0, 1);

const IMPROPER: readonly (readonly [string, Model])[] = [
  [
    "nothing holds it",
    model({
      data: {},
      parameters: () => ({ mu: real(), other: real() }),
      density({ mu, other }, _data, { follows, add }) {
        follows(other, observed);
        add(mu.mul(0));
      },
    }),
  ],
  [
    "its density rises without end",
    model({
      data: {},
      parameters: () => ({ mu: positive(), other: real(2) }),
      density({ mu, other }, _data, { follows, add }) {
        follows(other, observed);
        add(mu.log());
      },
    }),
  ],
  [
    "its logarithm is flat on one side",
    model({
      data: {},
      parameters: () => ({ other: ordered(2), mu: positive(3) }),
      density({ mu, other }, _data, { follows, add }) {
        follows(other, observed);
        add(mu.log().mul(-1.001));
      },
    }),
  ],
];

describe("a parameter runs off where", () => {
  it.each(IMPROPER)("%s", (_name, definition) => {
    const result = fit(definition.bind({}), { chains: 2, warmUp: 300, draws: 300 });
    expect(result.runaways.map(({ name }) => name)).toEqual(["mu"]);
    expect(judge(result).reasons[0]).toMatch(/^mu \(/);
    expect(judge(result).kind).toBe("bad");
  });
});

it("a proper posterior far from 0, or on a small scale, runs nowhere", () => {
  const far = model({
    data: { y: vector() },
    parameters: () => ({ mu: real(), means: ordered(2), sigma: positive() }),
    density({ mu, means, sigma }, { y }, { follows }) {
      follows(mu, normal(1e6, 10));
      follows(means, normal([-500, 900], 1));
      follows(sigma, normal(0, 1e-6));
      follows(y, normal(0, 1));
    },
  });
  expect(fit(far.bind({ y: [0, 1] }), { chains: 2, warmUp: 500, draws: 200 }).runaways).toEqual([]);
});
