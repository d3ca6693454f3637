/** Models of many shapes on jax-js: the density and gradient of the compiled backend, and no array left. */
import * as jax from "@jax-js/jax";
import { ledger } from "plimsoll/scope";
import { beforeAll, expect, it } from "vitest";
import { compileDensity, jaxDensity } from "../src/index.ts";
import { LATENT } from "./models/latent.ts";
import { MATRICES } from "./models/matrices.ts";
import { REGRESSIONS } from "./models/regressions.ts";
import { TIME_SERIES } from "./models/time-series.ts";
import { dataOf } from "./support/model-case.ts";

beforeAll(async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
});

/** Steps of a loop are traced one by one. */
const SHORT = 8;

it.each([...REGRESSIONS, ...TIME_SERIES, ...LATENT, ...MATRICES])("$name", (each) => {
  const before = ledger.live("jax-js");
  const bound = each.model.bind(dataOf(each, each.jaxSize ?? SHORT));
  const { dimension } = bound;
  const compiled = compileDensity(bound.logDensity, dimension);
  const position = Float64Array.from({ length: dimension }, (_, i) => 0.3 * Math.sin(i));
  const [expected, found] = [new Float64Array(dimension), new Float64Array(dimension)];
  const value = compiled.valueAndGradient(position, expected);
  {
    using density = jaxDensity(jax, bound);
    const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3 * (1 + Math.abs(b));
    expect(density.valueAndGradient(position, found)).toSatisfy((a: number) => isNear(a, value));
    for (const [i, derivative] of expected.entries()) expect(found[i]).toSatisfy((a: number) => isNear(a, derivative));
    const held = ledger.live("jax-js");
    for (let call = 0; call < 5; call += 1) density.valueAndGradient(position, found);
    expect(ledger.live("jax-js")).toBe(held);
  }
  expect(ledger.live("jax-js")).toBe(before);
});
