/**
 * Judges one series of floors (memory that is left when garbage and bursts are gone): does it grow
 * without bound, did it level off, is it flat, or is there too little to say? Significance alone says
 * nothing here: memory series are autocorrelated. So a series grows only if, beside a significant
 * Mann-Kendall test (Mann 1945, Kendall 1975), the Theil-Sen slope (Sen 1968) adds up to more than
 * noise and scatter, the level never falls far, and the last third rises at least half as fast as the
 * middle third and the whole.
 */
import { floors, mannKendall, median, type Slope, theilSen, type TrendPoint } from "../monitor/trend.ts";

const MB = 2 ** 20;
/** Two-sided 5 % and one-sided 1 %: few floors cannot reach more than the first. */
const Z_FEW = 1.96;
const Z_MANY = 2.326;
/** No trend is called growth on less than this. */
const MIN_FLOORS = 5;
const MIN_SPAN_SECONDS = 12;
/** Less than this share of the middle third's rate in the last third is levelling off. */
export const STEADY = 0.5;
/** In short stretches a cache that has just filled must not pass for a leak. */
const STEADY_SHORT = 0.7;
const SHORT_SECONDS = 30;
/** A leak does not fall: how much it may at most, as a share of its rise, in short stretches and in others. */
const MAX_FALL_SHORT = 0.1;
export const MAX_FALL = 0.35;
/** Points that the statistics see at most: both are quadratic, and the live view judges once a second. */
const MAX_POINTS = 100;

/**
 * What a series of floors does. `may-grow` rises, but too little, too briefly or too slowly to be
 * called growth; `unknown` has too few floors.
 */
export type ChannelState = "grows" | "may-grow" | "levelled-off" | "flat" | "unknown";

/** One kind of memory over time, judged. */
export interface Channel {
  readonly state: ChannelState;
  /** The floors that were judged: warm-up left out where enough remain. */
  readonly floors: readonly TrendPoint[];
  /** Seconds between the first and the last of them. */
  readonly seconds: number;
  readonly slope: Slope | undefined;
  /** Mann-Kendall's standard score. */
  readonly z: number;
  /** Two-sided probability of such a score without any trend, 0..1. */
  readonly p: number;
  /** Bytes by which the level rose over `seconds`: the slope's for growth, last minus first otherwise. */
  readonly riseBytes: number;
  /** First and last level. */
  readonly firstBytes: number;
  readonly lastBytes: number;
  /** Rate of the last third by that of the middle third or the whole, 0..1; 1 is no deceleration. */
  readonly steadiness: number;
  /** Robust scatter around the slope. */
  readonly scatterBytes: number;
  /** Seconds for which the level has stayed where it is now. */
  readonly flatSeconds: number;
  /** Estimate of how long to go on until more can be said; 0 when nothing is missing. */
  readonly neededSeconds: number;
}

/** What is left out of the judgement. */
export interface NoiseFloor {
  /** Default: 2.5 MB. */
  readonly bytes?: number;
  /** Share of the level, 0..1. Default: 0.03 */
  readonly ratio?: number;
  /** Judges the first third too, which is otherwise left out as warm-up. Default: false. */
  readonly whole?: boolean;
}

/**
 * Judges a series of floors.
 *
 * @param points - in the order of time, warm-up included.
 * @param noise - how small a rise is noise.
 */
export function judgeChannel(points: readonly TrendPoint[], noise: NoiseFloor = {}): Channel {
  const judged = noise.whole ? points : leaveOutWarmUp(points);
  const whole = describe(points, noise);
  const kept = judged.length === points.length ? whole : describe(judged, noise);
  if (grows(kept) && isHigherThanEver(kept, points))
    return { ...kept.facts, state: "grows", riseBytes: kept.slopeRise };
  const { facts } = whole;
  if (facts.floors.length < 3 || facts.seconds < 5) {
    return { ...facts, state: "unknown", neededSeconds: needed(facts) };
  }
  if (levelledOff(whole)) return { ...facts, state: "levelled-off" };
  if (staysFlat(whole)) return { ...facts, state: "flat" };
  return { ...kept.facts, state: "may-grow", neededSeconds: needed(kept.facts) };
}

interface Description {
  readonly facts: Omit<Channel, "state">;
  /** Slope times span. */
  readonly slopeRise: number;
  /** Rises up to this are noise. */
  readonly noiseBytes: number;
}

