/**
 * When evidence is worth its cost: once early for comparison, then at growing distances, and sooner when memory
 * grew that V8's counters do not explain. Reading regions costs more the more of them there are, so the cost of
 * a reading also sets the least distance to the next.
 */

/** How often, in milliseconds and bytes. */
export interface DemandOptions {
  /** Age of the process at the first reading. Default: only when something has grown. */
  readonly firstMs?: number;
  /** Between two readings, whatever grows. */
  readonly leastMs: number;
  /** Between two readings, when nothing grows, at most. Default: nothing is read without growth. */
  readonly mostMs?: number;
  /** Growth beyond the highest level so far that is worth a reading; at least 5 % of that level. */
  readonly growthBytes: number;
}

/** Memory below its level at the end of this is the program's start. */
const START_MS = 5000;
const DISTANCE_SHARE = 0.5;
/** Where it grows for long, a reading each tenth of the time tells the course. */
const GROWN_SHARE = 0.1;
const GROWTH_SHARE = 0.05;
/** Of the watcher's time that readings may take. */
const COST_SHARE = 0.005;
/** One reading tells nothing of growth: the second waits no longer than this, whatever the first has cost. */
const SECOND_REST_MS = 8000;

/** Decides when one process is read. */
export class DemandSchedule {
  readonly #startedAtMs: number;
  readonly #options: DemandOptions;
  #levelBytes = 0;
  #lastMs: number | undefined;
  #restUntilMs = 0;

  /** @param startedAtMs - when the process was first seen. */
  constructor(startedAtMs: number, options: DemandOptions) {
    this.#startedAtMs = startedAtMs;
    this.#options = options;
  }

  /**
   * Whether to read now.
   *
   * @param uncountedBytes - resident memory that V8's counters do not explain.
   */
  isDue(nowMs: number, uncountedBytes: number): boolean {
    const { firstMs, leastMs, mostMs, growthBytes } = this.#options;
    const ageMs = nowMs - this.#startedAtMs;
    if (ageMs < START_MS) this.#levelBytes = Math.max(this.#levelBytes, uncountedBytes);
    if (nowMs < this.#restUntilMs) return false;
    if (this.#lastMs === undefined && firstMs !== undefined) return ageMs >= firstMs;
    if (ageMs < START_MS) return false;
    const sinceMs = nowMs - (this.#lastMs ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < leastMs) return false;
    const growth = uncountedBytes - this.#levelBytes;
    const isGrown = growth >= Math.max(growthBytes, GROWTH_SHARE * this.#levelBytes);
    if (isGrown && sinceMs >= GROWN_SHARE * ageMs) return true;
    if (this.#lastMs === undefined || mostMs === undefined) return false;
    return sinceMs >= Math.min(mostMs, Math.max(leastMs, DISTANCE_SHARE * (this.#lastMs - this.#startedAtMs)));
  }

  /**
   * Notes a reading.
   *
   * @param costMs - what it took.
   */
  done(nowMs: number, uncountedBytes: number, costMs: number): void {
    const restMs = costMs / COST_SHARE;
    this.#restUntilMs = nowMs + (this.#lastMs === undefined ? Math.min(SECOND_REST_MS, restMs) : restMs);
    this.#lastMs = nowMs;
    this.#levelBytes = Math.max(this.#levelBytes, uncountedBytes);
  }

  /** No reading of this process is due before; milliseconds since the epoch. */
  get restUntilMs(): number {
    return this.#restUntilMs;
  }
}
