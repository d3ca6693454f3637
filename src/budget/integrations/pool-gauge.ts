/**
 * Memory of a program whose work runs in worker threads, read by the thread that hands the work out. Heaps and Buffers of
 * other threads do not show in its own heap, and a worker's `resourceLimits` do not count Buffers: what tasks hold
 * is learned from what the resident set has grown by since the beginning.
 */
import type { SizeInput } from "../../base/bytes.ts";
import { type LiveReading, type MemoryGauge, ProcessGauge } from "../memory-gauge.ts";

/** Readings are so far apart, since all of them count the same. */
const INTERVAL_MS = 50;

/** For `new AdaptiveLimiter({ gauge: new PoolGauge() })` in front of a pool of worker threads. Make it when the pool has started. */
export class PoolGauge implements MemoryGauge {
  /** What V8 lets live in the thread that hands the work out. */
  readonly oldSpaceBytes: number;
  /** The limit on the process; `undefined` when nothing limits it. */
  readonly processLimitBytes: number | undefined;
  readonly #own: MemoryGauge;
  readonly #baseBytes: number;
  #liveHeapBytes: number;
  #readMs = Number.NEGATIVE_INFINITY;

  /**
   * @param limit - what the process may use: a size, or a share of the tightest limit that applies. Default: that limit.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when it is no size, or a share and nothing limits the process.
   */
  constructor(limit?: SizeInput) {
    this.#own = new ProcessGauge(limit);
    this.oldSpaceBytes = this.#own.oldSpaceBytes;
    this.processLimitBytes = this.#own.processLimitBytes;
    this.#baseBytes = this.residentBytes();
    this.#liveHeapBytes = this.heapUsedBytes();
  }

  /** What the resident set has grown by, every 50 ms at most. */
  drain(): readonly LiveReading[] {
    this.#liveHeapBytes = this.#own.drain().at(-1)?.heapBytes ?? this.#liveHeapBytes;
    const nowMs = performance.now();
    if (nowMs - this.#readMs < INTERVAL_MS) return [];
    this.#readMs = nowMs;
    const externalBytes = Math.max(0, this.residentBytes() - this.#baseBytes);
    return [{ heapBytes: this.#liveHeapBytes, externalBytes, pauseMs: 0 }];
  }

  /** Objects of this thread now, dead ones included. */
  heapUsedBytes(): number {
    return this.#own.heapUsedBytes();
  }

  /** None: what the threads hold is counted as growth of the resident set. */
  externalBytes(): number {
    return 0;
  }

  /** Resident set of the process now: what the threads have freed of it cannot be seen. */
  allocatedBytes(): number {
    return this.residentBytes();
  }

  /** Resident set of the process now. */
  residentBytes(): number {
    return this.#own.residentBytes();
  }

  /** Share of the time that this thread was busy since the last call, 0..1. */
  busyRatio(): number {
    return this.#own.busyRatio();
  }

  /** Collects the garbage of this thread; nobody can collect that of another. */
  collect(): void {
    this.#own.collect();
  }

  /** Stops observing. */
  [Symbol.dispose](): void {
    this.#own[Symbol.dispose]();
  }
}
