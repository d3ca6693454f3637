/**
 * When a replacement must be started: not at the limit, but as long before it as starting one and draining
 * the other take. What that is is learned from the starts so far; how fast memory rises is the Theil-Sen
 * slope of the last two seconds, so that one reading moves nothing.
 */
import { theilSen, type TrendPoint } from "../monitor/trend.ts";

/** What a slope is taken of. */
const WINDOW_MS = 2_000;
const MIN_POINTS = 12;
/** Before anything was learned. */
const FIRST_START_MS = 1_500;
const FIRST_DRAIN_MS = 500;
/** Weight of the newest duration where it is shorter. */
const WEIGHT = 0.15;
/** However fast they were so far: the machine may be busy the next time. */
const LEAST_LEAD_MS = 1_000;
/** Above the limit idle connections are not waited for, whose time this is. */
const MOST_DRAIN_MS = 1_000;
/** Starts differ, the more so on a busy machine. */
const MARGIN = 1.4;

/** How long starts and drains take here, as learned. */
export class HandoverTimes {
  #startMs: number | undefined;
  #drainMs: number | undefined;

  /** From the decision until the old instance has ended, with a margin. */
  get leadMs(): number {
    return Math.max(LEAST_LEAD_MS, MARGIN * ((this.#startMs ?? FIRST_START_MS) + (this.#drainMs ?? FIRST_DRAIN_MS)));
  }

  /** So long after the decision an instance was ready. A longer time counts at once, a shorter one bit by bit. */
  learnStart(ms: number): void {
    this.#startMs = learn(this.#startMs, ms);
  }

  /** An instance has drained and ended. */
  learnDrain(ms: number): void {
    this.#drainMs = learn(this.#drainMs, Math.min(MOST_DRAIN_MS, ms));
  }
}

function learn(known: number | undefined, ms: number): number {
  return known === undefined || ms > known ? ms : known + WEIGHT * (ms - known);
}

/** The readings of one instance, and where they lead. */
export class ReplacementLine {
  readonly #points: TrendPoint[] = [];

  /** Takes in a reading. */
  add(timeMs: number, bytes: number): void {
    this.#points.push({ timeMs, bytes });
    while ((this.#points[0]?.timeMs ?? timeMs) < timeMs - WINDOW_MS) this.#points.shift();
  }

  /** Forgets what was before: a program that starts allocates fast, which leads nowhere. */
  clear(): void {
    this.#points.splice(0);
  }

  /** Bytes a second, 0 while unknown or falling. */
  get bytesPerSecond(): number {
    if (this.#points.length < MIN_POINTS) return 0;
    return Math.max(0, theilSen(this.#points)?.bytesPerSecond ?? 0);
  }

  /** Where memory is expected to be after some time, at least where it is. */
  forecast(leadMs: number): number {
    return (this.#points.at(-1)?.bytes ?? 0) + (this.bytesPerSecond * leadMs) / 1000;
  }
}
