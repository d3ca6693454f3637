/**
 * A fit as ArviZ's InferenceData in JSON, in the layout that `arviz.from_json` reads and `InferenceData.to_json` writes:
 * each variable by chain, draw and its own dimensions. It is made piece by piece: however long the fit, no more than
 * one draw's text is in memory.
 */
import { createWriteStream, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Fit, Quantity } from "../fit.ts";
import { sizeOf } from "../graph/shape.ts";
import { comparable } from "../summary/effective-sample-size.ts";
import { drawsOf } from "./verdict.ts";

/** What a variable is at a draw of a chain, as JSON. */
type Variable = (chain: number, draw: number) => string;

/** Pieces are gathered up to this length before they are handed on. */
const PIECE = 1 << 16;

/**
 * The JSON of a fit, in pieces. Chains have one length in it: of a fit that was stopped, those with less than half of the
 * longest one's draws are left out and the others cut to the shortest (`draws_of_chains` says what there was). Numbers
 * that are not finite are written as Python does: `NaN`, `Infinity`.
 */
export function* toInferenceData(fit: Fit): Generator<string> {
  let piece = "";
  for (const text of write(fit)) {
    piece += text;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

/**
 * Writes a fit for ArviZ. The file is there whole or not at all.
 *
 * @param file - path of the JSON file; one that exists is replaced.
 */
export async function writeInferenceData(fit: Fit, file: string): Promise<void> {
  const part = `${file}.part`;
  await pipeline(Readable.from(toInferenceData(fit)), createWriteStream(part, { mode: 0o600 }));
  await rename(part, file);
}

function* write(fit: Fit): Generator<string> {
  const { model, settings, samplingMs } = fit;
  const chains = keptChains(fit);
  const parameters = model.reported.filter(({ isDerived }) => !isDerived).map(({ name }) => name);
  const attributes = {
    created_at: new Date().toISOString(),
    inference_library: "@plimsoll/bayes",
    inference_library_version: readVersion(),
    model_name: model.name,
    sampling_time: samplingMs / 1000,
    tuning_steps: settings.warmUp,
    seed: settings.seed,
    target_accept: settings.targetAcceptance,
    max_treedepth: settings.maxDepth,
    metric: settings.metric,
    draws_of_chains: drawsOf(fit),
  };
  const [observed, constant] = [true, false].map((isObserved) =>
    Object.fromEntries(Object.entries(model.data).filter(([name]) => model.observed.includes(name) === isObserved)),
  );
  yield `{"posterior":`;
  yield* group(posteriorOf(fit, chains), chains);
  yield `,"posterior_attrs":${JSON.stringify({ ...attributes, sampled_variables: parameters })}`;
  yield `,"sample_stats":`;
  yield* group(statisticsOf(fit, chains), chains);
  yield `,"sample_stats_attrs":${JSON.stringify(attributes)}`;
  if (observed && Object.keys(observed).length > 0) yield `,"observed_data":${JSON.stringify(observed)}`;
  if (constant && Object.keys(constant).length > 0) yield `,"constant_data":${JSON.stringify(constant)}`;
  yield `,"coords":${JSON.stringify(coordinatesOf(fit))},"dims":${JSON.stringify(dimensionsOf(fit))}}\n`;
}

/** Of the package: two folders up, from source as from what was built. */
function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

interface Kept {
  readonly indexes: readonly number[];
  readonly draws: number;
}

function keptChains({ records }: Fit): Kept {
  const flags = records.map(({ divergent }) => divergent);
  const { chains, draws } = comparable(flags);
  return { indexes: chains.map((chain) => flags.indexOf(chain)), draws };
}

function* group(variables: ReadonlyMap<string, Variable>, { indexes, draws }: Kept): Generator<string> {
  let isFirst = true;
  for (const [name, at] of variables) {
    yield `${isFirst ? "{" : ","}${JSON.stringify(name)}:[`;
    isFirst = false;
    for (const [place, chain] of indexes.entries()) {
      yield place === 0 ? "[" : ",[";
      for (let draw = 0; draw < draws; draw += 1) yield `${draw === 0 ? "" : ","}${at(chain, draw)}`;
      yield "]";
    }
    yield "]";
  }
  yield isFirst ? "{}" : "}";
}

/** Values of the model by name; vectors and matrices are put together again from their elements. */
function posteriorOf({ model, quantities }: Fit, { indexes }: Kept): Map<string, Variable> {
  let from = 0;
  const variables = new Map<string, Variable>();
  if (indexes.length === 0) return variables;
  for (const { name, shape } of model.reported) {
    const elements = quantities.slice(from, from + sizeOf(shape));
    from += elements.length;
    variables.set(name, (chain, draw) => nested(elements, shape, chain, draw));
  }
  return variables;
}

function nested(elements: readonly Quantity[], shape: readonly number[], chain: number, draw: number): string {
  const texts = elements.map(({ chains }) => numberText(chains[chain]?.[draw] ?? Number.NaN));
  return (
    shape.reduceRight<string[]>((inner, length) => {
      return Array.from(
        { length: inner.length / length },
        (_, i) => `[${inner.slice(i * length, (i + 1) * length).join(",")}]`,
      );
    }, texts)[0] ?? "[]"
  );
}

function statisticsOf({ records, settings }: Fit, { indexes }: Kept): Map<string, Variable> {
  const numbers = (of: (record: Fit["records"][number]) => ArrayLike<number>): Variable => {
    const byChain = records.map(of);
    return (chain, draw) => numberText(byChain[chain]?.[draw] ?? Number.NaN);
  };
  const claim =
    (holds: (record: Fit["records"][number], draw: number) => boolean): Variable =>
    (chain, draw) => {
      const record = records[chain];
      return String(record !== undefined && holds(record, draw));
    };
  const variables = new Map<string, Variable>([
    ["lp", numbers(({ logDensity }) => logDensity)],
    ["acceptance_rate", numbers(({ acceptance }) => acceptance)],
    ["diverging", claim(({ divergent }, draw) => divergent[draw] === 1)],
    ["energy", numbers(({ energy }) => energy)],
    ["n_steps", numbers(({ steps }) => steps)],
    ["reached_max_treedepth", claim(({ depth }, draw) => (depth[draw] ?? 0) >= settings.maxDepth)],
    ["step_size", (chain) => numberText(records[chain]?.stepSize ?? Number.NaN)],
    ["tree_depth", numbers(({ depth }) => depth)],
  ]);
  return indexes.length === 0 ? new Map() : variables;
}

const dimension = (name: string, axis: number): string => `${name}_dim_${axis}`;

function dimensionsOf({ model }: Fit): Record<string, string[]> {
  const arrays = model.reported.filter(({ shape }) => shape.length > 0);
  return Object.fromEntries(arrays.map(({ name, shape }) => [name, shape.map((_, axis) => dimension(name, axis))]));
}

/** Elements are counted from 1, as in the summary. */
function coordinatesOf({ model }: Fit): Record<string, number[]> {
  const axes = model.reported.flatMap(({ name, shape }) =>
    shape.map((length, axis) => [dimension(name, axis), Array.from({ length }, (_, i) => i + 1)] as const),
  );
  return Object.fromEntries(axes);
}

function numberText(value: number): string {
  return Number.isNaN(value) || Number.isFinite(value) ? String(value) : value > 0 ? "Infinity" : "-Infinity";
}
