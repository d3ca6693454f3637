/**
 * Fits a bound model in this thread: chains one after the other, draws of every reported value in flat arrays.
 */
import { compileDensity, compileOutputs } from "./compiled/compile.ts";
import { BayesError } from "./errors.ts";
import { sizeOf } from "./graph/shape.ts";
import { jaxEngine } from "./jax/engine.ts";
import type { BoundModel } from "./model/model.ts";
import { CHAIN_DEFAULTS, type ChainOptions } from "./sampler/chain.ts";
import { ChainDraws, type ChainRecord, type DrawsShape } from "./sampler/chain-draws.ts";
import { ChainRun, type Engine } from "./sampler/chain-run.ts";
import { type Summary, summarise } from "./summary/effective-sample-size.ts";

export type { ChainRecord } from "./sampler/chain-draws.ts";

/** How to fit. */
export interface FitOptions extends ChainOptions {
  /** Default: 4. */
  readonly chains?: number;
  /** Draws kept of each chain. Default: 1000. */
  readonly draws?: number;
  /** What computes the density: compiled code, or jax-js once {@link loadJax} was awaited. Default: `compiled`. */
  readonly backend?: Backend;
}

/** What can compute a density. */
export type Backend = "compiled" | "jax";

/** What is fitted with when nothing else is asked for. */
const DEFAULTS: Required<FitOptions> = { chains: 4, draws: 1000, backend: "compiled", ...CHAIN_DEFAULTS };

/** Draws of one quantity. */
export interface Quantity {
  /** `theta[1]`; elements are counted from 1. */
  readonly name: string;
  /** One array a chain; of a fit that was stopped they differ in length. */
  readonly chains: readonly Float64Array[];
  readonly summary: Summary;
}

/** A parameter that went further than a proper posterior lets it. */
export interface Runaway {
  /** Of the parameter. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Name of its constraint: `positive`. */
  readonly constraint: string;
  /** Largest absolute value, before the constraint. */
  readonly extent: number;
}

/** What a fit came to. */
export interface Fit {
  readonly model: BoundModel;
  /** What was asked for, defaults included. */
  readonly settings: Required<FitOptions>;
  /** One record a chain. */
  readonly records: readonly ChainRecord[];
  readonly quantities: readonly Quantity[];
  readonly divergences: number;
  /** Transitions that were cut at the greatest depth. */
  readonly atMaxDepth: number;
  readonly gradients: number;
  /** Time in which chains moved, without compilation and summary. */
  readonly samplingMs: number;
  /** Parameters that ran off: the posterior is most likely improper, or nearly so. */
  readonly runaways: readonly Runaway[];
}

/** Limits of the options: whole numbers, or open intervals. */
const LIMITS: Readonly<Record<string, { from: number; to: number; isWhole: boolean }>> = {
  chains: { from: 1, to: 1000, isWhole: true },
  draws: { from: 1, to: 1e9, isWhole: true },
  warmUp: { from: 0, to: 1e9, isWhole: true },
  seed: { from: 0, to: 2 ** 32 - 2, isWhole: true },
  maxDepth: { from: 1, to: 20, isWhole: true },
  targetAcceptance: { from: 0, to: 1, isWhole: false },
  pathLength: { from: 0, to: Infinity, isWhole: false },
};

/**
 * Adds defaults to options.
 *
 * @throws BayesError `ERR_BAYES_OPTION` that names the option and its limits.
 */
export function settle(options: FitOptions): Required<FitOptions> {
  const settings = { ...DEFAULTS, ...options };
  for (const [name, value] of Object.entries(settings)) {
    const limits = LIMITS[name];
    if (!limits) continue;
    const { from, to, isWhole } = limits;
    const isRight =
      typeof value === "number" &&
      (isWhole ? Number.isInteger(value) && value >= from && value <= to : value > from && value < to);
    const wanted = isWhole ? `a whole number from ${from} to ${to}` : `a number above ${from} and below ${to}`;
    if (!isRight) throw new BayesError("ERR_BAYES_OPTION", `${name} must be ${wanted}, but is ${value}`, { name });
  }
  if (!["compiled", "jax"].includes(settings.backend))
    throw new BayesError("ERR_BAYES_OPTION", `backend must be compiled or jax, but is ${settings.backend}`);
  return settings;
}

