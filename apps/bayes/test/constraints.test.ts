/** Constrained values obey their constraint, and Jacobians are those of the map itself. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Constraint,
  compileDensity,
  correlationCholesky,
  interval,
  lower,
  ordered,
  positive,
  positiveOrdered,
  real,
  simplex,
  upper,
} from "../src/index.ts";
import { compileOutputs } from "../src/compiled/compile.ts";
import { expectGradient, parameter } from "./support/check-gradient.ts";

const isRising = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value > (values[i - 1] ?? value));
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Each with what its values obey, and the coordinates of its value that determine the rest. */
const CASES: readonly (readonly [Constraint, (values: readonly number[]) => boolean, readonly number[]])[] = [
  [real(3), () => true, [0, 1, 2]],
  [positive(3), (values) => values.every((value) => value > 0), [0, 1, 2]],
  [lower(-2, 3), (values) => values.every((value) => value > -2), [0, 1, 2]],
  [upper(5, 3), (values) => values.every((value) => value < 5), [0, 1, 2]],
  [interval(-1, 4, 3), (values) => values.every((value) => value > -1 && value < 4), [0, 1, 2]],
  [simplex(4), (values) => values.every((value) => value > 0) && Math.abs(sumOf(values) - 1) < 1e-12, [0, 1, 2]],
  [ordered(3), isRising, [0, 1, 2]],
  [positiveOrdered(3), (values) => isRising(values) && (values[0] ?? 0) > 0, [0, 1, 2]],
  [
    correlationCholesky(3),
    (rows) => [0, 3, 6].every((r) => Math.abs(sumOf(rows.slice(r, r + 3).map((x) => x * x)) - 1) < 1e-12),
    [3, 6, 7],
  ],
];

function determinant(rows: readonly (readonly number[])[]): number {
  const [first, ...rest] = rows;
  if (!first) return 1;
  return sumOf(
    first.map(
      (value, i) => (i % 2 === 0 ? 1 : -1) * value * determinant(rest.map((row) => row.filter((_, j) => j !== i))),
    ),
  );
}

describe.each(CASES.map(([constraint, ...rest]) => [constraint.name, constraint, ...rest] as const))(
  "%s",
  (_name, constraint, obeys, free) => {
    const size = constraint.unconstrainedSize;
    const { value, logJacobian } = constraint.transform(parameter(0, size));
    const outputs = compileOutputs([value], size);
    const valueAt = (position: readonly number[]): number[] => {
      const into = new Float64Array(value.node.size);
      outputs(Float64Array.from(position), into);
      return Array.from(into);
    };
    const positions = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: size, maxLength: size });

    it("is obeyed", () => {
      fc.assert(
        fc.property(positions, (position) => {
          expect(valueAt(position)).toSatisfy(obeys);
        }),
      );
    });

    it("has the Jacobian of the map", () => {
      const log = logJacobian ?? parameter(0).mul(0);
      const compiled = compileDensity(log, size);
      fc.assert(
        fc.property(positions, (position) => {
          const step = 1e-6;
          const moved = (i: number, by: number): number[] =>
            valueAt(position.map((each, j) => (i === j ? each + by : each)));
          const rows = position.map((_, i) => {
            const [above, below] = [moved(i, step), moved(i, -step)];
            return free.map((at) => ((above[at] ?? 0) - (below[at] ?? 0)) / (2 * step));
          });
          expect(compiled.value(Float64Array.from(position))).toBeCloseTo(Math.log(Math.abs(determinant(rows))), 4);
          expectGradient(log, position);
        }),
        { numRuns: 30 },
      );
    });
  },
);
