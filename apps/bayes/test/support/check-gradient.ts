/** Compares a compiled gradient with central differences. */
import { expect } from "vitest";
import { type CompiledDensity, compileDensity, type Value } from "../../src/index.ts";
import { record } from "../../src/graph/value.ts";

/** A slice of the unconstrained parameters. */
export function parameter(offset: number, ...shape: number[]): Value {
  return record({ kind: "parameter", offset }, [], shape);
}

/** Expects each derivative to be what differences say, to six digits. */
export function expectGradient(density: Value, position: readonly number[]): void {
  expectGradientAt(compileDensity(density, position.length), Float64Array.from(position));
}

const STEP = 1e-5;

/**
 * Expects derivatives to be what differences say, to six digits, or as near as rounding of a large density lets
 * differences come: that of each parameter up to a hundred, then of every so many.
 */
export function expectGradientAt(density: CompiledDensity, position: Float64Array): void {
  const gradient = new Float64Array(position.length);
  const value = density.valueAndGradient(position, gradient);
  expect(value).toSatisfy(Number.isFinite);
  const moved = (index: number, by: number): number =>
    density.value(position.map((each, i) => (i === index ? each + by : each)));
  const rounding = (Math.abs(value) * 1e-15) / STEP;
  const stride = Math.ceil(position.length / 100);
  for (let index = 0; index < position.length; index += stride) {
    const difference = (moved(index, STEP) - moved(index, -STEP)) / (2 * STEP);
    const error = Math.abs((gradient[index] ?? Number.NaN) - difference) / (1 + Math.abs(difference));
    expect({ index, difference, gradient: gradient[index], error }).toSatisfy(() => error < 1e-6 + 10 * rounding);
  }
}
