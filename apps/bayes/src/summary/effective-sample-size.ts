/**
 * How well chains have mixed and how much their draws are worth: rank-normalised split R-hat, bulk and tail effective
 * sample size, Monte Carlo standard error (A. Vehtari et al., Rank-normalization, folding, and localization, Bayesian
 * Analysis 16, 2021).
 */
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { autocovarianceOf } from "./autocovariance.ts";

/** Draws of one quantity, a list a chain. */
export type Chains = readonly ArrayLike<number>[];

/** Fewer draws in a chain say nothing of how it mixes. */
const FEWEST_DRAWS = 4;

/** Chains with fewer draws than this are not compared with the others. */
export function fewestDraws(chains: readonly ArrayLike<unknown>[]): number {
  return Math.max(FEWEST_DRAWS, Math.max(0, ...chains.map(({ length }) => length)) / 2);
}

/**
 * Chains that can be compared: R-hat and effective sample size need one length. Where a fit was stopped, chains with
 * less than half of the longest one's draws are left out, and the others cut to the shortest of them.
 */
export function comparable<T extends ArrayLike<unknown>>(
  chains: readonly T[],
): { chains: readonly T[]; draws: number } {
  const fewest = fewestDraws(chains);
  const kept = chains.filter(({ length }) => length >= fewest);
  return { chains: kept, draws: kept.length > 0 ? Math.min(...kept.map(({ length }) => length)) : 0 };
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] ?? 0;
  return sum / values.length;
};

const variance = (values: ArrayLike<number>): number => {
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += ((values[i] ?? 0) - center) ** 2;
  return values.length > 1 ? sum / (values.length - 1) : Number.NaN;
};

/** Halves each chain, so that a drift within one counts as well. */
function split(all: Chains): Float64Array[] {
  const { chains, draws } = comparable(all);
  const half = Math.floor(draws / 2);
  return chains.flatMap((chain) => {
    const values = Float64Array.from(chain).subarray(0, draws);
    return [values.subarray(0, half), values.subarray(draws - half)];
  });
}

function sortAll(chains: Chains): Float64Array {
  const all = new Float64Array(chains.reduce((total, { length }) => total + length, 0));
  let place = 0;
  for (const chain of chains) {
    all.set(chain, place);
    place += chain.length;
  }
  return all.sort();
}

/** How many of sorted values are below a value, or at most equal to it. */
function countBelow(sorted: Float64Array, value: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const each = sorted[middle] ?? Number.NaN;
    if (each < value || (orEqual && each === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ranks over all chains, from 1; equal values get their mean rank. */
export function ranks(chains: Chains): Float64Array[] {
  const sorted = sortAll(chains);
  return chains.map((chain) =>
    Float64Array.from(chain, (value) => {
      const below = countBelow(sorted, value, false);
      const isAlone = sorted[below + 1] !== value;
      return isAlone ? below + 1 : (below + 1 + countBelow(sorted, value, true)) / 2;
    }),
  );
}

/** Normal scores of the ranks (Blom's). */
function rankNormalise(chains: Chains): Float64Array[] {
  const total = chains.reduce((sum, { length }) => sum + length, 0);
  return ranks(chains).map((each) => each.map((rank) => normalQuantile((rank - 3 / 8) / (total + 1 / 4), 0, 1)));
}

function plainRHat(chains: Chains): number {
  if (chains.length === 0) return Number.NaN;
  const n = chains[0]?.length ?? 0;
  const within = mean(chains.map(variance));
  const between = variance(chains.map(mean));
  return Math.sqrt((n - 1) / n + between / within);
}

/** Potential scale reduction: the worse of bulk and tails. Near 1, below 1.01, where chains agree. */
export function rHat(chains: Chains): number {
  const halves = split(chains);
  const center = quantileOf(sortAll(halves), 0.5);
  const folded = halves.map((half) => half.map((value) => Math.abs(value - center)));
  return Math.max(plainRHat(rankNormalise(halves)), plainRHat(rankNormalise(folded)));
}

/** Effective sample size by Geyer's initial monotone sequence over all chains. */
function plainEss(chains: Chains): number {
  const n = chains[0]?.length ?? 0;
  const total = n * chains.length;
  const means = chains.map(mean);
  const within = mean(chains.map(variance));
  const spread = (within * (n - 1)) / n + (chains.length > 1 ? variance(means) : 0);
  if (!(spread > 0)) return Number.NaN;
  const covariances = chains.map((chain, c) => autocovarianceOf(chain, means[c] ?? 0));
  const correlation = (lag: number): number => {
    const covariance = mean(covariances.map((at) => at(lag)));
    return 1 - (within - (covariance * n) / (n - 1)) / spread;
  };
  let sum = -1;
  let last = Number.POSITIVE_INFINITY;
  for (let lag = 0; lag + 1 < n; lag += 2) {
    const pair = (lag === 0 ? 1 : correlation(lag)) + correlation(lag + 1);
    if (pair < 0) break;
    last = Math.min(last, pair);
    sum += 2 * last;
  }
  return total / Math.max(sum, 1 / Math.log10(total));
}

/** Effective sample size of the centre of the distribution. */
export function bulkEss(chains: Chains): number {
  return plainEss(rankNormalise(split(chains)));
}

/** Effective sample size of the 5 % and 95 % quantiles: the worse. */
export function tailEss(chains: Chains): number {
  const halves = split(chains);
  const sorted = sortAll(halves);
  const below = (q: number): number => {
    const limit = quantileOf(sorted, q);
    return plainEss(halves.map((half) => half.map((value) => (value <= limit ? 1 : 0))));
  };
  return Math.min(below(0.05), below(0.95));
}

/** Effective sample size of the mean itself, which its standard error needs. */
export function meanEss(chains: Chains): number {
  return plainEss(split(chains));
}

/** Linear interpolation between order statistics. */
export function quantile(values: ArrayLike<number>, q: number): number {
  return quantileOf(sortAll([values]), q);
}

function quantileOf(sorted: Float64Array, q: number): number {
  const place = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place - Math.floor(place));
}

/** One quantity in figures. */
export interface Summary {
  readonly mean: number;
  readonly sd: number;
  /** Monte Carlo standard error of the mean. */
  readonly mcse: number;
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  readonly bulkEss: number;
  readonly tailEss: number;
  readonly rHat: number;
}

/** Sums up the draws of one quantity. Figures that the draws are too few for are NaN. */
export function summarise(chains: Chains): Summary {
  const sorted = sortAll(chains);
  const sd = Math.sqrt(variance(sorted));
  return {
    mean: mean(sorted),
    sd,
    mcse: sd / Math.sqrt(meanEss(chains)),
    q5: quantileOf(sorted, 0.05),
    q50: quantileOf(sorted, 0.5),
    q95: quantileOf(sorted, 0.95),
    bulkEss: bulkEss(chains),
    tailEss: tailEss(chains),
    rHat: rHat(chains),
  };
}
