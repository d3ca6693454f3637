/**
 * Products, factors and parts of matrices.
 */
import { BayesError } from "../errors.ts";
import { mul } from "./operations.ts";
import { expectRank, expectSquare, shapeInWords } from "./shape.ts";
import { type Operand, record, toValue, Value } from "./value.ts";

/**
 * Product of two matrices, of a matrix and a vector, or of a vector (as a row) and a matrix.
 *
 * @throws BayesError `ERR_BAYES_SHAPE` where the inner lengths differ.
 */
export function matmul(a: Operand, b: Operand): Value {
  const [left, right] = [toValue(a).node, toValue(b).node];
  if (left.shape.length === 1 && right.shape.length === 2) {
    return matmul(new Value(left).reshape(1, left.size), b).reshape(right.shape[1] ?? 0);
  }
  expectRank("matmul", left.shape, "a matrix");
  if (right.shape.length === 0 || right.shape.length > 2 || left.shape[1] !== right.shape[0]) {
    throw new BayesError(
      "ERR_BAYES_SHAPE",
      `matmul cannot multiply ${shapeInWords(left.shape)} by ${shapeInWords(right.shape)}`,
    );
  }
  return record({ kind: "matmul" }, [left, right], [left.shape[0] ?? 0, ...right.shape.slice(1)]);
}

/** Rows become columns. */
export function transpose(a: Operand): Value {
  const { node } = toValue(a);
  expectRank("transpose", node.shape, "a matrix");
  return record({ kind: "transpose" }, [node], [...node.shape].reverse());
}

/** A column of a matrix; negative indexes count from the end. */
export function column(a: Operand, index: number): Value {
  return transpose(a).at(index);
}

/** All products of an element of one vector (rows) and one of another (columns). */
export function outer(a: Operand, b: Operand): Value {
  const left = toValue(a);
  expectRank("outer", left.shape, "a vector");
  return mul(left.reshape(left.length, 1), b);
}

/** The lower triangular factor L of a symmetric positive definite matrix: `L Lᵀ = a`. */
export function cholesky(a: Operand): Value {
  const { node } = toValue(a);
  expectSquare("cholesky", node.shape);
  return record({ kind: "cholesky" }, [node], node.shape);
}

/** The x of `L x = b` for a lower triangular L, and a vector or matrix b. */
export function solveLower(lower: Operand, b: Operand): Value {
  return solve(lower, b, false);
}

/** The x of `Lᵀ x = b` for a lower triangular L. */
export function solveLowerTransposed(lower: Operand, b: Operand): Value {
  return solve(lower, b, true);
}

function solve(lower: Operand, b: Operand, isTransposed: boolean): Value {
  const [factor, right] = [toValue(lower).node, toValue(b).node];
  expectSquare("solveLower", factor.shape);
  if (right.shape[0] !== factor.shape[0] || right.shape.length > 2) {
    throw new BayesError(
      "ERR_BAYES_SHAPE",
      `solveLower cannot divide ${shapeInWords(right.shape)} by ${shapeInWords(factor.shape)}`,
    );
  }
  return record({ kind: "solveLower", isTransposed }, [factor, right], right.shape);
}

/** The diagonal of a square matrix. */
export function diagonal(a: Operand): Value {
  const { node } = toValue(a);
  expectSquare("diagonal", node.shape);
  const n = node.shape[0] ?? 0;
  return record({ kind: "gather", indexes: Array.from({ length: n }, (_, i) => i * n + i) }, [node], [n]);
}

/** A square matrix with a vector on its diagonal. */
export function diagonalMatrix(a: Operand): Value {
  const value = toValue(a);
  const n = value.length;
  const unit = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
  return mul(unit, value);
}
