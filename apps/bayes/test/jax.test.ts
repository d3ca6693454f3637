/** The jax-js backend, for real on WebAssembly: the same density and gradient, and nothing left behind. */
import * as jax from "@jax-js/jax";
import { adopt, jaxArrays, ledger } from "plimsoll/scope";
import { beforeAll, describe, expect, it } from "vitest";
import { ELEMENTWISE, type Elementwise, type ElementwiseName } from "../src/graph/elementwise.ts";
import { elementwise } from "../src/graph/value.ts";
import {
  type BoundModel,
  compileDensity,
  type Fit,
  fit,
  loadJax,
  interval,
  jaxDensity,
  logGamma,
  model,
  type Model,
  positive,
  poisson,
  gamma,
  integers,
  scan,
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

/** Expects both backends to agree, with a relative error at most. */
function expectSame(bound: BoundModel, error: number): void {
  const compiled = compileDensity(bound.logDensity, bound.dimension);
  using density = jaxDensity(jax, bound);
  const position = Float64Array.from({ length: bound.dimension }, (_, i) => 0.3 - 0.07 * i);
  const [expected, found] = [new Float64Array(bound.dimension), new Float64Array(bound.dimension)];
  const value = compiled.valueAndGradient(position, expected);
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) < error * (1 + Math.abs(b));
  expect(density.valueAndGradient(position, found)).toSatisfy((each: number) => isNear(each, value));
  for (const [i, derivative] of expected.entries())
    expect(found[i]).toSatisfy((each: number) => isNear(each, derivative));
}

const arityOf = (name: string): number =>
  new Map<string, Elementwise>(Object.entries(ELEMENTWISE)).get(name)?.arity ?? 0;

describe.each(MODELS)("%s", (_name, definition, data) => {
  it("has the density and the gradient of the compiled backend, to single precision", () => {
    // Sums over hundreds of terms lose two of the seven digits.
    expectSame(definition.bind(data), 5e-5);
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

describe("the gradient on jax-js of", () => {
  it.each(Object.keys(ELEMENTWISE))("%s is that of the compiled backend", (name) => {
    const bound = model({
      data: {},
      parameters: () => ({ x: interval(0.2, 0.9, 3), y: interval(0.2, 1.5) }),
      density({ x, y }, _data, { add }) {
        const all = name === "log1mExp" ? [x.neg(), y] : [x, y];
        add(elementwise(name as ElementwiseName, ...all.slice(0, arityOf(name))).mul([1, -2, 3]));
      },
    }).bind({});
    expectSame(bound, 1e-4);
  });
});

it("names the model that is too long, and runs on after it", () => {
  const before = ledger.live("jax-js");
  const long = model({
    name: "long loop",
    data: {},
    parameters: () => ({ x: positive() }),
    density: ({ x }, _data, { add }) =>
      add(scan([x], [new Array<number>(20_000).fill(1)], ([level], [each]) => ({ state: [level.mul(each)] })).state[0]),
  });
  {
    using density = jaxDensity(jax, long.bind({}));
    expect(() => density.valueAndGradient(new Float64Array(1), new Float64Array(1))).toThrow(
      /^long loop cannot run on jax-js: it has more steps in a row/,
    );
  }
  expect(ledger.live("jax-js")).toBe(before);
});

it("lets two densities live side by side, also where the program has adopted jax-js itself", () => {
  using _adoption = adopt(jaxArrays(jax));
  const [first, second] = [MODELS[0], MODELS[1]].map((each) => each?.[1].bind(each[2]));
  if (!first || !second) throw new Error("two models are needed");
  {
    using one = jaxDensity(jax, first);
    using other = jaxDensity(jax, second);
    for (const density of [one, other, one]) {
      const gradient = new Float64Array(density.dimension);
      expect(density.valueAndGradient(new Float64Array(density.dimension), gradient)).toSatisfy(Number.isFinite);
    }
  }
  expect(ledger.live("jax-js")).toBe(0);
});

it("fits a whole model when it is asked for, and leaves no array", async () => {
  const [, eight, data] = MODELS[0] ?? [];
  if (!eight) throw new Error("a model is needed");
  await loadJax();
  const before = ledger.live("jax-js");
  const options = { chains: 2, warmUp: 150, draws: 150, seed: 3 };
  const [onJax, compiled] = [fit(eight.bind(data), { ...options, backend: "jax" }), fit(eight.bind(data), options)];
  const meanOf = ({ quantities }: Fit): number =>
    quantities.find(({ name }) => name === "mu")?.summary.mean ?? Number.NaN;
  expect(Math.abs(meanOf(onJax) - meanOf(compiled))).toBeLessThan(1);
  expect(ledger.live("jax-js")).toBe(before);
});
