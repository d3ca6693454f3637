/**
 * Notices fast growth of resident memory: more than so many bytes above the lowest reading of the last
 * while. An alarm, not a verdict: a cache that fills or one large step raises it as well as a leak.
 */

/** When growth counts as rapid. */
export interface RapidGrowthOptions {
  /** Default: 50 MB (2^20 bytes each). */
  readonly bytes?: number;
  /** Default: 30,000 ms. */
  readonly windowMs?: number;
}

/** Resident memory has grown fast. */
export interface RapidGrowth {
  /** When, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Lowest resident memory in the window. */
  readonly fromBytes: number;
  /** Resident memory now. */
  readonly toBytes: number;
  /** `toBytes - fromBytes`. */
  readonly growthBytes: number;
  /** Time since the lowest reading. */
  readonly elapsedMs: number;
}

/** The window is kept as the lowest reading of each of this many parts. */
const PARTS = 30;

/** Watches for rapid growth. */
export class RapidGrowthAlarm {
  readonly #bytes: number;
  readonly #windowMs: number;
  #lows: { readonly part: number; readonly timeMs: number; readonly bytes: number }[] = [];

  /** @param options - how much in how long. */
  constructor(options: RapidGrowthOptions = {}) {
    this.#bytes = options.bytes ?? 50 * 2 ** 20;
    this.#windowMs = options.windowMs ?? 30_000;
  }

  /**
   * Takes in a reading.
   *
   * @returns the growth when it is rapid. The count then starts anew from this reading.
   */
  update(timeMs: number, bytes: number): RapidGrowth | undefined {
    const part = Math.floor(timeMs / (this.#windowMs / PARTS));
    // Lows that rise from first to last: the first is the lowest of the window.
    const lows = this.#lows;
    while ((lows[0]?.timeMs ?? timeMs) < timeMs - this.#windowMs) lows.shift();
    while ((lows.at(-1)?.bytes ?? Number.NEGATIVE_INFINITY) >= bytes) lows.pop();
    if (lows.at(-1)?.part !== part) lows.push({ part, timeMs, bytes });
    const lowest = lows[0] ?? { timeMs, bytes };
    const growthBytes = bytes - lowest.bytes;
    if (growthBytes <= this.#bytes) return undefined;
    this.#lows = [{ part, timeMs, bytes }];
    return { timeMs, fromBytes: lowest.bytes, toBytes: bytes, growthBytes, elapsedMs: timeMs - lowest.timeMs };
  }
}
