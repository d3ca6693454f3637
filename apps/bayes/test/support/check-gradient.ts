/** Compares a compiled gradient with central differences. */
import { expect } from "vitest";
import { compileDensity, type Value } from "../../src/index.ts";
import { record } from "../../src/graph/value.ts";

/** A slice of the unconstrained parameters. */
export function parameter(offset: number, ...shape: number[]): Value {
  return record({ kind: "parameter", offset }, [], shape);
}

const STEP = 1e-5;

/** Expects each derivative to be what differences say, to six digits. */
export function expectGradient(density: Value, position: readonly number[]): void {
  const compiled = compileDensity(density, position.length);
  const gradient = new Float64Array(position.length);
  const value = compiled.valueAndGradient(Float64Array.from(position), gradient);
  expect(value).toSatisfy(Number.isFinite);
  const moved = (index: number, by: number): number =>
    compiled.value(Float64Array.from(position, (each, i) => (i === index ? each + by : each)));
  const differences = position.map((_, index) => (moved(index, STEP) - moved(index, -STEP)) / (2 * STEP));
  for (const [index, difference] of differences.entries()) {
    const error = Math.abs((gradient[index] ?? Number.NaN) - difference) / (1 + Math.abs(difference));
    expect(error).toBeLessThan(1e-6);
  }
}
