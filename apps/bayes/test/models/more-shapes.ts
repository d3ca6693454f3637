/** Models of further shapes, each with a few rows: enough for their gradients to be compared. */
import {
  arrayOf,
  beta,
  categoricalLogit,
  cauchy,
  cholesky,
  column,
  concat,
  correlationCholesky,
  cumulativeSum,
  diagonalMatrix,
  div,
  dirichlet,
  exponential,
  gamma,
  halfCauchy,
  integers,
  interval,
  log,
  log1mExp,
  logistic,
  logNormalCdf,
  logSoftmax,
  logSubExp,
  logSumExpRows,
  matmul,
  matrix,
  maximum,
  model,
  type Model,
  mul,
  multinomial,
  multivariateNormal,
  negativeBinomialLog,
  normal,
  normalCdf,
  outer,
  poissonLog,
  positive,
  positiveOrdered,
  pow,
  real,
  scan,
  simplex,
  softmax,
  solveLower,
  solveLowerTransposed,
  square,
  stack,
  studentT,
  sub,
  sumRows,
  sumToZero,
  transpose,
  upper,
  vector,
  weibull,
  where,
  less,
} from "../../src/index.ts";

const wave = (length: number, by = 1): number[] => Array.from({ length }, (_, i) => Math.sin(by * i + 0.5));
const waves = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, row) => wave(columns, row + 1));
const counts = (length: number): number[] => Array.from({ length }, (_, i) => (i * 7) % 5);

