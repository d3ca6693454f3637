/** What a model says of data and names that do not fit, and that it is sampled again the same. */
import { describe, expect, it } from "vitest";
import { fit, integer, matrix, model, normal, positive, real, vector } from "../src/index.ts";
import { eightSchools } from "./models/eight-schools.ts";
import { readReference } from "./support/reference.ts";

const regression = model({
  data: { x: matrix(), y: vector(), k: integer({ lower: 1, upper: 3 }) },
  parameters: ({ k }) => ({ beta: real(k), sigma: positive() }),
  density({ beta, sigma }, { y }, { follows }) {
    follows(y, normal(beta.at(0), sigma));
  },
});
const DATA = { x: [[1, 2]], y: [1, 2], k: 2 };

describe("data that do not fit", () => {
  it.each([
    ["no object", [1], /the data must be an object, not a list of 1/],
    ["lacking", { ...DATA, y: undefined }, /the data lack "y": a list of numbers/],
    ["NaN", { ...DATA, y: [1, Number.NaN] }, /data "y"\[1\] must be a list of numbers, but is NaN/],
    ["a text", { ...DATA, y: [1, "2"] }, /data "y"\[1\] must be a list of numbers, but is a string/],
    ["not whole", { ...DATA, k: 1.5 }, /data "k" must be a whole number between 1 and 3, but is 1.5/],
    ["beyond a limit", { ...DATA, k: 4 }, /data "k" must be a whole number between 1 and 3, but is 4/],
    [
      "ragged",
      { ...DATA, x: [[1, 2], [1]] },
      /data "x"\[1\] must be rows of numbers, but is 1 numbers long, while the first row has 2/,
    ],
  ])("are named: %s", (_name, data, message) => {
    expect(() => regression.bind(data)).toThrow(expect.objectContaining({ code: "ERR_BAYES_DATA" }));
    expect(() => regression.bind(data)).toThrow(message);
  });
});

describe("a model that is wrong", () => {
  it("names a parameter that it does not have", () => {
    const wrong = model({
      data: {},
      parameters: (): Record<string, ReturnType<typeof real>> => ({ mu: real() }),
      density: ({ sigma }, _data, { follows }) => follows(sigma ?? 0, normal(0, 1)),
    });
    expect(() => wrong.bind({})).toThrow(/there is no parameter or derived value "sigma": there are mu/);
  });

  it("names what is stated of shapes that do not fit", () => {
    const wrong = model({
      data: { y: vector() },
      parameters: () => ({ mu: real(3) }),
      density: ({ mu }, { y }, { follows }) => follows(y, normal(mu, 1)),
    });
    expect(() => wrong.bind({ y: [1, 2] })).toThrow(/^y ~ normal: .*vector\[2\].*vector\[3\]/);
  });

  it("must state something, of something", () => {
    const silent = model({ data: {}, parameters: () => ({ mu: real() }), density: () => {} });
    expect(() => silent.bind({})).toThrow(/states no density/);
    const empty = model({ data: {}, parameters: () => ({}), density: () => {} });
    expect(() => empty.bind({})).toThrow(/has no parameters/);
    const hollow = model({ data: {}, parameters: () => ({ mu: real(0) }), density: () => {} });
    expect(() => hollow.bind({})).toThrow(/parameter "mu" \(real\) has no size: vector\[0\]/);
  });

  it("says where no start is finite", () => {
    const impossible = model({
      data: {},
      parameters: () => ({ mu: real() }),
      density: ({ mu }, _data, { add }) => add(mu.mul(0).sub(1).log()),
    });
    expect(() => fit(impossible.bind({}))).toThrow(expect.objectContaining({ code: "ERR_BAYES_START" }));
  });
});

it("gives the same draws for the same seed, and others for another", () => {
  const bound = eightSchools.bind(readReference("eight_schools-eight_schools_noncentered").data);
  const short = { chains: 2, warmUp: 100, draws: 50 };
  const first = (seed: number): unknown => fit(bound, { ...short, seed }).quantities.map(({ chains }) => chains);
  expect(first(3)).toEqual(first(3));
  expect(first(3)).not.toEqual(first(4));
});
