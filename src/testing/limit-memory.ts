/**
 * A limit on the live memory of a test: heap and external memory above what there was at its start. Every collection that
 * V8 makes tells what survived it, also amidst synchronous code; between turns of the event loop memory is read every few
 * milliseconds, and where it lies above the limit, a collection is forced, so that garbage is never held against the test.
 * Buffers that synchronous code takes and drops before its turn ends cannot be told from garbage, and are not seen.
 */
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import { systemClock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import { forceGC } from "../monitor/force-gc.ts";
import { type MemorySizes, processSource } from "../monitor/sample.ts";
import { readTime } from "./real-time.ts";
import { isThenable, type TestedFunction } from "./tested-function.ts";

/** How much memory a test held at most, above its start. */
export interface MemoryPeak {
  /** Heap and external memory (array buffers included) that were alive. */
  readonly bytes: number;
  /** Of these, in the JavaScript heap. */
  readonly heapBytes: number;
  /** Of these, beside it: array buffers and other external memory. */
  readonly externalBytes: number;
  /** When that was seen, in milliseconds from the start: at the latest, where the thread was busy. */
  readonly atMs: number;
  /** What was allowed, in bytes. */
  readonly limitBytes: number;
}

const INTERVAL_MS = 10;
/** A forced collection pauses the test: only so often, and again only when memory rose by a tenth of the limit. */
const MAX_FORCED = 50;
const STEP_RATIO = 0.1;

/** A limit that is being watched. Disposing of it checks it, unless {@link MemoryLimit.end} did. */
export class MemoryLimit implements Disposable {
  readonly #limitBytes: number;
  readonly #start: Level;
  readonly #startMs = readTime();
  readonly #profiler = processSource.createProfiler();
  readonly #timer: Disposable;
  #peak: Level = { heapBytes: 0, externalBytes: 0 };
  #peakMs = 0;
  #forced = 0;
  #nextForcedBytes: number;
  #isEnded = false;

  /** @param limitBytes - above the level at the start. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#nextForcedBytes = limitBytes;
    this.#start = levelOf(forceGC().after);
    this.#profiler.start();
    this.#timer = systemClock.every(INTERVAL_MS, () => this.#read());
  }

  /** The largest live memory so far. */
  get peak(): MemoryPeak {
    const { heapBytes, externalBytes } = this.#peak;
    return {
      bytes: heapBytes + externalBytes,
      heapBytes,
      externalBytes,
      atMs: this.#peakMs,
      limitBytes: this.#limitBytes,
    };
  }

  /** Ends the watch without a judgement. Twice is harmless. */
  end(): MemoryPeak {
    if (this.#isEnded) return this.peak;
    this.#isEnded = true;
    this.#timer[Symbol.dispose]();
    this.#read();
    this.#profiler.stop();
    return this.peak;
  }

  /**
   * Ends the watch.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_OVER_LIMIT` when the peak lies above the limit.
   */
  [Symbol.dispose](): void {
    if (this.#isEnded) return;
    const peak = this.end();
    if (peak.bytes > peak.limitBytes)
      throw new PlimsollError("ERR_PLIMSOLL_OVER_LIMIT", describePeak(peak), { details: { ...peak } });
  }

  #read(): void {
    for (const { gcType, afterGC } of this.#profiler.stop()?.statistics ?? []) {
      // Only a major collection finds all garbage. Dead buffers are freed beside the program, so that what it tells about them is too much.
      if (!gcType.startsWith("Mark")) continue;
      this.#take({ heapBytes: afterGC.heapStatistics.usedHeapSize, externalBytes: this.#start.externalBytes });
    }
    const now = levelOf(processSource.read());
    if (this.#above(now) > this.#nextForcedBytes && this.#forced < MAX_FORCED) {
      this.#forced += 1;
      this.#take(levelOf(forceGC().after));
      this.#nextForcedBytes = Math.max(this.#limitBytes, this.peak.bytes) + this.#limitBytes * STEP_RATIO;
    } else if (this.#above(now) <= this.#limitBytes) {
      // Garbage included: an upper bound, which acquits.
      this.#take(now);
    }
    this.#profiler.start();
  }

  #take(level: Level): void {
    if (this.#above(level) <= this.peak.bytes) return;
    this.#peak = {
      heapBytes: level.heapBytes - this.#start.heapBytes,
      externalBytes: level.externalBytes - this.#start.externalBytes,
    };
    this.#peakMs = readTime() - this.#startMs;
  }

  #above({ heapBytes, externalBytes }: Level): number {
    return heapBytes + externalBytes - this.#start.heapBytes - this.#start.externalBytes;
  }
}

interface Level {
  readonly heapBytes: number;
  readonly externalBytes: number;
}

function levelOf({ heapUsedBytes, externalBytes }: MemorySizes): Level {
  return { heapBytes: heapUsedBytes, externalBytes };
}

/** The peak in one sentence, and the next step where it lies above the limit. */
export function describePeak({ bytes, heapBytes, externalBytes, atMs, limitBytes }: MemoryPeak): string {
  const figures =
    `Live memory rose by ${formatBytes(bytes)} (heap ${formatBytes(heapBytes)}, external and array buffers ` +
    `${formatBytes(externalBytes)}) within ${Math.round(atMs)} ms`;
  if (bytes <= limitBytes) return `${figures}, within the limit of ${formatBytes(limitBytes)}.`;
  return (
    `${figures}: ${formatBytes(bytes - limitBytes)} above the limit of ${formatBytes(limitBytes)}.\n` +
    "Process the data in smaller pieces or as a stream, or raise the limit."
  );
}

/**
 * Limits the live memory of what follows, to the end of the block: `using limit = limitMemory("64MiB")`.
 *
 * @param size - above the level at the start: `64MiB`, `512kb`, bytes.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE`. At the end of the block `ERR_PLIMSOLL_OVER_LIMIT`.
 */
export function limitMemory(size: SizeInput): MemoryLimit;
/**
 * Limits the live memory of a function: `await limitMemory("64MiB", () => importAll())`.
 *
 * @param size - above the level at the start: `64MiB`, `512kb`, bytes.
 * @param fn - is called once.
 * @returns what the function gives.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE`, `ERR_PLIMSOLL_OVER_LIMIT`; and whatever the function throws.
 */
export function limitMemory<T>(size: SizeInput, fn: () => T | PromiseLike<T>): Promise<T>;
export function limitMemory<T>(size: SizeInput, fn?: () => T | PromiseLike<T>): MemoryLimit | Promise<T> {
  const limit = new MemoryLimit(parseBytes(size));
  return fn ? runWithin(limit, fn) : limit;
}

async function runWithin<T>(limit: MemoryLimit, fn: () => T | PromiseLike<T>): Promise<T> {
  try {
    const value = await fn();
    limit[Symbol.dispose]();
    return value;
  } finally {
    limit.end();
  }
}

/** Calls a function once and measures its peak. */
export async function measurePeak(fn: TestedFunction, size: SizeInput): Promise<MemoryPeak> {
  const limit = new MemoryLimit(parseBytes(size));
  try {
    const result = fn();
    if (isThenable(result)) await result;
    return limit.end();
  } finally {
    limit.end();
  }
}