function describe(points: readonly TrendPoint[], noise: NoiseFloor): Description {
  const used = thinned(points);
  const first = used[0];
  const last = used.at(-1);
  const seconds = first && last ? (last.timeMs - first.timeMs) / 1000 : 0;
  const slope = theilSen(used);
  const lastBytes = last?.bytes ?? 0;
  const noiseBytes = Math.max(noise.bytes ?? 2.5 * MB, (noise.ratio ?? 0.03) * lastBytes);
  const residuals = first && slope ? used.map((point) => Math.abs(point.bytes - lineAt(slope, first, point))) : [0];
  return {
    slopeRise: (slope?.bytesPerSecond ?? 0) * seconds,
    noiseBytes,
    facts: {
      floors: used,
      seconds,
      slope,
      ...mannKendall(used),
      riseBytes: lastBytes - (first?.bytes ?? 0),
      firstBytes: first?.bytes ?? 0,
      lastBytes,
      steadiness: steadiness(used, slope?.bytesPerSecond ?? 0),
      scatterBytes: 1.4826 * median(residuals),
      flatSeconds: flatSeconds(used, Math.max(noiseBytes / 2, 0.1 * Math.abs(lastBytes - (first?.bytes ?? 0)))),
      neededSeconds: 0,
    },
  };
}

function grows({ facts, slopeRise, noiseBytes }: Description): boolean {
  const { floors: used, seconds, slope, z, steadiness: steady, scatterBytes, firstBytes } = facts;
  if (!slope || used.length < MIN_FLOORS || seconds < MIN_SPAN_SECONDS) return false;
  const few = used.length === MIN_FLOORS;
  const short = seconds < SHORT_SECONDS;
  return (
    z >= (few ? Z_FEW : Z_MANY) &&
    // Five points have no 95 % interval; they only pass the test when every one lies above the one before.
    (few || slope.lowerBytesPerSecond > 0) &&
    slopeRise >= noiseBytes &&
    slopeRise >= 4 * scatterBytes &&
    // Five readings are in rising order by chance once in 120 times: they must also rise a lot.
    (!few || slopeRise >= 0.25 * firstBytes) &&
    largestFall(used) <= (short ? MAX_FALL_SHORT : MAX_FALL) * slopeRise &&
    steady >= (short ? STEADY_SHORT : STEADY) &&
    stillRises(used, slope.bytesPerSecond, scatterBytes)
  );
}

/** A level that comes back after a dip is none that was never reached: what was left out as warm-up must lie below the end. */
function isHigherThanEver(
  { facts: { floors: judged, lastBytes } }: Description,
  points: readonly TrendPoint[],
): boolean {
  const fromMs = judged[0]?.timeMs ?? 0;
  return points.every(({ timeMs, bytes }) => timeMs >= fromMs || bytes < lastBytes);
}

/** It rose by more than noise, and has then stayed where it is for a quarter of the time. */
function levelledOff({ facts, noiseBytes }: Description): boolean {
  return (
    facts.riseBytes >= noiseBytes && facts.flatSeconds >= Math.max(5, 0.25 * facts.seconds) && facts.floors.length >= 4
  );
}

/** It never rose by more than noise, or goes up and down without a direction. */
function staysFlat({ facts, slopeRise, noiseBytes }: Description): boolean {
  // Three floors reach a score of 1.04 at most: each above the one before.
  const rises = facts.z >= (facts.floors.length < 4 ? 1 : 1.6);
  const creeping = facts.seconds < 40 && rises && slopeRise > 0.3 * noiseBytes && facts.steadiness >= STEADY;
  if (creeping) return false;
  if (facts.riseBytes < noiseBytes && slopeRise < noiseBytes) return true;
  const isDirectionless = facts.z < Z_FEW || slopeRise < 2 * facts.scatterBytes;
  return facts.floors.length >= 6 && isDirectionless && lowRise(facts.floors) < Math.max(noiseBytes, 0.25 * slopeRise);
}

/** By how much the lowest level of the last half lies above that of the first. */
function lowRise(points: readonly TrendPoint[]): number {
  const middle = points.length >> 1;
  const lowest = (half: readonly TrendPoint[]): number => Math.min(...half.map(({ bytes }) => bytes));
  return lowest(points.slice(middle)) - lowest(points.slice(0, middle));
}

