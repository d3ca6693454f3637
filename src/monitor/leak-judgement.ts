/**
 * Do post-GC floors show a leak? Growth alone does not: warm-up and caches grow, then level off. Both
 * modes therefore ask whether growth goes on undiminished. Pure functions of the floors.
 */
import { formatBytes } from "../base/bytes.ts";
import { floors, mannKendall, median, theilSen, type TrendPoint } from "./trend.ts";

/** How floors are judged. */
export interface JudgementOptions {
  /**
   * `threshold`: grown by more than `thresholdBytes` since the baseline, steadily, and not slowing down.
   * `statistical`: the same after the first third, which counts as warm-up, and significant.
   */
  readonly mode: "threshold" | "statistical";
  /** Growth below it is never called a leak, in bytes. */
  readonly thresholdBytes: number;
  /** What the floors measure, for the sentence. */
  readonly what: string;
}

/** What the floors show. */
export interface Judgement {
  /** What the floors show; `undetermined` with too few of them. */
  readonly verdict: "leak" | "no-leak" | "undetermined";
  /** Why, with the figures, or what is missing. */
  readonly sentence: string;
  /** From the first floor that counts to the last. */
  readonly growthBytes: number;
  /** Theil-Sen slope of those floors; `undefined` with too few of them. */
  readonly bytesPerSecond: number | undefined;
}

/** At most about so many windows. */
const WINDOWS = 24;
const MIN_THRESHOLD_FLOORS = 5;
/** Leaves 6 after warm-up, from which a steady rise is significant at 1 %. */
const MIN_STATISTICAL_FLOORS = 9;
/** Of steady growth each quarter has a fourth; of a single step three have nothing. */
const MIN_QUARTER_SHARE = 0.08;
/** One-sided 1 % quantile of the normal distribution. */
const Z_99 = 2.326;

/**
 * Judges floors.
 *
 * @param points - heap after collections, in the order of time; the first is the baseline.
 * @param options - how.
 */
export function judgeFloors(points: readonly TrendPoint[], options: JudgementOptions): Judgement {
  const { mode, thresholdBytes, what } = options;
  const spanMs = (points.at(-1)?.timeMs ?? 0) - (points[0]?.timeMs ?? 0);
  const all = floors(points, Math.max(1, spanMs / WINDOWS));
  const needed = mode === "threshold" ? MIN_THRESHOLD_FLOORS : MIN_STATISTICAL_FLOORS;
  if (all.length < needed) {
    const sentence = `not enough data on ${what}: ${all.length} floors, needs ${needed}`;
    return { verdict: "undetermined", sentence, growthBytes: 0, bytesPerSecond: undefined };
  }
  const kept = mode === "threshold" ? all : all.slice(Math.floor(all.length / 3));
  const growthBytes = (kept.at(-1)?.bytes ?? 0) - (kept[0]?.bytes ?? 0);
  const bytesPerSecond = theilSen(kept)?.bytesPerSecond;
  const say = (verdict: Judgement["verdict"], why: string): Judgement => ({
    verdict,
    sentence: `${what} ${why}`,
    growthBytes,
    bytesPerSecond,
  });

  if (growthBytes <= thresholdBytes) {
    return say("no-leak", `grew by ${formatBytes(growthBytes)}, not more than ${formatBytes(thresholdBytes)}`);
  }
  const [first, second, third, fourth] = growthByQuarters(kept);
  const [earlier, later] = [first + second, third + fourth];
  if (later < earlier / 2) {
    return say("no-leak", `is levelling off: grew by ${formatBytes(earlier)}, then by ${formatBytes(later)}`);
  }
  if (Math.min(first, second, third, fourth) < MIN_QUARTER_SHARE * growthBytes) {
    return say("undetermined", `grew by ${formatBytes(growthBytes)}, but in steps: watch longer`);
  }
  if (mode === "statistical" && mannKendall(kept).z <= Z_99) {
    return say("no-leak", `shows no significant trend over ${kept.length} floors`);
  }
  return say("leak", `rises without slowing down: by ${formatBytes(growthBytes)} over ${kept.length} floors`);
}

/** Growth of the four quarters, each end taken as a median of up to three floors. */
function growthByQuarters(points: readonly TrendPoint[]): [number, number, number, number] {
  const reach = points.length >= 9 ? 1 : 0;
  const level = (share: number): number => {
    const index = reach + Math.round(share * (points.length - 1 - 2 * reach));
    return median(points.slice(index - reach, index + reach + 1).map((point) => point.bytes));
  };
  const [start, quarter, half, threeQuarters, end] = [level(0), level(0.25), level(0.5), level(0.75), level(1)];
  return [quarter - start, half - quarter, threeQuarters - half, end - threeQuarters];
}
