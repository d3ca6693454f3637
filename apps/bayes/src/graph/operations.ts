/**
 * The functions that models are written with, beside the methods of {@link Value}. All work on numbers, vectors and
 * matrices alike, with broadcasting, unless a shape is given.
 */
import { BayesError } from "../errors.ts";
import { elementwise, type Operand, record, toValue, type Value } from "./value.ts";
import { type Shape, shapeInWords, sizeOf } from "./shape.ts";

export const add = (a: Operand, b: Operand): Value => elementwise("add", a, b);
export const sub = (a: Operand, b: Operand): Value => elementwise("subtract", a, b);
export const mul = (a: Operand, b: Operand): Value => elementwise("multiply", a, b);
export const div = (a: Operand, b: Operand): Value => elementwise("divide", a, b);
export const pow = (a: Operand, b: Operand): Value => elementwise("power", a, b);
export const neg = (a: Operand): Value => elementwise("negate", a);
export const exp = (a: Operand): Value => elementwise("exp", a);
export const expm1 = (a: Operand): Value => elementwise("expm1", a);
export const log = (a: Operand): Value => elementwise("log", a);
export const log1p = (a: Operand): Value => elementwise("log1p", a);
export const sqrt = (a: Operand): Value => elementwise("sqrt", a);
export const square = (a: Operand): Value => elementwise("square", a);
export const abs = (a: Operand): Value => elementwise("absolute", a);
export const sin = (a: Operand): Value => elementwise("sin", a);
export const cos = (a: Operand): Value => elementwise("cos", a);
export const tanh = (a: Operand): Value => elementwise("tanh", a);
export const atan = (a: Operand): Value => elementwise("atan", a);
export const maximum = (a: Operand, b: Operand): Value => elementwise("maximum", a, b);
export const minimum = (a: Operand, b: Operand): Value => neg(maximum(neg(a), neg(b)));
/** 1 / (1 + exp(-x)) */
export const logistic = (a: Operand): Value => elementwise("logistic", a);
/** log(1 + exp(x)) */
export const softplus = (a: Operand): Value => elementwise("softplus", a);
export const logGamma = (a: Operand): Value => elementwise("logGamma", a);
export const erf = (a: Operand): Value => elementwise("erf", a);
/** log of the standard normal distribution function. */
export const logNormalCdf = (a: Operand): Value => elementwise("logNormalCdf", a);
/** log(exp(a) + exp(b)) */
export const logAddExp = (a: Operand, b: Operand): Value => elementwise("logAddExp", a, b);
/** 1 where a < b, else 0. Its derivative is 0. */
export const less = (a: Operand, b: Operand): Value => elementwise("less", a, b);

/** `condition` (1 or 0) chooses between two values, both of which must be finite. */
export function where(condition: Operand, yes: Operand, no: Operand): Value {
  return add(mul(condition, yes), mul(sub(1, condition), no));
}

/** Sum of all elements. */
export function sum(a: Operand): Value {
  return toValue(a).sum();
}

/** Sum of each row of a matrix. */
export function sumRows(a: Operand): Value {
  const { node } = toValue(a);
  return record({ kind: "sum", axis: "last" }, [node], node.shape.slice(0, -1));
}

/** log of the sum of the exponentials of all elements. */
export function logSumExp(a: Operand): Value {
  return record({ kind: "logSumExp", axis: "all" }, [toValue(a).node], []);
}

/** The same for each row of a matrix. */
export function logSumExpRows(a: Operand): Value {
  const { node } = toValue(a);
  return record({ kind: "logSumExp", axis: "last" }, [node], node.shape.slice(0, -1));
}

/** Sums of the first 1, 2, … elements of a vector. */
export function cumulativeSum(a: Operand): Value {
  const { node } = toValue(a);
  expectRank("cumulativeSum", node.shape, 1);
  return record({ kind: "cumulativeSum" }, [node], node.shape);
}

/** Inner product of two vectors. */
export function dot(a: Operand, b: Operand): Value {
  return mul(a, b).sum();
}

/**
 * Product of two matrices, or of a matrix and a vector.
 *
 * @throws BayesError `ERR_BAYES_SHAPE` where the inner lengths differ.
 */
export function matmul(a: Operand, b: Operand): Value {
  const [left, right] = [toValue(a).node, toValue(b).node];
  expectRank("matmul", left.shape, 2);
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
  expectRank("transpose", node.shape, 2);
  return record({ kind: "transpose" }, [node], [...node.shape].reverse());
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

/** Joins vectors (a number counts as one of length 1), or matrices row after row. */
export function concat(...operands: readonly Operand[]): Value {
  const nodes = operands.map((operand) => toValue(operand).node);
  const tail = nodes.find(({ shape }) => shape.length > 1)?.shape.slice(1) ?? [];
  const length = nodes.reduce((total, { size }) => total + size, 0);
  return record({ kind: "concat" }, nodes, [length / sizeOf(tail), ...tail]);
}

/** Makes a vector of numbers, or a matrix of vectors as its rows. */
export function stack(operands: readonly Operand[]): Value {
  const nodes = operands.map((operand) => toValue(operand).node);
  const [first] = nodes;
  if (!first || nodes.some(({ size }) => size !== first.size)) {
    throw new BayesError("ERR_BAYES_SHAPE", "stack needs values of one shape", { shapes: nodes.map((n) => n.shape) });
  }
  return record({ kind: "concat" }, nodes, [nodes.length, ...first.shape]);
}

function expectRank(operation: string, shape: Shape, rank: number): void {
  if (shape.length === rank) return;
  const wanted = rank === 1 ? "a vector" : "a matrix";
  throw new BayesError("ERR_BAYES_SHAPE", `${operation} needs ${wanted}, not ${shapeInWords(shape)}`);
}

function expectSquare(operation: string, shape: Shape): void {
  if (shape.length === 2 && shape[0] === shape[1]) return;
  throw new BayesError("ERR_BAYES_SHAPE", `${operation} needs a square matrix, not ${shapeInWords(shape)}`);
}