/** `theta[2,1]`: names of the elements of a value, row by row. */
export function elementNames(name: string, shape: readonly number[]): string[] {
  if (shape.length === 0) return [name];
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    let rest = flat;
    const indexes = shape.toReversed().map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index + 1;
    });
    return `${name}[${indexes.reverse().join(",")}]`;
  });
}

/** How many numbers the draws of a model have. */
export function drawsShape({ reported, dimension }: BoundModel, draws: number): DrawsShape {
  return { draws, quantities: reported.reduce((sum, { shape }) => sum + sizeOf(shape), 0), dimension };
}

/** Compiles what a chain runs on. */
export function compiledEngine({ logDensity, dimension, reported }: BoundModel): Engine {
  return {
    density: compileDensity(logDensity, dimension),
    outputs: compileOutputs(
      reported.map(({ value }) => value),
      dimension,
    ),
  };
}

/** Prepares the backend that was asked for; disposed when the fit is done. */
export function openEngine(model: BoundModel, backend: Backend): Engine & Disposable {
  return backend === "jax" ? jaxEngine(model) : { ...compiledEngine(model), [Symbol.dispose]: () => undefined };
}

/** Sums the draws of all chains up. */
export function conclude(model: BoundModel, settings: Required<FitOptions>, chains: readonly ChainDraws[]): Fit {
  const names = model.reported.flatMap(({ name, shape }) => elementNames(name, shape));
  const total = (count: (draws: ChainDraws) => number): number => chains.reduce((sum, each) => sum + count(each), 0);
  const atMaxDepth = total((draws) => draws.atMaxDepth);
  return {
    model,
    settings,
    records: chains.map((draws) => draws.record()),
    quantities: names.map((name, index) => {
      const values = chains.map((draws) => draws.column(index));
      return { name, chains: values, summary: summarise(values) };
    }),
    divergences: total((draws) => draws.divergences),
    atMaxDepth,
    gradients: total((draws) => draws.gradients),
    samplingMs: total((draws) => draws.samplingMs),
    runaways: findRunaways(model, chains, atMaxDepth / total((draws) => draws.kept)),
  };
}

/** Beyond this a number is no estimate of anything. */
const FAR = 1e9;
/** Beyond this it has run off where trajectories do not turn back either. */
const FAR_FOR_STRAIGHT_PATHS = 1e4;
/** The same where a constraint takes the exponential: e^200 is about 1e87, and e^-200 is 0 for every purpose. */
const FAR_FOR_EXPONENTS = 200;
/** Constraints that leave a number, or the first of several, as it is. */
const LINEAR = /\b(real|ordered|sumToZero)\b/;

function findRunaways(
  { parameters }: BoundModel,
  chains: readonly ChainDraws[],
  shareAtMaxDepth: number,
): readonly Runaway[] {
  const limit = shareAtMaxDepth > 0.5 ? FAR_FOR_STRAIGHT_PATHS : FAR;
  return parameters.flatMap(({ name, shape, constraint, offset, size }) => {
    const extents = chains.flatMap((draws) => Array.from(draws.extent.subarray(offset, offset + size)));
    const ownLimit = LINEAR.test(constraint) ? limit : FAR_FOR_EXPONENTS;
    const extent = extents.find((each) => !(each <= ownLimit));
    return extent === undefined ? [] : [{ name, shape, constraint, extent }];
  });
}

/**
 * Samples all chains, in this thread.
 *
 * @throws BayesError `ERR_BAYES_OPTION`, or `ERR_BAYES_START` where no start with a finite density is found.
 */
export function fit(model: BoundModel, options: FitOptions = {}): Fit {
  const settings = settle(options);
  using engine = openEngine(model, settings.backend);
  const shape = drawsShape(model, settings.draws);
  const chains = Array.from({ length: settings.chains }, (_, index) => {
    const draws = new ChainDraws(shape, new ArrayBuffer(ChainDraws.bytesOf(shape)));
    new ChainRun(model, engine, { index, draws, settings }).advance(Infinity);
    return draws;
  });
  return conclude(model, settings, chains);
}
