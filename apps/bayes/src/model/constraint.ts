/**
 * What values a parameter may take. Samplers move in unconstrained numbers; each constraint maps them to its own, and
 * gives the log of the Jacobian's determinant that the density needs for it (as in the Stan reference manual, chapter
 * "Constraint transforms").
 */
import {
  concat,
  cumulativeSum,
  exp,
  log,
  log1p,
  logistic,
  neg,
  softplus,
  sqrt,
  square,
  stack,
  sub,
  tanh,
} from "../graph/operations.ts";
import { type Shape, sizeOf } from "../graph/shape.ts";
import { toValue, type Value } from "../graph/value.ts";

/** A parameter: its shape, and how it comes from unconstrained numbers. */
export interface Constraint {
  /** For messages: `positive`. */
  readonly name: string;
  /** Of the constrained value. */
  readonly shape: Shape;
  /** How many unconstrained numbers it takes. */
  readonly unconstrainedSize: number;
  /** From a vector of unconstrained numbers. */
  transform(free: Value): { readonly value: Value; readonly logJacobian?: Value };
}

const lengths = (shape: readonly number[]): Shape => shape.map((length) => Math.trunc(length));
const fit = (free: Value, shape: Shape): Value => free.reshape(...shape);

/** Any number; with lengths, a vector or matrix of them. */
export function real(...shape: number[]): Constraint {
  return {
    name: "real",
    shape: lengths(shape),
    unconstrainedSize: sizeOf(shape),
    transform: (free) => ({ value: fit(free, shape) }),
  };
}

/** Above 0. */
export function positive(...shape: number[]): Constraint {
  return { ...lower(0, ...shape), name: "positive" };
}

/** Above a bound. */
export function lower(bound: number, ...shape: number[]): Constraint {
  return {
    name: `lower(${bound})`,
    shape: lengths(shape),
    unconstrainedSize: sizeOf(shape),
    transform: (free) => ({
      value: bound === 0 ? fit(exp(free), shape) : fit(exp(free), shape).add(bound),
      logJacobian: free.sum(),
    }),
  };
}

/** Below a bound. */
export function upper(bound: number, ...shape: number[]): Constraint {
  return {
    name: `upper(${bound})`,
    shape: lengths(shape),
    unconstrainedSize: sizeOf(shape),
    transform: (free) => ({ value: sub(bound, fit(exp(free), shape)), logJacobian: free.sum() }),
  };
}

/** Between two bounds. */
export function interval(low: number, high: number, ...shape: number[]): Constraint {
  const width = high - low;
  return {
    name: `interval(${low}, ${high})`,
    shape: lengths(shape),
    unconstrainedSize: sizeOf(shape),
    transform: (free) => ({
      value: fit(logistic(free), shape).mul(width).add(low),
      logJacobian: neg(softplus(free).add(softplus(neg(free))))
        .sum()
        .add(sizeOf(shape) * Math.log(width)),
    }),
  };
}

/** `size` numbers above 0 that sum to 1, by breaking a stick. */
export function simplex(size: number): Constraint {
  const offsets = Array.from({ length: size - 1 }, (_, k) => -Math.log(size - 1 - k));
  return {
    name: "simplex",
    shape: [size],
    unconstrainedSize: size - 1,
    transform(free) {
      const z = free.add(offsets);
      const [logTaken, logLeft] = [neg(softplus(neg(z))), neg(softplus(z))];
      const remaining = concat(0, cumulativeSum(logLeft));
      const before = remaining.slice(0, size - 1);
      const value = exp(concat(logTaken.add(before), remaining.at(-1)));
      return { value, logJacobian: logTaken.add(logLeft).add(before).sum() };
    },
  };
}

/** Numbers in rising order. */
export function ordered(size: number): Constraint {
  return {
    name: "ordered",
    shape: [size],
    unconstrainedSize: size,
    transform(free) {
      if (size === 1) return { value: free };
      const steps = free.slice(1);
      return { value: cumulativeSum(concat(free.at(0), exp(steps))), logJacobian: steps.sum() };
    },
  };
}

/** Numbers above 0 in rising order. */
export function positiveOrdered(size: number): Constraint {
  return {
    name: "positiveOrdered",
    shape: [size],
    unconstrainedSize: size,
    transform: (free) => ({ value: cumulativeSum(exp(free)), logJacobian: free.sum() }),
  };
}

/** The lower Cholesky factor of a correlation matrix: rows of length 1, by canonical partial correlations. */
export function correlationCholesky(size: number): Constraint {
  return {
    name: "correlationCholesky",
    shape: [size, size],
    unconstrainedSize: (size * (size - 1)) / 2,
    transform(free) {
      const partial = tanh(free);
      const rows: Value[] = [concat(1, new Array<number>(size - 1).fill(0))];
      let logJacobian = log1p(neg(square(partial))).sum();
      let next = 0;
      for (let row = 1; row < size; row += 1) {
        const entries: Value[] = [];
        let left = toValue(1);
        for (let column = 0; column < row; column += 1) {
          const entry = partial.at(next).mul(sqrt(left));
          if (column > 0) logJacobian = logJacobian.add(log(left).mul(0.5));
          left = left.sub(square(entry));
          entries.push(entry);
          next += 1;
        }
        rows.push(concat(...entries, sqrt(left), new Array<number>(size - 1 - row).fill(0)));
      }
      return { value: stack(rows), logJacobian };
    },
  };
}

/** Any numbers that sum to 0: effects beside an intercept. */
export function sumToZero(size: number): Constraint {
  return {
    name: "sumToZero",
    shape: [size],
    unconstrainedSize: size - 1,
    transform: (free) => ({ value: concat(free, neg(free.sum())) }),
  };
}

/** Several parameters of one kind, stacked: `arrayOf(3, simplex(3))` is a matrix whose rows sum to 1. */
export function arrayOf(count: number, constraint: Constraint): Constraint {
  const size = constraint.unconstrainedSize;
  return {
    name: `arrayOf ${constraint.name}`,
    shape: [...lengths([count]), ...constraint.shape],
    unconstrainedSize: count * size,
    transform(free) {
      const parts = Array.from({ length: count }, (_, k) => constraint.transform(free.slice(k * size, (k + 1) * size)));
      const jacobians = parts.flatMap(({ logJacobian }) => (logJacobian ? [logJacobian] : []));
      const [first, ...others] = jacobians;
      const value = stack(parts.map((part) => part.value));
      return first ? { value, logJacobian: others.reduce((total, each) => total.add(each), first) } : { value };
    },
  };
}
