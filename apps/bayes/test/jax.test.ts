/** The jax-js backend, for real on WebAssembly: the same density and gradient, and nothing left behind. */
import * as jax from "@jax-js/jax";
import { ledger } from "plimsoll/scope";
import { beforeAll, describe, expect, it } from "vitest";
import {
  compileDensity,
  jaxDensity,
  logGamma,
  model,
  type Model,
  positive,
  poisson,
  gamma,
  integers,
} from "../src/index.ts";
import { autoregression } from "./models/autoregression.ts";
import { eightSchools } from "./models/eight-schools.ts";
import { kidScore } from "./models/kid-score.ts";
import { linearRegression } from "./models/linear-regression.ts";
import { normalMixture } from "./models/normal-mixture.ts";
import { readReference } from "./support/reference.ts";

beforeAll(async () => {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
});

const counts = model({
  data: { y: integers() },
  parameters: () => ({ rate: positive(), shape: positive() }),
  density({ rate, shape }, { y }, { follows, add }) {
    follows(rate, gamma(shape, 1));
    follows(y, poisson(rate));
    add(logGamma(shape).neg());
  },
});

const MODELS: readonly (readonly [string, Model, unknown])[] = [
  ["eight schools", eightSchools, readReference("eight_schools-eight_schools_noncentered").data],
  ["kid score", kidScore, readReference("kidiq-kidscore_momiq").data],
  ["autoregression", autoregression, readReference("arK-arK").data],
  ["linear regression", linearRegression, readReference("sblri-blr").data],
  ["mixture", normalMixture, readReference("low_dim_gauss_mix-low_dim_gauss_mix").data],
  ["counts", counts, { y: [0, 3, 2] }],
];

describe.each(MODELS)("%s", (_name, definition, data) => {
  it("has the density and the gradient of the compiled backend, to single precision", () => {
    const bound = definition.bind(data);
    const compiled = compileDensity(bound.logDensity, bound.dimension);
    using density = jaxDensity(jax, bound);
    const position = Float64Array.from({ length: bound.dimension }, (_, i) => 0.3 - 0.07 * i);
    const [expected, found] = [new Float64Array(bound.dimension), new Float64Array(bound.dimension)];
    const value = compiled.valueAndGradient(position, expected);
    // Sums over hundreds of terms lose two of the seven digits.
    const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 5e-5 * (1 + Math.abs(b));
    expect(density.valueAndGradient(position, found)).toSatisfy((each: number) => isNear(each, value));
    for (const [i, derivative] of expected.entries())
      expect(found[i]).toSatisfy((each: number) => isNear(each, derivative));
  });
});

it("keeps no array over 1,200 gradients, and none when it is disposed", () => {
  const before = ledger.live("jax-js");
  const bound = eightSchools.bind(MODELS[0]?.[2]);
  {
    using density = jaxDensity(jax, bound);
    const [position, gradient] = [new Float64Array(bound.dimension), new Float64Array(bound.dimension)];
    density.valueAndGradient(position, gradient);
    const first = ledger.live("jax-js");
    for (let call = 0; call < 1200; call += 1) density.valueAndGradient(position, gradient);
    expect(ledger.live("jax-js")).toBe(first);
  }
  expect(ledger.live("jax-js")).toBe(before);
});
