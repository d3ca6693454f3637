/**
 * Radon in houses of 85 counties, as in A. Gelman and J. Hill, Data Analysis Using Regression (2006), chapter 12: levels
 * differ between counties, partly by the uranium in their soil, and between basements and first floors. The data are
 * made here, in the shape of the original: few houses in most counties, many in some.
 */
import { halfNormal, integers, model, normal, positive, real, vector } from "../../src/index.ts";
import { type ModelCase, repeat } from "../support/model-case.ts";

const COUNTIES = 85;

export const radon: ModelCase = {
  name: "radon",
  model: model({
    name: "radon",
    data: {
      county: integers({ lower: 0 }),
      floor: integers({ lower: 0, upper: 1 }),
      uranium: vector(),
      logRadon: vector(),
    },
    parameters: ({ uranium }) => ({
      intercept: real(),
      ofUranium: real(),
      ofFloor: real(),
      z: real(uranium.length),
      countySd: positive(),
      sigma: positive(),
    }),
    derived: ({ intercept, ofUranium, z, countySd }, { uranium }) => ({
      level: z.mul(countySd).add(ofUranium.mul(uranium)).add(intercept),
    }),
    density({ intercept, ofUranium, ofFloor, z, countySd, sigma, level }, data, { follows }) {
      follows(intercept, normal(0, 5));
      follows(ofUranium, normal(0, 2));
      follows(ofFloor, normal(0, 2));
      follows(z, normal(0, 1));
      follows(countySd, halfNormal(1));
      follows(sigma, halfNormal(2));
      follows(data.logRadon, normal(level.gather(data.county).add(ofFloor.mul(data.floor)), sigma));
    },
  }),
  size: 919,
  truth: { intercept: 1.45, ofUranium: 0.7, ofFloor: -0.65, countySd: 0.2, sigma: 0.75 },
  simulate(random, size) {
    const uranium = repeat(COUNTIES, () => 0.4 * random.normal());
    const level = uranium.map((each) => 1.45 + 0.7 * each + 0.2 * random.normal());
    // Each county has a house at least; the first ones have most.
    const county = repeat(size, (row) => (row < COUNTIES ? row : Math.floor(COUNTIES * random.uniform() ** 2.5)));
    const floor = county.map(() => (random.uniform() < 0.17 ? 1 : 0));
    const logRadon = county.map((each, row) => (level[each] ?? 0) - 0.65 * (floor[row] ?? 0) + 0.75 * random.normal());
    return { county, floor, uranium, logRadon };
  },
  fit: { chains: 4, warmUp: 500, draws: 600 },
};