/** A third of the time is warm-up, as long as enough floors remain without it. */
function leaveOutWarmUp(points: readonly TrendPoint[]): readonly TrendPoint[] {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return points;
  const fromMs = first.timeMs + (last.timeMs - first.timeMs) / 3;
  const rest = points.filter((point) => point.timeMs >= fromMs);
  const seconds = (last.timeMs - (rest[0]?.timeMs ?? last.timeMs)) / 1000;
  return rest.length > MIN_FLOORS && seconds >= MIN_SPAN_SECONDS ? rest : points;
}

/** Rate of the last third of the time by that of the middle third or of the whole, whichever is larger. */
function steadiness(points: readonly TrendPoint[], overall: number): number {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return 0;
  const third = (last.timeMs - first.timeMs) / 3;
  const late = rateBetween(points, first.timeMs + 2 * third, last.timeMs);
  const before = Math.max(overall, rateBetween(points, first.timeMs + third, first.timeMs + 2 * third));
  return late <= 0 || before <= 0 ? 0 : Math.min(1, late / before);
}

/** Bytes per second: the Theil-Sen slope where there are enough points, for noise must not pass for a rise. */
function rateBetween(points: readonly TrendPoint[], fromMs: number, toMs: number): number {
  const inside = points.filter((point) => point.timeMs >= fromMs && point.timeMs <= toMs);
  if (inside.length > MIN_FLOORS) return theilSen(inside)?.bytesPerSecond ?? 0;
  return toMs <= fromMs ? 0 : ((levelAt(points, toMs) - levelAt(points, fromMs)) / (toMs - fromMs)) * 1000;
}

/** Linear between two floors. */
export function levelAt(points: readonly TrendPoint[], timeMs: number): number {
  let before = points[0];
  for (const point of points) {
    if (point.timeMs >= timeMs) {
      if (!before || point.timeMs === before.timeMs) return point.bytes;
      const share = (timeMs - before.timeMs) / (point.timeMs - before.timeMs);
      return before.bytes + Math.max(0, share) * (point.bytes - before.bytes);
    }
    before = point;
  }
  return before?.bytes ?? 0;
}

/** Whether the last eighth of the time, at least the last two floors, still rises as far as scatter lets one see. */
function stillRises(points: readonly TrendPoint[], bytesPerSecond: number, scatterBytes: number): boolean {
  const last = points.at(-1);
  const first = points[0];
  if (!last || !first) return false;
  const sinceMs = last.timeMs - (last.timeMs - first.timeMs) / 8;
  const before = points.findLast((point, index) => index < points.length - 1 && point.timeMs <= sinceMs);
  if (!before) return false;
  const expected = (bytesPerSecond * (last.timeMs - before.timeMs)) / 1000;
  return last.bytes - before.bytes >= 0.5 * expected - 3 * Math.min(scatterBytes, expected);
}

/** The deepest fall from any level to a later one. */
export function largestFall(points: readonly TrendPoint[]): number {
  let high = Number.NEGATIVE_INFINITY;
  let fall = 0;
  for (const { bytes } of points) {
    high = Math.max(high, bytes);
    fall = Math.max(fall, high - bytes);
  }
  return fall;
}

function flatSeconds(points: readonly TrendPoint[], toleranceBytes: number): number {
  const last = points.at(-1);
  if (!last) return 0;
  let since = last.timeMs;
  let low = last.bytes;
  let high = last.bytes;
  for (const point of points.toReversed()) {
    low = Math.min(low, point.bytes);
    high = Math.max(high, point.bytes);
    if (high - low > toleranceBytes) break;
    since = point.timeMs;
  }
  return (last.timeMs - since) / 1000;
}

function lineAt(slope: Slope, first: TrendPoint, point: TrendPoint): number {
  return slope.interceptBytes + (slope.bytesPerSecond * (point.timeMs - first.timeMs)) / 1000;
}

function thinned(points: readonly TrendPoint[]): readonly TrendPoint[] {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length <= MAX_POINTS) return points;
  return floors(points, (last.timeMs - first.timeMs) / MAX_POINTS);
}

/** In steps of 5 s: enough for five floors over 15 s, or half as long again where that is not what is missing. */
function needed(facts: Omit<Channel, "state">): number {
  const enough = facts.floors.length >= MIN_FLOORS && facts.seconds >= MIN_SPAN_SECONDS;
  const missing = enough ? facts.seconds / 2 : 15 - facts.seconds;
  return Math.max(5, Math.ceil(missing / 5) * 5);
}
