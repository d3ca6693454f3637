/**
 * Functions of one number that JavaScript's Math lacks. The hard ones come from stdlib, which tests them against
 * reference implementations.
 */
import digamma from "@stdlib/math-base-special-digamma";
import erf from "@stdlib/math-base-special-erf";
import erfc from "@stdlib/math-base-special-erfc";
import logGamma from "@stdlib/math-base-special-gammaln";

export { digamma, erf, logGamma };

/** 1 / (1 + exp(-x)), without overflow. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + exp(x)), without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** log(exp(x) + exp(y)), without overflow. */
export function logAddExp(x: number, y: number): number {
  const highest = Math.max(x, y);
  return Number.isFinite(highest) ? highest + Math.log1p(Math.exp(-Math.abs(x - y))) : highest;
}

/** log(1 - exp(x)) for x < 0 (M. Maechler, Accurately computing log(1 - exp(-|a|)), 2012). */
export function log1mExp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** Below this the distribution function underflows and its asymptotic series is exact to double precision. */
const FAR = -20;

/** log of the standard normal distribution function (Abramowitz and Stegun 26.2.12 far out). */
export function logNormalCdf(x: number): number {
  if (x > FAR) return Math.log(0.5 * erfc(-x * Math.SQRT1_2));
  const s = 1 / (x * x);
  return -0.5 * x * x - Math.log(-x) - 0.9189385332046727 + Math.log(1 - s * (1 - 3 * s * (1 - 5 * s * (1 - 7 * s))));
}
