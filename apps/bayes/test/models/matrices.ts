/** Gaussian processes, correlated effects, and filters: products and factors of matrices that depend on parameters. */
import {
  cholesky,
  correlationCholesky,
  diagonal,
  diagonalMatrix,
  exp,
  halfNormal,
  inverseGamma,
  lkjCholesky,
  log,
  matmul,
  matrix,
  model,
  mul,
  multivariateNormalCholesky,
  normal,
  outer,
  positive,
  real,
  scan,
  solveLower,
  square,
  sub,
  toValue,
  transpose,
  vector,
} from "../../src/index.ts";
import { type ModelCase, repeat } from "../support/model-case.ts";

const gaussianProcess: ModelCase = {
  name: "Gaussian process, exponentiated quadratic",
  model: model({
    data: { x: vector(), y: vector() },
    parameters: () => ({ scale: positive(), height: positive(), sigma: positive() }),
    density({ scale, height, sigma }, { x, y }, { follows }) {
      follows(scale, inverseGamma(5, 5));
      follows(height, halfNormal(2));
      follows(sigma, halfNormal(1));
      const distance = sub(toValue(x).reshape(x.length, 1), x);
      const covariance = exp(square(distance.div(scale)).mul(-0.5)).mul(square(height));
      const noise = diagonalMatrix(x.map(() => 1)).mul(square(sigma).add(1e-9));
      follows(y, multivariateNormalCholesky(0, cholesky(covariance.add(noise))));
    },
  }),
  size: 40,
  truth: { scale: 1, sigma: 0.2 },
  simulate(random, size) {
    const x = repeat(size, (i) => (i * 8) / size);
    return { x, y: x.map((each) => 1.4 * Math.sin(each * 1.2 + 0.3) + 0.2 * random.normal()) };
  },
  fit: { warmUp: 200, draws: 300 },
};

const latentProcess: ModelCase = {
  name: "latent Gaussian process",
  model: model({
    data: { x: vector(), y: vector() },
    parameters: ({ x }) => ({ scale: positive(), height: positive(), sigma: positive(), z: real(x.length) }),
    derived({ scale, height, z }, { x }) {
      const distance = sub(toValue(x).reshape(x.length, 1), x);
      const covariance = exp(square(distance.div(scale)).mul(-0.5)).mul(square(height));
      return { f: matmul(cholesky(covariance.add(diagonalMatrix(x.map(() => 1e-6)))), z) };
    },
    density({ scale, height, sigma, z, f }, { y }, { follows }) {
      follows(scale, inverseGamma(5, 5));
      follows(height, halfNormal(2));
      follows(sigma, halfNormal(1));
      follows(z, normal(0, 1));
      follows(y, normal(f, sigma));
    },
  }),
  size: 20,
  truth: { "f[6]": 1.4 * Math.sin(2.7), sigma: 0.2 },
  simulate(random, size) {
    const x = repeat(size, (i) => (i * 8) / size);
    return { x, y: x.map((each) => 1.4 * Math.sin(each * 1.2 + 0.3) + 0.2 * random.normal()) };
  },
  fit: { warmUp: 400, draws: 600, targetAcceptance: 0.95 },
};

const FACTOR = [
  [1, 0, 0],
  [0.6, 0.8, 0],
  [-0.3, 0.2, Math.sqrt(1 - 0.09 - 0.04)],
];
const SCALES = [1, 2, 0.5];
const correlations: ModelCase = {
  name: "correlation matrix, LKJ",
  model: model({
    data: { Y: matrix() },
    parameters: () => ({ mu: real(3), tau: positive(3), factor: correlationCholesky(3) }),
    derived: ({ factor }) => ({ omega: matmul(factor, transpose(factor)) }),
    density({ mu, tau, factor }, { Y }, { follows, add }) {
      follows(mu, normal(0, 5));
      follows(tau, halfNormal(3));
      follows(factor, lkjCholesky(2));
      const lower = mul(tau.reshape(3, 1), factor);
      // All rows at once: each column of what is solved is one of them.
      const whitened = solveLower(lower, transpose(sub(Y, mu)));
      add(
        square(whitened)
          .mul(-0.5)
          .sum()
          .sub(log(diagonal(lower)).sum().mul(Y.length)),
      );
    },
  }),
  size: 300,
  truth: { "omega[2,1]": 0.6, "omega[3,1]": -0.3, "tau[1]": 1, "tau[2]": 2, "tau[3]": 0.5, "mu[1]": 1 },
  simulate: (random, size) => ({
    Y: repeat(size, () => {
      const z = repeat(3, () => random.normal());
      return FACTOR.map((row, i) => 1 + (SCALES[i] ?? 0) * row.reduce((sum, each, j) => sum + each * (z[j] ?? 0), 0));
    }),
  }),
};

