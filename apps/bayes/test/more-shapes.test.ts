/** Models of further shapes: their gradients against differences, and against jax-js. */
import * as jax from "@jax-js/jax";
import { describe, expect, it } from "vitest";
import { compileDensity, fit, jaxDensity, loadJax } from "../src/index.ts";
import { MORE_SHAPES } from "./models/more-shapes.ts";
import { expectGradientAt } from "./support/check-gradient.ts";

describe.each(MORE_SHAPES)("%s", (_name, definition, data) => {
  const bound = definition.bind(data);
  const compiled = compileDensity(bound.logDensity, bound.dimension);
  const positionOf = (start: number): Float64Array =>
    Float64Array.from({ length: bound.dimension }, (_, i) => start + 0.4 * Math.sin(1.3 * i));

  it.each([0.1, -0.3, 0.5])("has the gradient that differences give, from %d", (start) => {
    expectGradientAt(compiled, positionOf(start));
  });

  it("has the same gradient on jax-js", async () => {
    await loadJax();
    using density = jaxDensity(jax, bound);
    const [expected, found] = [new Float64Array(bound.dimension), new Float64Array(bound.dimension)];
    const value = compiled.valueAndGradient(positionOf(0.1), expected);
    const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3 * (1 + Math.abs(b));
    const onJax = density.valueAndGradient(positionOf(0.1), found);
    expect({ onJax, value }).toSatisfy(() => isNear(onJax, value));
    for (const [i, derivative] of expected.entries())
      expect({ i, derivative, found: found[i] }).toSatisfy(() => isNear(found[i] ?? Number.NaN, derivative));
  });

  it("is sampled", () => {
    const { quantities } = fit(bound, { chains: 1, warmUp: 60, draws: 20 });
    for (const { name, chains } of quantities)
      expect({ name, chains }).toSatisfy(() => chains.every((draws) => draws.every(Number.isFinite)));
  });
});
