/**
 * Cholesky factors and triangular systems on jax-js, column by column from slices and products: jax-js 0.1.25 has both
 * as operations, but cannot jit their gradients. Each function takes over the references that it is given.
 */
import type * as Jax from "@jax-js/jax";

type JaxArray = Jax.Array;
type Numpy = (typeof Jax)["numpy"];

/** Lower factor of a symmetric positive definite matrix. */
export function cholesky(np: Numpy, matrix: JaxArray): JaxArray {
  const n = matrix.shape[0] ?? 1;
  const columns: JaxArray[] = [];
  let left = matrix;
  for (let j = 0; j < n; j += 1) {
    const pivot = np.sqrt(left.ref.slice(0, 0));
    const column = left.ref.slice([], 0).div(pivot);
    const size = n - j;
    if (size > 1) {
      const below = column.ref.slice([1, size]);
      const product = below.ref.reshape([size - 1, 1]).mul(below.reshape([1, size - 1]));
      left = left.slice([1, size], [1, size]).sub(product);
    } else left.dispose();
    columns.push((j === 0 ? column : np.concatenate([np.zeros([j]), column])).reshape([n, 1]));
  }
  return np.concatenate(columns, 1);
}

/** The x of `L x = b`, or of `Lᵀ x = b`; `b` is a matrix. */
export function solveLower(np: Numpy, lower: JaxArray, b: JaxArray, isTransposed: boolean): JaxArray {
  const n = lower.shape[0] ?? 1;
  const rows: JaxArray[] = [];
  let [factor, right] = [lower, b];
  for (let size = n; size > 0; size -= 1) {
    // The row that is known next, and those that wait for it.
    const next = isTransposed ? size - 1 : 0;
    const [from, to] = isTransposed ? [0, size - 1] : [1, size];
    const row = right.ref.slice([next, next + 1], []).div(factor.ref.slice(next, next));
    if (size > 1) {
      const along = isTransposed ? factor.ref.slice(next, [from, to]) : factor.ref.slice([from, to], next);
      right = right.slice([from, to], []).sub(along.reshape([size - 1, 1]).mul(row.ref));
      factor = factor.slice([from, to], [from, to]);
    } else {
      right.dispose();
      factor.dispose();
    }
    rows.push(row);
  }
  return np.concatenate(isTransposed ? rows.reverse() : rows);
}
