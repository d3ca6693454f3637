/**
 * How well chains have mixed and how much their draws are worth: rank-normalised split R-hat, bulk and tail effective
 * sample size, Monte Carlo standard error (A. Vehtari et al., Rank-normalization, folding, and localization, Bayesian
 * Analysis 16, 2021).
 */
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";

/** Draws of one quantity, a list a chain; all of one length. */
export type Chains = readonly ArrayLike<number>[];

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] ?? 0;
  return sum / values.length;
};

const variance = (values: ArrayLike<number>): number => {
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += ((values[i] ?? 0) - center) ** 2;
  return sum / (values.length - 1);
};

/** Halves each chain, so that a drift within one counts as well. */
function split(chains: Chains): number[][] {
  return chains.flatMap((chain) => {
    const half = Math.floor(chain.length / 2);
    const all = Array.from(chain);
    return [all.slice(0, half), all.slice(all.length - half)];
  });
}

/** Normal scores of the ranks over all chains (Blom's); equal values get their mean rank. */
function rankNormalise(chains: Chains): number[][] {
  const all = chains.flatMap((chain, c) => Array.from(chain, (value, i) => ({ value, c, i })));
  all.sort((a, b) => a.value - b.value);
  const scores = chains.map((chain) => new Array<number>(chain.length).fill(0));
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + 1 + to) / 2;
    const score = normalQuantile((rank - 3 / 8) / (all.length + 1 / 4), 0, 1);
    for (const { c, i } of all.slice(from, to)) {
      const chain = scores[c];
      if (chain) chain[i] = score;
    }
    from = to;
  }
  return scores;
}

function plainRHat(chains: Chains): number {
  const n = chains[0]?.length ?? 0;
  const within = mean(chains.map(variance));
  const between = variance(chains.map(mean));
  return Math.sqrt((n - 1) / n + between / within);
}

/** Potential scale reduction: the worse of bulk and tails. Near 1, below 1.01, where chains agree. */
export function rHat(chains: Chains): number {
  const halves = split(chains);
  const center = quantile(halves.flat(), 0.5);
  const folded = halves.map((half) => half.map((value) => Math.abs(value - center)));
  return Math.max(plainRHat(rankNormalise(halves)), plainRHat(rankNormalise(folded)));
}

/** Autocovariance at a lag, over the whole length. */
function autocovariance(chain: ArrayLike<number>, center: number, lag: number): number {
  let sum = 0;
  for (let i = 0; i + lag < chain.length; i += 1) sum += ((chain[i] ?? 0) - center) * ((chain[i + lag] ?? 0) - center);
  return sum / chain.length;
}

/** Effective sample size by Geyer's initial monotone sequence over all chains. */
function plainEss(chains: Chains): number {
  const n = chains[0]?.length ?? 0;
  const total = n * chains.length;
  const means = chains.map(mean);
  const within = mean(chains.map(variance));
  const spread = (within * (n - 1)) / n + (chains.length > 1 ? variance(means) : 0);
  if (!(spread > 0)) return Number.NaN;
  const correlation = (lag: number): number => {
    const covariance = mean(chains.map((chain, c) => autocovariance(chain, means[c] ?? 0, lag)));
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
  const all = halves.flat();
  const below = (q: number): number => {
    const limit = quantile(all, q);
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
  const sorted = Float64Array.from(values).sort();
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

/** Sums up the draws of one quantity. */
export function summarise(chains: Chains): Summary {
  const all = chains.flatMap((chain) => Array.from(chain));
  const sd = Math.sqrt(variance(all));
  return {
    mean: mean(all),
    sd,
    mcse: sd / Math.sqrt(meanEss(chains)),
    q5: quantile(all, 0.05),
    q50: quantile(all, 0.5),
    q95: quantile(all, 0.95),
    bulkEss: bulkEss(chains),
    tailEss: tailEss(chains),
    rHat: rHat(chains),
  };
}
