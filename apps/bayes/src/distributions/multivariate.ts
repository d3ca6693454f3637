/**
 * Distributions of whole vectors and matrices. Each gives one number.
 */
import { BayesError } from "../errors.ts";
import { cholesky, diagonal, solveLower, transpose } from "../graph/matrices.ts";
import { add, log, logGamma, mul, square, sub } from "../graph/operations.ts";
import { type Operand, toValue, type Value } from "../graph/value.ts";
import { type Distribution, distribution } from "./distribution.ts";

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** Normal vector, or each row of a matrix, by mean and the lower Cholesky factor of its covariance. */
export function multivariateNormalCholesky(mean: Operand, factor: Operand): Distribution {
  return distribution("multivariateNormalCholesky", (x) => {
    const lower = toValue(factor);
    const n = lower.length;
    const error = sub(x, mean).add(new Array<number>(n).fill(0));
    // Of many rows the factor is used once: each is a column of what is solved.
    const [rows, columns] = error.shape.length > 1 ? [error.length, transpose(error)] : [1, error];
    const constant = log(diagonal(lower))
      .sum()
      .add(0.5 * n * LOG_TWO_PI);
    return square(solveLower(lower, columns)).sum().mul(-0.5).sub(constant.mul(rows));
  });
}

/** Normal vector, or each row of a matrix, by mean and covariance. */
export function multivariateNormal(mean: Operand, covariance: Operand): Distribution {
  return distribution("multivariateNormal", (x) => multivariateNormalCholesky(mean, cholesky(covariance)).logProb(x));
}

/** Probabilities that sum to 1. */
export function dirichlet(concentration: Operand): Distribution {
  return distribution("dirichlet", (x) => {
    const a = toValue(concentration);
    const constant = logGamma(a.sum()).sub(logGamma(a).sum());
    return mul(sub(a, 1), log(x)).sum().add(constant);
  });
}

/**
 * Cholesky factor of a correlation matrix: 1 is uniform over correlation matrices, more draws towards independence
 * (D. Lewandowski, D. Kurowicka and H. Joe, Journal of Multivariate Analysis 100, 2009).
 */
export function lkjCholesky(concentration: Operand): Distribution {
  return distribution("lkjCholesky", (x) => {
    const factor = toValue(x);
    const n = factor.length;
    if (n < 2) throw new BayesError("ERR_BAYES_SHAPE", "lkjCholesky needs a matrix of two rows or more");
    const eta = toValue(concentration);
    const logs = log(diagonal(factor).slice(1));
    const powers = Array.from({ length: n - 1 }, (_, row) => n - row - 2);
    return mul(add(powers, mul(2, sub(eta, 1))), logs)
      .sum()
      .sub(lkjConstant(n, eta));
  });
}

/** Normalising constant of the density over factors. */
function lkjConstant(n: number, eta: Value): Value {
  let constant = toValue(0);
  for (let k = 1; k < n; k += 1) {
    const base = eta.add(0.5 * (n - 1 - k));
    constant = constant
      .add(logGamma(base))
      .sub(logGamma(base.add(0.5 * k)))
      .add(0.5 * k * Math.log(Math.PI));
  }
  return constant;
}
