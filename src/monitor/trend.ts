/**
 * Is a series of memory readings rising, how fast, and how sure is that? Robust rank statistics, since
 * readings saw-tooth and jump: the Theil-Sen slope (Sen, JASA 63, 1968) with its rank-based confidence
 * interval (Gilbert, Statistical Methods for Environmental Pollution Monitoring, 1987, 16.5.1), and the
 * Mann-Kendall test. Significance alone proves no leak: memory series are autocorrelated, so whoever
 * judges adds conditions on rate and deceleration and feeds floors, not raw readings.
 */

/** One reading of a series. */
export interface TrendPoint {
  /** Milliseconds; only differences matter. */
  readonly timeMs: number;
  /** The size then. */
  readonly bytes: number;
}

/** A robust slope with its 95 % confidence interval. */
export interface Slope {
  /** Median of all pairwise slopes, in bytes per second. */
  readonly bytesPerSecond: number;
  /** Lower end of the 95 % interval; minus infinity where there are too few points for one. */
  readonly lowerBytesPerSecond: number;
  /** Upper end of the 95 % interval; infinity where there are too few points for one. */
  readonly upperBytesPerSecond: number;
  /** Height of the line at the first point's time, in bytes: the median residual. */
  readonly interceptBytes: number;
  /** Points used. */
  readonly points: number;
}

/** The Mann-Kendall test for a monotonic trend. */
export interface MannKendall {
  /** Standard score, corrected for ties and continuity: positive when rising. 0 below 3 points. */
  readonly z: number;
  /** Two-sided probability of a score this far from 0 without any trend, 0..1. */
  readonly p: number;
}

/** Both statistics are quadratic: longer series are thinned evenly to this many points. */
const MAX_POINTS = 400;
/** Two-sided 95 % quantile of the normal distribution. */
const Z_95 = 1.959964;

/**
 * The Theil-Sen slope of a series and its 95 % confidence interval.
 *
 * @param points - in the order of time. Above 400 points, 400 of them are used, evenly chosen.
 * @returns `undefined` unless there are two points at different times.
 */
export function theilSen(points: readonly TrendPoint[]): Slope | undefined {
  const used = thin(points);
  const slopes: number[] = [];
  for (const [index, from] of used.entries()) {
    for (const to of used.slice(index + 1)) {
      const seconds = (to.timeMs - from.timeMs) / 1000;
      if (seconds !== 0) slopes.push((to.bytes - from.bytes) / seconds);
    }
  }
  const first = used[0];
  if (!first || slopes.length === 0) return undefined;
  slopes.sort((a, b) => a - b);
  const bytesPerSecond = medianOfSorted(slopes);
  const residuals = used.map((point) => point.bytes - (bytesPerSecond * (point.timeMs - first.timeMs)) / 1000);
  // Gilbert: the M1-th and (M2 + 1)-th smallest slopes, M = (pairs -+ Z * sd(S)) / 2.
  const reach = Z_95 * Math.sqrt(varianceOfScore(used));
  const lower = Math.floor((slopes.length - reach) / 2) - 1;
  const upper = Math.ceil((slopes.length + reach) / 2);
  return {
    bytesPerSecond,
    lowerBytesPerSecond: slopes[lower] ?? Number.NEGATIVE_INFINITY,
    upperBytesPerSecond: slopes[upper] ?? Number.POSITIVE_INFINITY,
    interceptBytes: medianOfSorted(residuals.sort((a, b) => a - b)),
    points: used.length,
  };
}

/**
 * The Mann-Kendall test, corrected for ties.
 *
 * @param points - in the order of time. Above 400 points, 400 of them are used, evenly chosen.
 */
export function mannKendall(points: readonly TrendPoint[]): MannKendall {
  const used = thin(points);
  const variance = used.length < 3 ? 0 : varianceOfScore(used);
  if (variance <= 0) return { z: 0, p: 1 };
  let score = 0;
  for (const [index, from] of used.entries()) {
    for (const to of used.slice(index + 1)) score += Math.sign(to.bytes - from.bytes);
  }
  const z = (score - Math.sign(score)) / Math.sqrt(variance);
  return { z, p: Math.min(1, 2 * upperTail(Math.abs(z))) };
}

/**
 * The smallest reading of each window: what is left when garbage and bursts are gone.
 *
 * @param points - in the order of time.
 * @param windowMs - length of the windows, which do not overlap; the first starts at the first point.
 * @returns the smallest points themselves. A last window with less than half the points of the one before
 * is left out, as its minimum would lie too high.
 */
export function floors(points: readonly TrendPoint[], windowMs: number): TrendPoint[] {
  const found: TrendPoint[] = [];
  const counts: number[] = [];
  const originMs = points[0]?.timeMs ?? 0;
  let window = -1;
  for (const point of points) {
    const index = Math.floor((point.timeMs - originMs) / windowMs);
    const best = found.at(-1);
    if (best === undefined || index !== window) {
      window = index;
      found.push(point);
      counts.push(1);
    } else {
      counts.push((counts.pop() ?? 0) + 1);
      if (point.bytes < best.bytes) found[found.length - 1] = point;
    }
  }
  if ((counts.at(-1) ?? 0) * 2 < (counts.at(-2) ?? 0)) found.pop();
  return found;
}

/** The middle value of a series; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  return medianOfSorted([...values].sort((a, b) => a - b));
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Variance of the Mann-Kendall score without a trend, less what ties take away (Kendall 1975). */
function varianceOfScore(points: readonly TrendPoint[]): number {
  const term = (n: number): number => n * (n - 1) * (2 * n + 5);
  const ties = new Map<number, number>();
  for (const { bytes } of points) ties.set(bytes, (ties.get(bytes) ?? 0) + 1);
  let sum = term(points.length);
  for (const count of ties.values()) sum -= term(count);
  return sum / 18;
}

function thin(points: readonly TrendPoint[]): readonly TrendPoint[] {
  if (points.length <= MAX_POINTS) return points;
  const step = (points.length - 1) / (MAX_POINTS - 1);
  return Array.from({ length: MAX_POINTS }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}

/** P(Z > z) for z >= 0; absolute error below 7.5e-8 (Abramowitz and Stegun 26.2.17). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
