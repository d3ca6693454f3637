/**
 * The lines of a guard in bytes, and how near they are: resident, heap and native memory, each against a soft and a
 * hard line, and for the soft ones also where they lead. Forecasts come from the floor of each second, since heaps
 * saw-tooth, and from the lower end of the slope's 95 % interval, so that noise is no alarm.
 */
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import type { MemorySizes } from "../monitor/sample.ts";
import { theilSen, type TrendPoint } from "../monitor/trend.ts";
import { type LimitReading, tightestLimit } from "../probe/limit.ts";

/** Lines: sizes, or shares of the limit on the process; `heap` is of the limit on V8's heap. */
export interface GuardLines {
  /** Resident memory of the process. */
  readonly resident?: SizeInput;
  /** Used heap of this thread. */
  readonly heap?: SizeInput;
  /** Resident memory beyond V8's heap and what it accounts outside. */
  readonly native?: SizeInput;
}

/** What is held against lines. */
export type GuardFigure = keyof GuardLines;

const COLUMN = { resident: "rssBytes", heap: "heapUsedBytes", native: "nativeBytes" } as const;
const FIGURES = ["resident", "heap", "native"] as const;
const FLOOR_MS = 1_000;
const MAX_FLOORS = 30;
const MIN_FLOORS = 8;

/** The figure that is nearest to its line. */
export interface NearestLine {
  /** Which. */
  readonly figure: GuardFigure;
  /** Now, or where it is expected to be. */
  readonly bytes: number;
  /** The line itself. */
  readonly lineBytes: number;
  /** `bytes / lineBytes`. */
  readonly ratio: number;
  /** True when the line is reached by the forecast alone. */
  readonly isForecast: boolean;
}

/** Measures readings against a set of lines. */
export class LineGauge {
  readonly #lines: readonly { readonly figure: GuardFigure; readonly bytes: number }[];
  readonly #forecastMs: number;
  readonly #floors = new Map<GuardFigure, TrendPoint[]>();

  /**
   * @param forecastMs - how far to look ahead; 0 for not at all.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` for what is no size, or a share where nothing limits the process.
   */
  constructor(lines: GuardLines, limits: readonly LimitReading[], forecastMs: number) {
    const whole = tightestLimit(limits)?.bytes;
    const heap = Math.min(...limits.flatMap(({ bounds, bytes }) => (bounds === "heap" && bytes ? [bytes] : [])));
    this.#forecastMs = forecastMs;
    this.#lines = FIGURES.flatMap((figure) => {
      const input = lines[figure];
      if (input === undefined) return [];
      const of = figure === "heap" ? heap : whole;
      return [{ figure, bytes: parseBytes(input, of !== undefined && Number.isFinite(of) ? of : undefined) }];
    });
  }

  /** Bytes of a line; `undefined` where there is none. */
  lineBytes(figure: GuardFigure): number | undefined {
    return this.#lines.find((line) => line.figure === figure)?.bytes;
  }

  /** Takes in a reading. @returns `undefined` without any line. */
  measure(nowMs: number, sizes: MemorySizes): NearestLine | undefined {
    let nearest: NearestLine | undefined;
    for (const { figure, bytes: lineBytes } of this.#lines) {
      const now = sizes[COLUMN[figure]];
      const ahead = this.#forecastMs > 0 ? this.#forecast(figure, nowMs, now) : now;
      const isForecast = ahead >= lineBytes && now < lineBytes;
      const bytes = isForecast ? ahead : now;
      const ratio = bytes / lineBytes;
      if (ratio > (nearest?.ratio ?? -1)) nearest = { figure, bytes, lineBytes, ratio, isForecast };
    }
    return nearest;
  }

  #forecast(figure: GuardFigure, nowMs: number, bytes: number): number {
    const floors = this.#floors.get(figure) ?? [];
    this.#floors.set(figure, floors);
    const last = floors.at(-1);
    if (last === undefined || nowMs - last.timeMs >= FLOOR_MS) floors.push({ timeMs: nowMs, bytes });
    else if (bytes < last.bytes) floors[floors.length - 1] = { timeMs: last.timeMs, bytes };
    if (floors.length > MAX_FLOORS) floors.shift();
    if (floors.length < MIN_FLOORS) return bytes;
    // The newest floor may still fall.
    const slope = theilSen(floors.slice(0, -1))?.lowerBytesPerSecond ?? 0;
    return Number.isFinite(slope) ? bytes + (Math.max(0, slope) * this.#forecastMs) / 1000 : bytes;
  }
}

/**
 * Checks that each hard line is above its soft one.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when one is not.
 */
export function checkOrder(soft: LineGauge, hard: LineGauge): void {
  for (const figure of FIGURES) {
    const [low, high] = [soft.lineBytes(figure), hard.lineBytes(figure)];
    if (low === undefined || high === undefined || low < high) continue;
    throw new PlimsollError(
      "ERR_PLIMSOLL_BAD_OPTION",
      `The hard line of ${figure} memory, ${formatBytes(high)}, is not above its soft line, ${formatBytes(low)}: shedding must come before draining.`,
      { details: { figure, softBytes: low, hardBytes: high } },
    );
  }
}
