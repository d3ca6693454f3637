/** Code and memory of a compiled density: known before anything is taken, and no longer for longer data. */
import { expect, it } from "vitest";
import { compileDensity, model, predictArenaBytes, real, scan, type Value } from "../src/index.ts";
import { LATENT } from "./models/latent.ts";
import { MATRICES } from "./models/matrices.ts";
import { radon } from "./models/radon.ts";
import { REGRESSIONS } from "./models/regressions.ts";
import { TIME_SERIES } from "./models/time-series.ts";
import { expectGradient, parameter } from "./support/check-gradient.ts";
import { dataOf } from "./support/model-case.ts";

it.each([...REGRESSIONS, ...TIME_SERIES, ...LATENT, ...MATRICES, radon])(
  "the arena of $name is as predicted",
  (each) => {
    const { logDensity, dimension } = each.model.bind(dataOf(each));
    expect(compileDensity(logDensity, dimension).arenaBytes).toBe(predictArenaBytes(logDensity, dimension));
  },
);

const [regression, , garch] = [...REGRESSIONS.slice(0, 1), ...TIME_SERIES.slice(1, 3)];

it.each([regression, garch])("the code of $name is as long for 100 rows as for 20,000", (each) => {
  if (!each) throw new Error("a model is needed");
  const [short, long] = [100, 20_000].map((rows) => {
    const { logDensity, dimension } = each.model.bind(dataOf(each, rows));
    return compileDensity(logDensity, dimension);
  });
  // Places in the arena have more digits.
  expect(long?.codeCharacters).toBeLessThan(1.3 * (short?.codeCharacters ?? 0));
});

it("a loop of 50,000 steps has the right gradient", () => {
  const steps = Array.from({ length: 50_000 }, (_, i) => Math.sin(i));
  const { state } = scan([parameter(0)], [steps], ([level], [wave]) => ({
    state: [level.mul(0.99).add(parameter(1).mul(wave))],
  }));
  expectGradient(state[0].add(parameter(0)), [0.3, 0.7]);
});

it("a loop that the model writes out, of thousands of steps, is compiled all the same", () => {
  const waves = Array.from({ length: 4000 }, (_, i) => Math.cos(i));
  const written = model({
    data: {},
    parameters: () => ({ x: real() }),
    density({ x }, _data, { add }) {
      let level: Value = x;
      for (const wave of waves) level = level.mul(0.9).add(wave).square().mul(0.01);
      add(level.add(x.square()));
    },
  }).bind({});
  expectGradient(written.logDensity, [0.4]);
});