/** Intercepts and slopes of groups, correlated and non-centred. */
const varyingSlopes: ModelCase = {
  name: "varying intercepts and slopes",
  model: model({
    data: { x: vector(), group: vector({ lower: 0 }), y: vector() },
    parameters: ({ group }) => ({
      mean: real(2),
      tau: positive(2),
      factor: correlationCholesky(2),
      z: real(1 + Math.max(...group), 2),
      sigma: positive(),
    }),
    density({ mean, tau, factor, z, sigma }, { x, group, y }, { follows }) {
      follows(mean, normal(0, 3));
      follows(tau, halfNormal(2));
      follows(factor, lkjCholesky(2));
      follows(z, normal(0, 1));
      follows(sigma, halfNormal(2));
      const effects = matmul(z, transpose(mul(tau.reshape(2, 1), factor))).add(mean);
      const ofRow = transpose(effects.gather(group));
      follows(y, normal(ofRow.at(0).add(ofRow.at(1).mul(x)), sigma));
    },
  }),
  size: 600,
  fit: { draws: 900 },
  truth: { "mean[1]": 1, "mean[2]": -0.5, "tau[1]": 1, "tau[2]": 0.6, sigma: 0.7 },
  simulate(random, size) {
    const effects = repeat(30, () => {
      const [first, second] = [random.normal(), random.normal()];
      return [1 + first, -0.5 + 0.6 * (0.5 * first + Math.sqrt(0.75) * second)];
    });
    const group = repeat(size, (row) => row % effects.length);
    const x = repeat(size, () => random.normal());
    const y = group.map((each, row) => {
      const [intercept = 0, slope = 0] = effects[each] ?? [];
      return intercept + slope * (x[row] ?? 0) + 0.7 * random.normal();
    });
    return { x, group, y };
  },
};

/** A level and a trend that wander, seen with noise: the filter carries a mean and a covariance on. */
const localTrend: ModelCase = {
  name: "local linear trend, Kalman filter",
  model: model({
    data: { y: vector() },
    parameters: () => ({ level: positive(), trend: positive(), sigma: positive() }),
    density({ level, trend, sigma }, { y }, { follows, add }) {
      follows(level, halfNormal(1));
      follows(trend, halfNormal(0.5));
      follows(sigma, halfNormal(1));
      const move = [
        [1, 1],
        [0, 1],
      ];
      const noise = mul(outer([1, 0], [1, 0]), square(level)).add(mul(outer([0, 1], [0, 1]), square(trend)));
      const start = [
        [0, 0],
        [
          [10, 0],
          [0, 10],
        ],
      ] as const;
      const { outputs } = scan([start[0], start[1]], [y], ([mean, covariance], [seen]) => {
        const ahead = matmul(move, mean);
        const spread = matmul(matmul(move, covariance), transpose(move)).add(noise);
        const gainOf = spread.at(0);
        const total = gainOf.at(0).add(square(sigma));
        const error = seen.sub(ahead.at(0));
        const gain = gainOf.div(total);
        return {
          state: [ahead.add(gain.mul(error)), spread.sub(outer(gain, gainOf))],
          output: normal(0, total.sqrt()).logProb(error),
        };
      });
      add(outputs);
    },
  }),
  size: 200,
  truth: { level: 0.3, trend: 0.1, sigma: 0.5 },
  simulate(random, size) {
    let [level, trend] = [0, 0];
    return {
      y: repeat(size, () => {
        level += trend + 0.3 * random.normal();
        trend += 0.1 * random.normal();
        return level + 0.5 * random.normal();
      }),
    };
  },
};

export const MATRICES = [gaussianProcess, latentProcess, correlations, varyingSlopes, localTrend];
