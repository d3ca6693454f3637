/** Densities integrate to 1, probabilities sum to 1, and their gradients are right. */
import { describe, expect, it } from "vitest";
import {
  bernoulli,
  bernoulliLogit,
  beta,
  betaBinomial,
  binomial,
  binomialLogit,
  categorical,
  categoricalLogit,
  cauchy,
  chiSquared,
  compileDensity,
  dirichlet,
  type Distribution,
  exponential,
  gamma,
  geometric,
  gumbel,
  halfCauchy,
  halfNormal,
  halfStudentT,
  inverseChiSquared,
  inverseGamma,
  laplace,
  lkjCholesky,
  logisticDistribution,
  logNormal,
  mixture,
  mixtureOf,
  multinomial,
  multivariateNormal,
  negativeBinomial,
  negativeBinomialLog,
  normal,
  orderedLogistic,
  pareto,
  poisson,
  poissonLog,
  rayleigh,
  skewNormal,
  studentT,
  toValue,
  uniform,
  type Value,
  weibull,
  zeroInflated,
} from "../src/index.ts";
import { expectGradient, parameter } from "./support/check-gradient.ts";

/** The value of something that depends on no parameter. */
function valueOf(value: Value): number {
  return compileDensity(value, 1).value(new Float64Array(1));
}

/** Nodes of the tanh-sinh rule (H. Takahasi and M. Mori, 1974), good at ends where a density is infinite or falls slowly. */
function integrate(f: (x: number[]) => number[], low: number, high: number): number {
  const step = 1 / 64;
  const points = Array.from({ length: 2 * 5 * 64 + 1 }, (_, i) => (i - 5 * 64) * step);
  const inner = points.map((t) => Math.tanh((Math.PI / 2) * Math.sinh(t)));
  const weights = points.map((t) => ((Math.PI / 2) * Math.cosh(t)) / Math.cosh((Math.PI / 2) * Math.sinh(t)) ** 2);
  // Infinite ends: x = u / (1 - u²), or x = low + v / (1 - v).
  const map = (u: number): [number, number] => {
    if (Number.isFinite(low) && Number.isFinite(high))
      return [(low + high) / 2 + ((high - low) / 2) * u, (high - low) / 2];
    if (Number.isFinite(low)) return [low + (1 + u) / (1 - u), 2 / (1 - u) ** 2];
    if (Number.isFinite(high)) return [high - (1 - u) / (1 + u), 2 / (1 + u) ** 2];
    return [u / (1 - u * u), (1 + u * u) / (1 - u * u) ** 2];
  };
  const used = inner.map((u, i) => ({ u, i })).filter(({ u }) => Math.abs(u) < 1 - 1e-12);
  const mapped = used.map(({ u }) => map(u));
  const values = f(mapped.map(([x]) => x));
  return values.reduce((sum, value, i) => {
    const term = value * (mapped[i]?.[1] ?? 0) * (weights[used[i]?.i ?? 0] ?? 0);
    return sum + (Number.isFinite(term) ? term * step : 0);
  }, 0);
}

/** Densities at some points, in one go. */
function densities(distribution: Distribution, xs: readonly number[]): number[] {
  const logs = distribution.logProb(xs);
  return xs.map((_, i) => Math.exp(valueOf(logs.shape.length === 0 ? logs : logs.at(i))));
}

const CONTINUOUS: readonly (readonly [Distribution, number, number, number])[] = [
  [normal(0.3, 1.7), -Infinity, Infinity, 0.8],
  [halfNormal(1.7), 0, Infinity, 0.8],
  [logNormal(0.2, 0.7), 0, Infinity, 1.3],
  [skewNormal(0.1, 1.2, 2), -Infinity, Infinity, 0.4],
  [studentT(4, 0.3, 1.2), -Infinity, Infinity, 0.9],
  [halfStudentT(4, 1.2), 0, Infinity, 0.9],
  [cauchy(0.3, 1.2), -Infinity, Infinity, 0.9],
  [halfCauchy(1.2), 0, Infinity, 0.9],
  [laplace(0.3, 1.2), -Infinity, Infinity, 0.9],
  [logisticDistribution(0.3, 1.2), -Infinity, Infinity, 0.9],
  [gumbel(0.3, 1.2), -Infinity, Infinity, 0.9],
  [uniform(0.3, 2.2), 0.3, 2.2, 0.9],
  [exponential(1.4), 0, Infinity, 0.9],
  [gamma(2.3, 1.4), 0, Infinity, 0.9],
  [inverseGamma(2.3, 1.4), 0, Infinity, 0.9],
  [chiSquared(3), 0, Infinity, 0.9],
  [inverseChiSquared(3), 0, Infinity, 0.9],
  [beta(2.3, 1.4), 0, 1, 0.6],
  [weibull(1.7, 1.4), 0, Infinity, 0.9],
  [pareto(0.5, 2.4), 0.5, Infinity, 0.9],
  [rayleigh(1.4), 0, Infinity, 0.9],
  [mixture(0.3, normal(-1, 0.5), normal(1, 0.7)), -Infinity, Infinity, 0.9],
  [mixtureOf([0.2, 0.3, 0.5], [normal(-1, 0.5), normal(1, 0.7), normal(2, 1)]), -Infinity, Infinity, 0.9],
];

