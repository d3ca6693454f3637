/**
 * Steps that are more than a loop over elements, forward and backward, on places in the arena (`V` values, `A`
 * derivatives). The Cholesky factor is differentiated as by I. Murray, Differentiation of the Cholesky decomposition
 * (arXiv:1602.07527), unblocked.
 */
type Arena = Float64Array;

const at = (array: Arena, index: number): number => array[index] ?? 0;

/** Sum of each row. */
export function sumRows(V: Arena, x: number, z: number, rows: number, columns: number): void {
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    for (let i = 0; i < columns; i += 1) sum += at(V, x + row * columns + i);
    V[z + row] = sum;
  }
}

export function sumRowsBackward(_V: Arena, A: Arena, x: number, z: number, rows: number, columns: number): void {
  for (let row = 0; row < rows; row += 1) {
    const given = at(A, z + row);
    for (let i = 0; i < columns; i += 1) A[x + row * columns + i] = at(A, x + row * columns + i) + given;
  }
}

/** log of the sum of the exponentials of each row. */
export function logSumExpRows(V: Arena, x: number, z: number, rows: number, columns: number): void {
  for (let row = 0; row < rows; row += 1) {
    const start = x + row * columns;
    let highest = -Infinity;
    for (let i = 0; i < columns; i += 1) highest = Math.max(highest, at(V, start + i));
    let sum = 0;
    if (Number.isFinite(highest)) for (let i = 0; i < columns; i += 1) sum += Math.exp(at(V, start + i) - highest);
    V[z + row] = Number.isFinite(highest) ? highest + Math.log(sum) : highest;
  }
}

export function logSumExpRowsBackward(V: Arena, A: Arena, x: number, z: number, rows: number, columns: number): void {
  for (let row = 0; row < rows; row += 1) {
    const [total, given] = [at(V, z + row), at(A, z + row)];
    if (total === -Infinity) continue;
    const start = x + row * columns;
    for (let i = 0; i < columns; i += 1) A[start + i] = at(A, start + i) + given * Math.exp(at(V, start + i) - total);
  }
}

/** Sums of the first 1, 2, … elements. */
export function cumulativeSum(V: Arena, x: number, z: number, size: number): void {
  let sum = 0;
  for (let i = 0; i < size; i += 1) {
    sum += at(V, x + i);
    V[z + i] = sum;
  }
}

export function cumulativeSumBackward(_V: Arena, A: Arena, x: number, z: number, size: number): void {
  let sum = 0;
  for (let i = size - 1; i >= 0; i -= 1) {
    sum += at(A, z + i);
    A[x + i] = at(A, x + i) + sum;
  }
}

/** Rows become columns. */
export function transpose(V: Arena, x: number, z: number, rows: number, columns: number): void {
  for (let row = 0; row < rows; row += 1)
    for (let i = 0; i < columns; i += 1) V[z + i * rows + row] = at(V, x + row * columns + i);
}

export function transposeBackward(_V: Arena, A: Arena, x: number, z: number, rows: number, columns: number): void {
  for (let row = 0; row < rows; row += 1)
    for (let i = 0; i < columns; i += 1)
      A[x + row * columns + i] = at(A, x + row * columns + i) + at(A, z + i * rows + row);
}

/** `z[n,m] = x[n,k] y[k,m]` */
export function matmul(V: Arena, x: number, y: number, z: number, n: number, k: number, m: number): void {
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < m; column += 1) {
      let sum = 0;
      for (let i = 0; i < k; i += 1) sum += at(V, x + row * k + i) * at(V, y + i * m + column);
      V[z + row * m + column] = sum;
    }
  }
}

export function matmulBackward(
  V: Arena,
  A: Arena,
  x: number,
  y: number,
  z: number,
  n: number,
  k: number,
  m: number,
  givesX: boolean,
  givesY: boolean,
): void {
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < m; column += 1) {
      const given = at(A, z + row * m + column);
      if (given === 0) continue;
      const start = x + row * k;
      if (givesY) {
        for (let i = 0; i < k; i += 1) {
          const to = y + i * m + column;
          A[to] = at(A, to) + given * at(V, start + i);
        }
      }
      if (givesX) for (let i = 0; i < k; i += 1) A[start + i] = at(A, start + i) + given * at(V, y + i * m + column);
    }
  }
}

/** Lower factor; NaN where the matrix is not positive definite. */
export function cholesky(V: Arena, x: number, z: number, n: number): void {
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < n; column += 1) {
      if (column > row) {
        V[z + row * n + column] = 0;
        continue;
      }
      let sum = at(V, x + row * n + column);
      for (let i = 0; i < column; i += 1) sum -= at(V, z + row * n + i) * at(V, z + column * n + i);
      V[z + row * n + column] = row === column ? Math.sqrt(sum) : sum / at(V, z + column * n + column);
    }
  }
}

/** The derivatives of the upper triangle go to the lower one, from which alone the factor is computed. */
export function choleskyBackward(V: Arena, A: Arena, x: number, z: number, n: number): void {
  for (let row = n - 1; row >= 0; row -= 1) {
    for (let column = row; column >= 0; column -= 1) {
      const place = z + row * n + column;
      const pivot = at(V, z + column * n + column);
      let given = at(A, place);
      if (row === column) given = (0.5 * given) / pivot;
      else {
        given /= pivot;
        const to = z + column * n + column;
        A[to] = at(A, to) - given * at(V, place);
      }
      A[x + row * n + column] = at(A, x + row * n + column) + given;
      for (let i = 0; i < column; i += 1) {
        const [left, right] = [z + row * n + i, z + column * n + i];
        const [l, r] = [at(V, left), at(V, right)];
        A[left] = at(A, left) - given * r;
        A[right] = at(A, right) - given * l;
      }
    }
  }
}

/** `L z = b`, or `Lᵀ z = b`, for each of `m` columns. */
export function solveLower(
  V: Arena,
  lower: number,
  b: number,
  z: number,
  n: number,
  m: number,
  isTransposed: boolean,
): void {
  for (let column = 0; column < m; column += 1) {
    for (let step = 0; step < n; step += 1) {
      const row = isTransposed ? n - 1 - step : step;
      let sum = at(V, b + row * m + column);
      for (let before = 0; before < step; before += 1) {
        const i = isTransposed ? n - 1 - before : before;
        sum -= at(V, lower + (isTransposed ? i * n + row : row * n + i)) * at(V, z + i * m + column);
      }
      V[z + row * m + column] = sum / at(V, lower + row * n + row);
    }
  }
}

/** The derivative by b solves the transposed system; the derivative of z is used up on the way. */
export function solveLowerBackward(
  V: Arena,
  A: Arena,
  lower: number,
  b: number,
  z: number,
  n: number,
  m: number,
  isTransposed: boolean,
  givesLower: boolean,
  givesB: boolean,
): void {
  for (let column = 0; column < m; column += 1) {
    for (let step = n - 1; step >= 0; step -= 1) {
      const row = isTransposed ? n - 1 - step : step;
      const pivot = lower + row * n + row;
      const given = at(A, z + row * m + column) / at(V, pivot);
      if (givesB) A[b + row * m + column] = at(A, b + row * m + column) + given;
      if (givesLower) A[pivot] = at(A, pivot) - given * at(V, z + row * m + column);
      for (let before = 0; before < step; before += 1) {
        const i = isTransposed ? n - 1 - before : before;
        const [factor, other] = [lower + (isTransposed ? i * n + row : row * n + i), z + i * m + column];
        A[other] = at(A, other) - given * at(V, factor);
        if (givesLower) A[factor] = at(A, factor) - given * at(V, other);
      }
    }
  }
}