/** Name, model, data. */
export const MORE_SHAPES: readonly (readonly [string, Model, unknown])[] = [
  [
    "horseshoe prior",
    model({
      data: { X: matrix(), y: vector() },
      parameters: ({ X }) => ({ z: real(X[0]?.length ?? 0), local: positive(X[0]?.length ?? 0), global: positive() }),
      derived: ({ z, local, global }) => ({ beta: z.mul(local).mul(global) }),
      density({ z, local, global, beta: slopes }, { X, y }, { follows }) {
        follows(z, normal(0, 1));
        follows(local, halfCauchy(1));
        follows(global, halfCauchy(0.1));
        follows(y, studentT(5, matmul(X, slopes), 1));
      },
    }),
    { X: waves(8, 5), y: wave(8) },
  ],
  [
    "negative binomial with crossed groups",
    model({
      data: { site: integers(), year: integers(), y: integers() },
      parameters: () => ({ site: real(3), year: sumToZero(4), precision: positive() }),
      density({ site, year, precision }, data, { follows }) {
        follows(site, normal(0, 1));
        follows(year, normal(0, 1));
        follows(precision, exponential(1));
        follows(data.y, negativeBinomialLog(site.gather(data.site).add(year.gather(data.year)), precision));
      },
    }),
    { site: [0, 1, 2, 0, 1, 2, 2], year: [0, 0, 1, 1, 2, 3, 3], y: counts(7) },
  ],
  [
    "beta regression",
    model({
      data: { x: vector(), y: vector({ lower: 0, upper: 1 }) },
      parameters: () => ({ a: real(), b: real(), precision: positive() }),
      density({ a, b, precision }, { x, y }, { follows }) {
        const mean = logistic(b.mul(x).add(a));
        follows(y, beta(mean.mul(precision), mean.neg().add(1).mul(precision)));
        follows(precision, gamma(2, 0.1));
      },
    }),
    { x: wave(6), y: [0.1, 0.5, 0.9, 0.3, 0.7, 0.2] },
  ],
  [
    "survival, some still alive",
    model({
      data: { time: vector(), died: vector(), x: vector() },
      parameters: () => ({ shape: positive(), intercept: real(), slope: real() }),
      density({ shape, intercept, slope }, { time, died, x }, { add }) {
        const scale = slope.mul(x).add(intercept).exp();
        const survival = pow(div(time, scale), shape).neg();
        add(
          mul(died, weibull(shape, scale).logProb(time)).add(
            mul(
              died.map((each) => 1 - each),
              survival,
            ),
          ),
        );
      },
    }),
    { time: [1, 2, 3, 0.5], died: [1, 0, 1, 1], x: wave(4) },
  ],
  [
    "rounded and truncated values",
    model({
      data: { y: vector() },
      parameters: () => ({ mu: real(), sigma: positive() }),
      density({ mu, sigma }, { y }, { add, follows }) {
        follows(sigma, exponential(1));
        const bound = (by: number) =>
          logNormalCdf(
            sub(
              y.map((each) => each + by),
              mu,
            ).div(sigma),
          );
        add(logSubExp(bound(0.5), bound(-0.5)));
        // What is above 3 was never seen.
        add(logNormalCdf(sub(3, mu).div(sigma)).mul(-y.length));
        add(log1mExp(sigma.neg()).add(log(normalCdf(mu))));
      },
    }),
    { y: [0, 1, 2, 1] },
  ],
  [
    "vector autoregression",
    model({
      data: { Y: matrix() },
      parameters: () => ({ A: real(2, 2), scale: positive(2), factor: correlationCholesky(2) }),
      density({ A, scale, factor }, { Y }, { add, follows }) {
        follows(A, normal(0, 0.5));
        const errors = sub(Y.slice(1), matmul(Y.slice(0, -1), transpose(A)));
        const lower = mul(scale.reshape(2, 1), factor);
        add(
          square(solveLower(lower, transpose(errors)))
            .sum()
            .mul(-0.5),
        );
        add(
          log(scale)
            .sum()
            .mul(1 - Y.length),
        );
        add(solveLowerTransposed(lower, [1, 2]).sum().mul(0.1));
      },
    }),
    { Y: waves(6, 2) },
  ],
  [
    "topics",
    model({
      data: { words: integers(), document: integers() },
      parameters: () => ({ topics: arrayOf(3, simplex(2)), vocabulary: arrayOf(2, simplex(4)) }),
      density({ topics, vocabulary }, { words, document }, { add }) {
        const perWord = log(topics)
          .gather(document)
          .add(transpose(log(vocabulary)).gather(words));
        add(logSumExpRows(perWord));
        for (const row of [0, 1, 2]) add(dirichlet([0.5, 0.5]).logProb(topics.at(row)));
      },
    }),
    { words: [0, 1, 2, 3, 1, 0], document: [0, 0, 1, 1, 2, 2] },
  ],
  [
    "neighbours on a map",
    model({
      data: { from: integers(), to: integers(), y: integers() },
      parameters: ({ y }) => ({ phi: real(y.length), sigma: positive() }),
      density({ phi, sigma }, { from, to, y }, { add, follows }) {
        add(square(phi.gather(from).sub(phi.gather(to))).mul(-0.5));
        follows(phi.mean(), normal(0, 0.01));
        follows(sigma, exponential(1));
        follows(y, poissonLog(phi.mul(sigma)));
      },
    }),
    { from: [0, 1, 2, 3], to: [1, 2, 3, 0], y: counts(4) },
  ],
  [
    "factor analysis, its covariance whole",
    model({
      data: { Y: matrix() },
      parameters: () => ({ loading: real(3), unique: positive(3) }),
      density({ loading, unique }, { Y }, { follows }) {
        const covariance = outer(loading, loading).add(diagonalMatrix(unique));
        follows(Y, multivariateNormal([0.1, 0.2, 0.3], covariance));
        follows(cholesky(covariance).sum(), cauchy(0, 10));
      },
    }),
    { Y: waves(3, 3) },
  ],
  [
    "hidden states of three, with a covariate in their changes",
    model({
      data: { x: vector(), y: vector() },
      parameters: () => ({ base: real(3, 3), slope: real(3), rate: positiveOrdered(3) }),
      density({ base, slope, rate }, { x, y }, { add, follows }) {
        follows(rate, exponential(1));
        follows(base, normal(0, 1));
        const emission = transpose(stack([0, 1, 2].map((k) => normal(rate.at(k), 1).logProb(y))));
        const { state } = scan([emission.at(0)], [emission.slice(1), x.slice(1)], ([forward], [seen, now]) => {
          const moves = logSoftmax(base.add(slope.mul(now)));
          return { state: [logSumExpRows(transpose(moves).add(forward)).add(seen)] };
        });
        add(logSumExpRows(state[0].reshape(1, 3)));
      },
    }),
    { x: wave(5, 2), y: wave(5) },
  ],
  [
    "level with seasons and a broken trend",
    model({
      data: { y: vector() },
      parameters: ({ y }) => ({ steps: real(y.length), seasons: sumToZero(4), bend: interval(0, 8), slopes: real(2) }),
      density({ steps, seasons, bend, slopes }, { y }, { follows }) {
        const times = y.map((_, t) => t);
        const past = maximum(sub(times, bend), 0);
        const level = cumulativeSum(steps).add(seasons.gather(times.map((t) => t % 4)));
        follows(steps, normal(0, 0.1));
        follows(y, normal(level.add(slopes.at(0).mul(times)).add(slopes.at(1).mul(past)), 1));
      },
    }),
    { y: wave(9) },
  ],
  [
    "shares of a whole, and a neural net",
    model({
      data: { X: matrix(), y: integers(), whole: integers() },
      parameters: () => ({ first: real(2, 3), second: real(3, 3), limit: upper(2), share: simplex(3) }),
      density({ first, second, limit, share }, { X, y, whole }, { follows, add }) {
        const hidden = matmul(X, first);
        // What is below 0 is damped.
        const active = where(less(hidden, 0), hidden.mul(0.1), hidden);
        follows(y, categoricalLogit(matmul(active, second)));
        follows(first, normal(0, 1));
        follows(second, normal(limit, 1));
        follows(limit, normal(0, 1));
        follows(whole, multinomial(share));
        add(sumRows(softmax(second)).mul(column(second, 1)).sum().add(concat(limit, []).sum()));
      },
    }),
    { X: waves(4, 2), y: [0, 1, 2, 1], whole: [3, 1, 2] },
  ],
];
