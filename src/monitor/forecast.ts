/**
 * Where memory is heading: the slope of its floors with its uncertainty, and when it meets the limit.
 * Floors, the lowest readings of successive windows, leave out garbage and bursts. A forecast is no
 * verdict: a warm-up rises too. `LeakDetector` judges, and `plimsoll run` explains.
 */
import { formatBytes } from "../base/bytes.ts";
import type { KnownLimit } from "./limit-line.ts";
import { floors, median, type Slope, theilSen, type TrendPoint } from "./trend.ts";

/** Where memory is heading. */
export interface Trend {
  /** `rising` and `falling` only when the whole 95 % interval of the slope says so; `unknown` with too little data. */
  readonly state: "rising" | "flat" | "falling" | "unknown";
  /** The same in words, with the figures. */
  readonly sentence: string;
  /** The slope with its 95 % interval; `undefined` when unknown. */
  readonly slope: Slope | undefined;
  /** Length of the stretch that was looked at. */
  readonly observedMs: number;
  /** How much longer to watch before anything can be said; `undefined` when known. */
  readonly needsMs: number | undefined;
  /** Until the limit at this slope; `undefined` unless rising towards one. */
  readonly secondsToLimit: number | undefined;
  /** The same at the upper and the lower end of the slope's interval. */
  readonly secondsToLimitRange: readonly [earliest: number, latest: number] | undefined;
}

/** How a trend is to be read. */
export interface ForecastOptions {
  /** What is measured, for the sentence: `resident memory`. */
  readonly what: string;
  readonly limit: KnownLimit | undefined;
}

/** Shortest window of a floor: as long as a busy program's major collections are apart. */
const MIN_WINDOW_MS = 5000;
/** The rank-based interval needs 6 points to have ends at all; 8 leave room for noise. */
const MIN_FLOORS = 8;
const MAX_FLOORS = 60;
/** Less growth than this over the whole stretch counts as flat. */
const MIN_GROWTH_BYTES = 2 ** 20;

/**
 * Says where a series is heading.
 *
 * @param points - in the order of time.
 * @param options - what it is and where its limit lies.
 */
export function forecast(points: readonly TrendPoint[], options: ForecastOptions): Trend {
  const { what, limit } = options;
  const observedMs = (points.at(-1)?.timeMs ?? 0) - (points[0]?.timeMs ?? 0);
  const found = floors(points, Math.max(MIN_WINDOW_MS, observedMs / MAX_FLOORS));
  const slope = theilSen(found);
  const none = { slope: undefined, needsMs: undefined, secondsToLimit: undefined, secondsToLimitRange: undefined };
  if (!slope || found.length < MIN_FLOORS) {
    const perFloorMs = found.length > 1 ? observedMs / found.length : MIN_WINDOW_MS;
    const needsMs = Math.max(MIN_WINDOW_MS, perFloorMs) * Math.max(1, MIN_FLOORS - found.length);
    const sentence = `not enough data on ${what}: needs about ${Math.ceil(needsMs / 1000)} s more`;
    return { ...none, state: "unknown", sentence, observedMs, needsMs };
  }
  const { bytesPerSecond, lowerBytesPerSecond, upperBytesPerSecond } = slope;
  const isSmall = Math.abs(bytesPerSecond) * (observedMs / 1000) < MIN_GROWTH_BYTES;
  const state = isSmall ? "flat" : lowerBytesPerSecond > 0 ? "rising" : upperBytesPerSecond < 0 ? "falling" : "flat";
  const rate = `${formatBytes(bytesPerSecond)}/s (${formatBytes(lowerBytesPerSecond)} to ${formatBytes(upperBytesPerSecond)})`;
  const known = { ...none, state, slope, observedMs } as const;
  if (state !== "rising") return { ...known, sentence: `${what} is ${state}, ${rate}` };
  if (!limit) return { ...known, sentence: `${what} is rising, ${rate}; nothing limits it` };

  const level = median(found.slice(-3).map((point) => point.bytes));
  const secondsAt = (rateBytes: number): number => Math.max(0, (limit.bytes - level) / rateBytes);
  const secondsToLimit = secondsAt(bytesPerSecond);
  return {
    ...known,
    secondsToLimit,
    secondsToLimitRange: [secondsAt(upperBytesPerSecond), secondsAt(lowerBytesPerSecond)],
    sentence: `${what} is rising, ${rate}; reaches ${formatBytes(limit.bytes)} in about ${formatSeconds(secondsToLimit)}`,
  };
}

/** Writes a duration for people in one unit: `63 s`, `12 min`, `5 h`, `3 days`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
