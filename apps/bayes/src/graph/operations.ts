/**
 * The functions that models are written with, beside the methods of {@link Value}. All work on numbers, vectors and
 * matrices alike, with broadcasting, unless a shape is given.
 */
import { BayesError } from "../errors.ts";
import { elementwise, type Operand, record, toValue, type Value } from "./value.ts";
import { expectRank, sizeOf } from "./shape.ts";

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
/** log(1 - exp(a)) for a < 0 */
export const log1mExp = (a: Operand): Value => elementwise("log1mExp", a);
/** log(exp(a) + exp(b)) */
export const logAddExp = (a: Operand, b: Operand): Value => elementwise("logAddExp", a, b);
/** 1 where a < b, else 0. Its derivative is 0. */
export const less = (a: Operand, b: Operand): Value => elementwise("less", a, b);

/** `condition` (1 or 0) chooses between two values. What is not chosen may be infinite, its derivative must not be. */
export function where(condition: Operand, yes: Operand, no: Operand): Value {
  return add(elementwise("choose", condition, yes), elementwise("choose", sub(1, condition), no));
}

/** log(exp(a) - exp(b)) for a > b: the probability of an interval, say. */
export function logSubExp(a: Operand, b: Operand): Value {
  return add(a, log1mExp(sub(b, a)));
}

/** Standard normal distribution function. */
export function normalCdf(a: Operand): Value {
  return exp(logNormalCdf(a));
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

/** Logarithms of probabilities from scores: of a vector, or of each row of a matrix. */
export function logSoftmax(a: Operand): Value {
  const value = toValue(a);
  const total = value.shape.length > 1 ? logSumExpRows(value).reshape(value.length, 1) : logSumExp(value);
  return value.sub(total);
}

/** Probabilities from scores: of a vector, or of each row of a matrix. */
export function softmax(a: Operand): Value {
  return exp(logSoftmax(a));
}

/** Sums of the first 1, 2, … elements of a vector. */
export function cumulativeSum(a: Operand): Value {
  const { node } = toValue(a);
  expectRank("cumulativeSum", node.shape, "a vector");
  return record({ kind: "cumulativeSum" }, [node], node.shape);
}

/** Inner product of two vectors. */
export function dot(a: Operand, b: Operand): Value {
  return mul(a, b).sum();
}

/** Joins vectors (a number counts as one of length 1), or matrices row after row. */
export function concat(...operands: readonly Operand[]): Value {
  const nodes = operands.map((operand) => toValue(operand).node).filter(({ size }) => size > 0);
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
