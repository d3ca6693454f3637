/**
 * Shapes of values: `[]` is a number, `[n]` a vector, `[rows, columns]` a matrix, all stored row by row. Two shapes
 * broadcast as in NumPy: aligned at the last axis, an axis of length 1 or a missing one is repeated.
 */
import { BayesError } from "../errors.ts";

/** Lengths of the axes, the slowest first. */
export type Shape = readonly number[];

/** How many numbers a shape holds. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** `number`, `vector[8]`, `matrix[3,4]` */
export function shapeInWords(shape: Shape): string {
  if (shape.length === 0) return "number";
  return `${shape.length === 1 ? "vector" : shape.length === 2 ? "matrix" : "array"}[${shape.join(",")}]`;
}

/**
 * The shape that two shapes broadcast to.
 *
 * @throws BayesError `ERR_BAYES_SHAPE` where an axis differs and neither is 1.
 */
export function broadcast(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [m, n] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new BayesError(
        "ERR_BAYES_SHAPE",
        `${operation} cannot combine ${shapeInWords(a)} with ${shapeInWords(b)}`,
        {
          shapes: [a, b],
        },
      );
    }
    return m === 1 ? n : m;
  });
}

/** True where two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Distance of neighbours along each axis of `shape` within an operand that broadcasts to it; 0 where it repeats. */
export function strides(operand: Shape, shape: Shape): number[] {
  let step = 1;
  const own = operand.map(() => 0);
  for (let axis = operand.length - 1; axis >= 0; axis -= 1) {
    own[axis] = operand[axis] === 1 ? 0 : step;
    step *= operand[axis] ?? 1;
  }
  return [...Array.from({ length: shape.length - operand.length }, () => 0), ...own];
}

/** @throws BayesError `ERR_BAYES_SHAPE` where a value is no vector, or no matrix. */
export function expectRank(operation: string, shape: Shape, wanted: "a vector" | "a matrix"): void {
  if (shape.length === (wanted === "a vector" ? 1 : 2)) return;
  throw new BayesError("ERR_BAYES_SHAPE", `${operation} needs ${wanted}, not ${shapeInWords(shape)}`);
}

/** @throws BayesError `ERR_BAYES_SHAPE` where a value is no square matrix. */
export function expectSquare(operation: string, shape: Shape): void {
  if (shape.length === 2 && shape[0] === shape[1]) return;
  throw new BayesError("ERR_BAYES_SHAPE", `${operation} needs a square matrix, not ${shapeInWords(shape)}`);
}