describe.each(CONTINUOUS.map(([each, ...rest]) => [each.name, each, ...rest] as const))(
  "%s",
  (_name, each, low, high, at) => {
    it("integrates to 1", () => {
      // The Laplace density has a kink at its location.
      const cuts = each.name === "laplace" ? [low, 0.3, high] : [low, high];
      const parts = cuts.slice(1).map((end, i) => integrate((xs) => densities(each, xs), cuts[i] ?? low, end));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 5);
    });

    it("has the right slope", () => expectGradient(each.logProb(parameter(0)).sum(), [at]));
  },
);

const COUNTS = Array.from({ length: 400 }, (_, i) => i);
const upTo = (n: number): number[] => COUNTS.slice(0, n + 1);

const DISCRETE: readonly (readonly [Distribution, readonly number[]])[] = [
  [bernoulli(0.3), upTo(1)],
  [bernoulliLogit(-0.4), upTo(1)],
  [binomial(9, 0.3), upTo(9)],
  [binomialLogit(9, -0.4), upTo(9)],
  [betaBinomial(9, 2.3, 1.4), upTo(9)],
  [poisson(4.2), COUNTS],
  [poissonLog(1.2), COUNTS],
  [negativeBinomial(4.2, 2.5), COUNTS],
  [negativeBinomialLog(1.2, 2.5), COUNTS],
  [geometric(0.3), COUNTS],
  [zeroInflated(0.2, poisson(4.2)), COUNTS],
  [categorical([0.2, 0.3, 0.5]), upTo(2)],
  [categoricalLogit([0.2, 0.3, 0.5]), upTo(2)],
  [orderedLogistic(0.4, [-1, 0.3, 2]), upTo(3)],
];

describe.each(DISCRETE.map(([each, values]) => [each.name, each, values] as const))("%s", (_name, each, values) => {
  it("sums to 1", () => {
    const total = densities(each, values).reduce((sum, value) => sum + value, 0);
    expect(total).toBeCloseTo(1, 9);
  });
});

it.each([
  ["normal", (p: Value) => normal(p.at(0), p.at(1)).logProb([0.4, 1.2, -1])],
  ["studentT", (p: Value) => studentT(p.at(0).add(1), p.at(1), p.at(2)).logProb([0.4, 1.2, -1])],
  ["gamma", (p: Value) => gamma(p.at(0), p.at(1)).logProb([0.4, 1.2])],
  ["beta", (p: Value) => beta(p.at(0), p.at(1)).logProb([0.4, 0.7])],
  ["weibull", (p: Value) => weibull(p.at(0), p.at(1)).logProb([0.4, 0.7])],
  ["skewNormal", (p: Value) => skewNormal(p.at(0), p.at(1), p.at(2)).logProb([0.4, 0.7])],
  ["negativeBinomial", (p: Value) => negativeBinomial(p.at(0), p.at(1)).logProb([0, 3, 7])],
  ["zero-inflated", (p: Value) => zeroInflated(p.at(2).mul(0.3), poisson(p.at(0))).logProb([0, 0, 3, 7])],
  ["betaBinomial", (p: Value) => betaBinomial(9, p.at(0), p.at(1)).logProb([0, 3, 7])],
  ["categoricalLogit by rows", (p: Value) => categoricalLogit(p.reshape(1, 3).mul([[1], [2]])).logProb([2, 0])],
  ["orderedLogistic", (p: Value) => orderedLogistic(p.at(0), [-1, 0.3, 2]).logProb([0, 1, 2, 3])],
  ["multinomial", (p: Value) => multinomial(p.div(p.sum())).logProb([3, 0, 2])],
  ["dirichlet", (p: Value) => dirichlet([2, 3, 1.5]).logProb(p.div(p.sum()))],
  [
    "multivariateNormal",
    (p: Value) =>
      multivariateNormal(p, [
        [2, 0.3, 0],
        [0.3, 1, 0.2],
        [0, 0.2, 1.5],
      ]).logProb([0.4, 0.7, -1]),
  ],
] as const)("%s has right slopes by its parameters", (_name, f) => {
  expectGradient(f(parameter(0, 3)).sum(), [0.7, 1.2, 0.4]);
});

it("a multivariate normal of independent numbers is their normals together", () => {
  const joint = multivariateNormal(
    [1, 2],
    [
      [4, 0],
      [0, 9],
    ],
  ).logProb([0.5, 3]);
  const apart = normal([1, 2], [2, 3]).logProb([0.5, 3]).sum();
  expect(valueOf(joint)).toBeCloseTo(valueOf(apart), 12);
});

it("LKJ over matrices of two rows is uniform in the correlation, for a concentration of 1", () => {
  // The density of the factor times d(factor)/d(correlation) is 1/2 on (-1, 1).
  for (const correlation of [-0.9, 0, 0.6]) {
    const rest = Math.sqrt(1 - correlation ** 2);
    const log = valueOf(
      lkjCholesky(1).logProb([
        [1, 0],
        [correlation, rest],
      ]),
    );
    expect(Math.exp(log)).toBeCloseTo(0.5, 12);
  }
});

it("categories cannot be parameters", () => {
  expect(() => categorical([0.5, 0.5]).logProb(parameter(0, 2))).toThrow(/categories are data/);
  expect(toValue(1).shape).toEqual([]);
});

it("a normal of all rows is that of each row", () => {
  const rows = [
    [1, 2],
    [0.5, -1],
    [3, 0],
  ];
  const of = multivariateNormal(
    [0.1, 0.2],
    [
      [2, 0.5],
      [0.5, 1],
    ],
  );
  const each = rows.reduce((total, row) => total + valueOf(of.logProb(row)), 0);
  expect(valueOf(of.logProb(rows))).toBeCloseTo(each, 12);
});
