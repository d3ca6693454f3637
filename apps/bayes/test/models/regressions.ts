/** Regressions of several kinds, with data of known coefficients. */
import {
  bernoulliLogit,
  categoricalLogit,
  concat,
  exponential,
  integers,
  matmul,
  matrix,
  model,
  normal,
  poissonLog,
  positive,
  real,
  stack,
  studentT,
  vector,
} from "../../src/index.ts";
import { type ModelCase, poissonNumber, repeat } from "../support/model-case.ts";

/** Two numbers, a category and all their interactions. */
const interactions: ModelCase = {
  name: "linear regression with interactions and 5,000 rows",
  model: model({
    data: { a: vector(), b: vector(), treated: integers({ lower: 0, upper: 1 }), y: vector() },
    parameters: () => ({ intercept: real(), slope: real(3), interaction: real(3), sigma: positive() }),
    density({ intercept, slope, interaction, sigma }, { a, b, treated, y }, { follows }) {
      const product = (left: readonly number[], right: readonly number[]): number[] =>
        left.map((each, row) => each * (right[row] ?? 0));
      follows(concat(intercept, slope, interaction), normal(0, 5));
      follows(sigma, exponential(1));
      const mean = intercept
        .add(slope.at(0).mul(a))
        .add(slope.at(1).mul(b))
        .add(slope.at(2).mul(treated))
        .add(interaction.at(0).mul(product(a, b)))
        .add(interaction.at(1).mul(product(a, treated)))
        .add(interaction.at(2).mul(product(b, treated)));
      follows(y, normal(mean, sigma));
    },
  }),
  size: 5000,
  truth: {
    intercept: 1,
    "slope[1]": 0.5,
    "slope[2]": -1,
    "slope[3]": 2,
    "interaction[1]": 0.3,
    "interaction[2]": -0.7,
    "interaction[3]": 0.1,
    sigma: 1.5,
  },
  simulate(random, size) {
    const rows = repeat(size, () => {
      const [a, b, treated] = [random.normal(), random.normal(), random.uniform() < 0.4 ? 1 : 0];
      const mean = 1 + 0.5 * a - b + 2 * treated + 0.3 * a * b - 0.7 * a * treated + 0.1 * b * treated;
      return { a, b, treated, y: mean + 1.5 * random.normal() };
    });
    return {
      a: rows.map(({ a }) => a),
      b: rows.map(({ b }) => b),
      treated: rows.map(({ treated }) => treated),
      y: rows.map(({ y }) => y),
    };
  },
  fit: { draws: 300 },
};

const design = (random: { normal(): number }, rows: number, columns: number): number[][] =>
  repeat(rows, () => repeat(columns, (column) => (column === 0 ? 1 : random.normal())));
const predict = (row: readonly number[], beta: readonly number[]): number =>
  row.reduce((sum, each, column) => sum + each * (beta[column] ?? 0), 0);

const LOGISTIC = [-0.5, 1, -2, 0.3];
const logisticRegression: ModelCase = {
  name: "logistic regression",
  model: model({
    data: { X: matrix(), y: integers({ lower: 0, upper: 1 }) },
    parameters: ({ X }) => ({ beta: real(X[0]?.length ?? 0) }),
    density({ beta }, { X, y }, { follows }) {
      follows(beta, normal(0, 2.5));
      follows(y, bernoulliLogit(matmul(X, beta)));
    },
  }),
  size: 800,
  truth: Object.fromEntries(LOGISTIC.map((each, i) => [`beta[${i + 1}]`, each])),
  simulate(random, size) {
    const X = design(random, size, LOGISTIC.length);
    return { X, y: X.map((row) => (random.uniform() < 1 / (1 + Math.exp(-predict(row, LOGISTIC))) ? 1 : 0)) };
  },
};

const POISSON = [0.7, 0.4, -0.3];
const poissonRegression: ModelCase = {
  name: "Poisson regression with exposure",
  model: model({
    data: { X: matrix(), exposure: vector({ lower: 0 }), y: integers({ lower: 0 }) },
    parameters: ({ X }) => ({ beta: real(X[0]?.length ?? 0) }),
    density({ beta }, { X, exposure, y }, { follows }) {
      follows(beta, normal(0, 2));
      follows(y, poissonLog(matmul(X, beta).add(exposure.map(Math.log))));
    },
  }),
  size: 500,
  truth: Object.fromEntries(POISSON.map((each, i) => [`beta[${i + 1}]`, each])),
  simulate(random, size) {
    const X = design(random, size, POISSON.length);
    const exposure = repeat(size, () => 0.5 + random.uniform());
    const y = X.map((row, i) => poissonNumber(random, (exposure[i] ?? 0) * Math.exp(predict(row, POISSON))));
    return { X, exposure, y };
  },
};

const robustRegression: ModelCase = {
  name: "regression with outliers, Student's t",
  model: model({
    data: { x: vector(), y: vector() },
    parameters: () => ({ intercept: real(), slope: real(), sigma: positive() }),
    density({ intercept, slope, sigma }, { x, y }, { follows }) {
      follows(concat(intercept, slope), normal(0, 5));
      follows(sigma, exponential(1));
      follows(y, studentT(4, slope.mul(x).add(intercept), sigma));
    },
  }),
  size: 300,
  truth: { intercept: 2, slope: -1 },
  simulate(random, size) {
    const x = repeat(size, () => random.normal());
    return { x, y: x.map((each, i) => 2 - each + 0.5 * random.normal() + (i % 30 === 0 ? 15 : 0)) };
  },
};

const choices: ModelCase = {
  name: "choice among three, softmax",
  model: model({
    data: { X: matrix(), y: integers({ lower: 0, upper: 2 }) },
    parameters: ({ X }) => ({ beta: real(X[0]?.length ?? 0, 2) }),
    density({ beta }, { X, y }, { follows }) {
      follows(beta, normal(0, 2));
      const zero = X[0]?.map(() => [0]) ?? [];
      const withFirst = matmul(beta, [
        [0, 1, 0],
        [0, 0, 1],
      ]).add(zero);
      follows(y, categoricalLogit(matmul(X, withFirst)));
      // A prior on what no choice has: rows may be stacked as well.
      follows(stack([beta.at(0), beta.at(1)]), normal(0, 100));
    },
  }),
  size: 600,
  truth: { "beta[1,1]": 0.5, "beta[1,2]": -0.5, "beta[2,1]": 1, "beta[2,2]": -1 },
  simulate(random, size) {
    const X = design(random, size, 2);
    const y = X.map((row) => {
      const weights = [1, Math.exp(predict(row, [0.5, 1])), Math.exp(predict(row, [-0.5, -1]))];
      let left = random.uniform() * weights.reduce((sum, each) => sum + each, 0);
      return weights.findIndex((weight) => (left -= weight) < 0);
    });
    return { X, y };
  },
};

export const REGRESSIONS = [interactions, logisticRegression, poissonRegression, robustRegression, choices];
