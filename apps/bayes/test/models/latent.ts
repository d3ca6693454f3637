/** What is not seen is summed out: mixtures, hidden states, categories, zeros of two kinds, values beyond a limit. */
import {
  arrayOf,
  bernoulliLogit,
  dirichlet,
  halfNormal,
  integers,
  interval,
  log,
  logNormalCdf,
  logSumExp,
  logSumExpRows,
  matmul,
  mixtureOf,
  model,
  normal,
  ordered,
  orderedLogistic,
  poissonLog,
  positive,
  real,
  scan,
  simplex,
  stack,
  sub,
  sumToZero,
  toValue,
  transpose,
  vector,
  zeroInflated,
} from "../../src/index.ts";
import { type ModelCase, poissonNumber, repeat } from "../support/model-case.ts";

function pick(random: { uniform(): number }, weights: readonly number[]): number {
  let left = random.uniform();
  return Math.max(
    0,
    weights.findIndex((weight) => (left -= weight) < 0),
  );
}

const MEANS = [-3, 0, 4];
const mixture: ModelCase = {
  name: "mixture of three, ordered means and a simplex",
  model: model({
    data: { y: vector() },
    parameters: () => ({ weights: simplex(3), mu: ordered(3), sigma: positive(3) }),
    density({ weights, mu, sigma }, { y }, { follows }) {
      follows(weights, dirichlet([2, 2, 2]));
      follows(mu, normal(0, 5));
      follows(sigma, halfNormal(2));
      follows(
        y,
        mixtureOf(
          weights,
          [0, 1, 2].map((k) => normal(mu.at(k), sigma.at(k))),
        ),
      );
    },
  }),
  size: 250,
  truth: { "weights[1]": 0.3, "weights[2]": 0.5, "mu[1]": -3, "mu[2]": 0, "mu[3]": 4, "sigma[3]": 0.7 },
  simulate: (random, size) => ({
    y: repeat(size, () => (MEANS[pick(random, [0.3, 0.5, 0.2])] ?? 0) + 0.7 * random.normal()),
  }),
};

const TRANSITIONS = [
  [0.9, 0.1],
  [0.2, 0.8],
];
const hiddenStates: ModelCase = {
  name: "hidden Markov model, forward algorithm",
  model: model({
    data: { y: vector() },
    parameters: () => ({ transition: arrayOf(2, simplex(2)), mu: ordered(2), sigma: positive() }),
    density({ transition, mu, sigma }, { y }, { follows, add: addTerm }) {
      for (const row of [0, 1]) follows(transition.at(row), dirichlet([1, 1]));
      follows(mu, normal(0, 5));
      follows(sigma, halfNormal(2));
      const emission = transpose(stack([0, 1].map((k) => normal(mu.at(k), sigma).logProb(y))));
      const into = transpose(log(transition));
      const start = emission.at(0).sub(Math.LN2);
      const { state } = scan([start], [emission.slice(1)], ([forward], [seen]) => ({
        state: [logSumExpRows(into.add(forward)).add(seen)],
      }));
      addTerm(logSumExp(state[0]));
    },
  }),
  size: 500,
  truth: { "transition[1,1]": 0.9, "transition[2,2]": 0.8, "mu[1]": -1, "mu[2]": 1.5, sigma: 0.8 },
  simulate(random, size) {
    let state = 0;
    return {
      y: repeat(size, () => {
        state = pick(random, TRANSITIONS[state] ?? []);
        return (state === 0 ? -1 : 1.5) + 0.8 * random.normal();
      }),
    };
  },
};

const CUTS = [-1, 0.5, 2];
const orderedCategories: ModelCase = {
  name: "ordered logistic regression",
  model: model({
    data: { x: vector(), y: integers({ lower: 0, upper: 3 }) },
    parameters: () => ({ beta: real(), cuts: ordered(3) }),
    density({ beta, cuts }, { x, y }, { follows }) {
      follows(beta, normal(0, 2));
      follows(cuts, normal(0, 3));
      follows(y, orderedLogistic(beta.mul(x), cuts));
    },
  }),
  size: 500,
  truth: { beta: 1.2, "cuts[1]": -1, "cuts[2]": 0.5, "cuts[3]": 2 },
  simulate(random, size) {
    const x = repeat(size, () => random.normal());
    const y = x.map((each) => {
      const u = random.uniform();
      const latent = 1.2 * each + Math.log(u / (1 - u));
      return CUTS.filter((cut) => latent > cut).length;
    });
    return { x, y };
  },
};

