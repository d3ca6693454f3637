/** InferenceData as ArviZ's `from_json` takes it: groups of variables, each by chain, draw and its own dimensions. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { fit, model, normal, real, toInferenceData, vector, writeInferenceData } from "../../src/index.ts";
import { makeFit } from "./made-fit.ts";

const directory = mkdtempSync(join(tmpdir(), "bayes-report-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Nested = number | boolean | readonly Nested[];
interface InferenceData {
  readonly posterior: Readonly<Record<string, Nested>>;
  readonly posterior_attrs: Readonly<Record<string, unknown>>;
  readonly sample_stats: Readonly<Record<string, Nested>>;
  readonly observed_data: Readonly<Record<string, Nested>>;
  readonly constant_data: Readonly<Record<string, Nested>>;
  readonly coords: Readonly<Record<string, readonly number[]>>;
  readonly dims: Readonly<Record<string, readonly string[]>>;
}

const read = (pieces: Iterable<string>): InferenceData => JSON.parse([...pieces].join("")) as InferenceData;

/** Lengths of a rectangular array; arrays that are ragged are an error. */
function shapeOf(value: Nested): number[] {
  if (typeof value !== "object") return [];
  const shapes = value.map(shapeOf);
  for (const shape of shapes) expect(shape).toEqual(shapes[0]);
  return [value.length, ...(shapes[0] ?? [])];
}

const shapesOf = (variables: Readonly<Record<string, Nested>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, shapeOf(value)]));

describe("InferenceData", () => {
  it("has the groups, names and dimensions of the schema", () => {
    const data = read(toInferenceData(makeFit({ draws: [30, 30], divergentEvery: 10 })));
    expect(shapesOf(data.posterior)).toEqual({ mu: [2, 30], sigma: [2, 30], theta: [2, 30, 3] });
    const names = "lp acceptance_rate diverging energy n_steps reached_max_treedepth step_size tree_depth".split(" ");
    expect(shapesOf(data.sample_stats)).toEqual(Object.fromEntries(names.map((name) => [name, [2, 30]])));
    const flags = Array.from({ length: 30 }, (_, i) => i % 10 === 0);
    expect(data.sample_stats.diverging).toEqual([flags, flags]);
    expect(data.observed_data).toEqual({ y: [3, 4] });
    expect(data.constant_data).toEqual({ x: [1, 2] });
    expect([data.dims, data.coords]).toEqual([{ theta: ["theta_dim_0"] }, { theta_dim_0: [1, 2, 3] }]);
    expect(data.posterior_attrs).toMatchObject({
      inference_library: "@plimsoll/bayes",
      inference_library_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      sampled_variables: ["mu", "sigma", "theta"],
      draws_of_chains: [30, 30],
    });
  });

  it("keeps every draw to the last digit, matrices row by row", () => {
    const bound = model({
      data: { y: vector() },
      parameters: () => ({ w: real(2, 3) }),
      density: ({ w }, { y }, { follows }) => {
        follows(w, normal(0, 1));
        follows(y, normal(w.sum(), 1));
      },
    }).bind({ y: [1] });
    const fitted = fit(bound, { chains: 2, draws: 5, warmUp: 20 });
    const drawOf = (index: number): number | undefined => fitted.quantities[index]?.chains[1]?.[3];
    expect(read(toInferenceData(fitted)).posterior.w).toHaveProperty("[1][3]", [
      [drawOf(0), drawOf(1), drawOf(2)],
      [drawOf(3), drawOf(4), drawOf(5)],
    ]);
  });

  it("is rectangular whatever was kept of a fit", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 5 }), (draws) => {
        const { posterior, sample_stats } = read(toInferenceData(makeFit({ draws })));
        const longest = Math.max(0, ...draws);
        const kept = draws.filter((each) => each >= Math.max(4, longest / 2));
        const expected = kept.length === 0 ? undefined : [kept.length, Math.min(...kept)];
        expect(shapesOf(posterior).mu).toEqual(expected);
        expect(shapesOf(sample_stats).energy).toEqual(expected);
      }),
    );
  });

  it("writes what is not finite as Python does", () => {
    const made = makeFit({ draws: [8, 8] });
    made.quantities[0]?.chains[0]?.set([Number.NaN, Infinity, -Infinity]);
    expect([...toInferenceData(made)].join("")).toContain(`{"mu":[[NaN,Infinity,-Infinity,`);
  });

  it("is written in pieces, and is there whole or not at all", async () => {
    const made = makeFit({ draws: [2000, 2000], size: 20 });
    const pieces = [...toInferenceData(made)];
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(80_000);
    await writeInferenceData(made, join(directory, "fit.json"));
    expect(readdirSync(directory)).toEqual(["fit.json"]);
    expect(read([readFileSync(join(directory, "fit.json"), "utf8")]).posterior).toEqual(read(pieces).posterior);
  });
});
