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

/** Draws of one quantity. */
export interface Quantity {
  /** `theta[1]`; elements are counted from 1. */
  readonly name: string;
  /** One array a chain. */
  readonly chains: readonly Float64Array[];
  readonly summary: Summary;
}

/** What a fit came to. */
export interface Fit {
  readonly quantities: readonly Quantity[];
  readonly divergences: number;
  /** Transitions that were cut at the greatest depth. */
  readonly atMaxDepth: number;
  readonly gradients: number;
  /** Time in which chains moved, without compilation and summary. */
  readonly samplingMs: number;
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
  const { chains = 4, draws = 1000, maxDepth = 10 } = options;
  const density = compileDensity(model.logDensity, model.dimension);
  const outputs = compileOutputs(
    model.reported.map(({ value }) => value),
    model.dimension,
  );
  const names = model.reported.flatMap(({ name, shape }) => elementNames(name, shape));
  const row = new Float64Array(names.length);
  const kept = names.map(() => Array.from({ length: chains }, () => new Float64Array(draws)));
  let [divergences, atMaxDepth, gradients, samplingMs] = [0, 0, 0, 0];
  for (let chain = 0; chain < chains; chain += 1) {
    const began = performance.now();
    const sampler = new Chain(density, chain, options);
    while (!sampler.isWarm) {
      sampler.next();
      gradients += sampler.nuts.transition.steps;
    }
    for (let draw = 0; draw < draws; draw += 1) {
      sampler.next();
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
  return { quantities, divergences, atMaxDepth, gradients, samplingMs };
}