const manyZeros: ModelCase = {
  name: "zero-inflated Poisson",
  model: model({
    data: { x: vector(), y: integers({ lower: 0 }) },
    parameters: () => ({ zeros: interval(0, 1), intercept: real(), slope: real() }),
    density({ zeros, intercept, slope }, { x, y }, { follows }) {
      follows(intercept, normal(0, 2));
      follows(slope, normal(0, 2));
      follows(y, zeroInflated(zeros, poissonLog(slope.mul(x).add(intercept))));
    },
  }),
  size: 600,
  truth: { zeros: 0.35, intercept: 0.8, slope: 0.5 },
  simulate(random, size) {
    const x = repeat(size, () => random.normal());
    const y = x.map((each) => (random.uniform() < 0.35 ? 0 : poissonNumber(random, Math.exp(0.8 + 0.5 * each))));
    return { x, y };
  },
};

const LIMIT = 2;
const censored: ModelCase = {
  name: "regression with values beyond a limit",
  model: model({
    data: { x: vector(), y: vector({ upper: LIMIT }) },
    parameters: () => ({ intercept: real(), slope: real(), sigma: positive() }),
    density({ intercept, slope, sigma }, { x, y }, { follows, add: addTerm }) {
      follows(intercept, normal(0, 5));
      follows(slope, normal(0, 5));
      follows(sigma, halfNormal(3));
      const rows = (isSeen: boolean): number[] => [...y.keys()].filter((row) => (y[row] ?? 0) < LIMIT === isSeen);
      const mean = slope.mul(x).add(intercept);
      const seen = rows(true);
      follows(toValue(y).gather(seen), normal(mean.gather(seen), sigma));
      addTerm(logNormalCdf(sub(mean.gather(rows(false)), LIMIT).div(sigma)));
    },
  }),
  size: 400,
  truth: { intercept: 1, slope: 1.5, sigma: 1 },
  simulate(random, size) {
    const x = repeat(size, () => random.normal());
    return { x, y: x.map((each) => Math.min(LIMIT, 1 + 1.5 * each + random.normal())) };
  },
};

const ABILITY = repeat(40, (i) => 1.2 * Math.sin(i * 1.7));
const DIFFICULTY = repeat(12, (i) => 1.5 * Math.cos(i * 2.1));
/** Each answer is of one person to one item: two groups by index. */
const itemResponse: ModelCase = {
  name: "item response, indexed by person and item",
  model: model({
    data: { person: integers({ lower: 0 }), item: integers({ lower: 0 }), y: integers({ lower: 0, upper: 1 }) },
    parameters: ({ person, item }) => ({
      z: real(1 + Math.max(...person)),
      spread: positive(),
      difficulty: sumToZero(1 + Math.max(...item)),
      mean: real(),
    }),
    derived: ({ z, spread, mean }) => ({ ability: z.mul(spread).add(mean) }),
    density({ z, spread, mean, ability, difficulty }, { person, item, y }, { follows }) {
      follows(z, normal(0, 1));
      follows(mean, normal(0, 1));
      follows(spread, halfNormal(2));
      follows(difficulty, normal(0, 2));
      follows(y, bernoulliLogit(sub(ability.gather(person), difficulty.gather(item))));
    },
  }),
  size: ABILITY.length * DIFFICULTY.length,
  truth: { "ability[2]": ABILITY[1] ?? 0, "ability[7]": ABILITY[6] ?? 0, spread: 0.85 },
  simulate(random, size) {
    const person = repeat(size, (row) => Math.floor(row / DIFFICULTY.length));
    const item = repeat(size, (row) => row % DIFFICULTY.length);
    const y = person.map((each, row) => {
      const logit = (ABILITY[each] ?? 0) - (DIFFICULTY[item[row] ?? 0] ?? 0);
      return random.uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
    });
    return { person, item, y };
  },
};

const RATES = [3, 1];
/** When the rate of accidents changed: all moments are tried at once. */
const changePoint: ModelCase = {
  name: "change point",
  model: model({
    data: { y: integers({ lower: 0 }) },
    parameters: () => ({ early: real(), late: real() }),
    density({ early, late }, { y }, { follows, add: addTerm }) {
      follows(early, normal(0, 1));
      follows(late, normal(0, 1));
      const earlier = repeat(y.length, (row) => repeat(y.length, (each) => (each < row ? 1 : 0)));
      const later = earlier.map((row) => row.map((each) => 1 - each));
      // log p(y | change at row) for every row
      const before = matmul(earlier, poissonLog(early).logProb(y));
      const after = matmul(later, poissonLog(late).logProb(y));
      addTerm(logSumExp(before.add(after)));
    },
  }),
  size: 60,
  truth: { early: Math.log(3), late: 0 },
  simulate: (random, size) => ({
    y: repeat(size, (row) => poissonNumber(random, RATES[row < size * 0.6 ? 0 : 1] ?? 0)),
  }),
};

export const LATENT = [mixture, hiddenStates, orderedCategories, manyZeros, censored, itemResponse, changePoint];
