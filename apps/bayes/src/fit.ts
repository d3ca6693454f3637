/**
 * Fits a bound model in this thread: chains one after the other, draws of every reported value in flat arrays.
 */
import { compileDensity, compileOutputs } from "./compiled/compile.ts";
import { sizeOf } from "./graph/shape.ts";
import type { BoundModel } from "./model/model.ts";
import { Chain, type ChainOptions } from "./sampler/chain.ts";
import { type Summary, summarise } from "./summary/effective-sample-size.ts";

/** How to fit. */
export interface FitOptions extends ChainOptions {
  /** Default: 4. */
  readonly chains?: number;
  /** Draws kept of each chain. Default: 1000. */
  readonly draws?: number;
}

const DEFAULTS: Required<FitOptions> = {
  chains: 4,
  draws: 1000,
  warmUp: 1000,
  seed: 1,
  targetAcceptance: 0.8,
  maxDepth: 10,
  metric: "diagonal",
};

/** Draws of one quantity. */
export interface Quantity {
  /** `theta[1]`; elements are counted from 1. */
  readonly name: string;
  /** One array a chain. */
  readonly chains: readonly Float64Array[];
  readonly summary: Summary;
}

/** How one chain went: of each draw that was kept one number, and what was true for all of them. */
export interface ChainRecord {
  /** Of the dynamics, once warm-up was over. */
  readonly stepSize: number;
  /** 1 where the trajectory diverged. */
  readonly divergent: Uint8Array;
  /** Doublings of the trajectory. */
  readonly depth: Uint8Array;
  /** Gradients computed. */
  readonly steps: Uint32Array;
  /** Hamiltonian of the draw. */
  readonly energy: Float64Array;
  readonly logDensity: Float64Array;
  /** Mean acceptance probability along the trajectory, 0..1. */
  readonly acceptance: Float64Array;
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
}

/** A record for so many draws. */
function emptyRecord(draws: number, stepSize: number): ChainRecord {
  return {
    stepSize,
    divergent: new Uint8Array(draws),
    depth: new Uint8Array(draws),
    steps: new Uint32Array(draws),
    energy: new Float64Array(draws),
    logDensity: new Float64Array(draws),
    acceptance: new Float64Array(draws),
  };
}

/** Writes down how the newest draw of a chain came about. */
function recordDraw(record: ChainRecord, draw: number, { nuts, point }: Chain): void {
  const { transition } = nuts;
  record.divergent[draw] = transition.divergent ? 1 : 0;
  record.depth[draw] = transition.depth;
  record.steps[draw] = transition.steps;
  record.energy[draw] = transition.energy;
  record.logDensity[draw] = point.logDensity;
  record.acceptance[draw] = transition.acceptance;
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

/** Samples all chains. */
export function fit(model: BoundModel, options: FitOptions = {}): Fit {
  const settings = { ...DEFAULTS, ...options };
  const { chains, draws, maxDepth } = settings;
  const density = compileDensity(model.logDensity, model.dimension);
  const outputs = compileOutputs(
    model.reported.map(({ value }) => value),
    model.dimension,
  );
  const names = model.reported.flatMap(({ name, shape }) => elementNames(name, shape));
  const row = new Float64Array(names.length);
  const kept = names.map(() => Array.from({ length: chains }, () => new Float64Array(draws)));
  const records: ChainRecord[] = [];
  let [divergences, atMaxDepth, gradients, samplingMs] = [0, 0, 0, 0];
  for (let chain = 0; chain < chains; chain += 1) {
    const began = performance.now();
    const sampler = new Chain(density, chain, settings);
    while (!sampler.isWarm) {
      sampler.next();
      gradients += sampler.nuts.transition.steps;
    }
    const record = emptyRecord(draws, sampler.nuts.stepSize);
    records.push(record);
    for (let draw = 0; draw < draws; draw += 1) {
      sampler.next();
      recordDraw(record, draw, sampler);
      const { steps, depth, divergent } = sampler.nuts.transition;
      gradients += steps;
      divergences += divergent ? 1 : 0;
      atMaxDepth += depth >= maxDepth ? 1 : 0;
      outputs(sampler.point.position, row);
      for (const [index, byChain] of kept.entries()) {
        const values = byChain[chain];
        if (values) values[draw] = row[index] ?? Number.NaN;
      }
    }
    samplingMs += performance.now() - began;
  }
  const quantities = names.map((name, index) => {
    const values = kept[index] ?? [];
    return { name, chains: values, summary: summarise(values) };
  });
  return { model, settings, records, quantities, divergences, atMaxDepth, gradients, samplingMs };
}
