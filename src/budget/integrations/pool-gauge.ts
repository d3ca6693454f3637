/**
 * Memory of a program whose work runs in worker threads, read by the thread that hands the work out. Heaps and Buffers of
 * other threads do not show in its own heap, and a worker's `resourceLimits` do not count Buffers: what tasks hold
 * is learned from what the resident set has grown by since the beginning.
 */
import { type LiveReading, ProcessGauge } from "../memory-gauge.ts";
import type { SizeInput } from "../../base/bytes.ts";

/** Readings are so far apart, since all of them count the same. */
const INTERVAL_MS = 50;

/** For `new AdaptiveLimiter({ gauge: new PoolGauge() })` in front of a pool of worker threads. Make it when the pool's threads run. */
export class PoolGauge extends ProcessGauge {
  readonly #baseBytes: number;
  #liveHeapBytes: number;
  #readMs = Number.NEGATIVE_INFINITY;

  /**
   * @param limit - what the process may use: a size, or a share of the tightest limit that applies. Default: that limit.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when it is no size, or a share and nothing limits the process.
   */
  constructor(limit?: SizeInput) {
    super(limit);
    this.#baseBytes = this.residentBytes();
    this.#liveHeapBytes = this.heapUsedBytes();
  }

  /** The resident set at most every 50 ms. */
  override drain(): readonly LiveReading[] {
    this.#liveHeapBytes = super.drain().at(-1)?.heapBytes ?? this.#liveHeapBytes;
    const nowMs = performance.now();
    if (nowMs - this.#readMs < INTERVAL_MS) return [];
    this.#readMs = nowMs;
    const externalBytes = Math.max(0, this.residentBytes() - this.#baseBytes);
    return [{ heapBytes: this.#liveHeapBytes, externalBytes }];
  }
}
