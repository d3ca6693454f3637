/**
 * What a limiter reads of memory. The heap is read right after major collections (V8's `GCProfiler`), because only
 * then it holds no garbage: a reading at any other moment bills tasks for what is already dead (measured: 14.3 MB a task
 * where 8.4 lived). The resident set is read at any time. A simulator gives the same interface on a virtual clock.
 */
import { getHeapStatistics, GCProfiler } from "node:v8";
import { parseBytes, type SizeInput } from "../base/bytes.ts";
import { collectGarbageOnce } from "../probe/collector.ts";
import { readLimits, tightestLimit } from "../probe/limit.ts";
import { ResidentReader } from "../probe/process.ts";
import { oldSpaceBytes } from "./heap-room.ts";

/** The heap right after a major collection. */
export interface LiveReading {
  /** Objects that live. */
  readonly heapBytes: number;
  /** Memory outside of the heap that they keep. */
  readonly externalBytes: number;
  /** How long the thread stood still at the end of the collection. */
  readonly pauseMs: number;
}

/** Reads memory for those who decide how much work fits. */
export interface MemoryGauge extends Disposable {
  /** What V8 lets live in this thread. */
  readonly oldSpaceBytes: number;
  /** The limit on the process; `undefined` when nothing limits it. */
  readonly processLimitBytes: number | undefined;
  /** Major collections since the last call, oldest first. About 2 µs without one. */
  drain(): readonly LiveReading[];
  /** Objects now, dead ones included. */
  heapUsedBytes(): number;
  /** Memory outside of the heap that objects keep now, in the same account as {@link LiveReading.externalBytes}. */
  externalBytes(): number;
  /** All that was allocated so far, on the heap and outside, what is freed included. It only grows; late by what was freed since the last `drain`. */
  allocatedBytes(): number;
  /** Resident set of the process now. About 1 µs. */
  residentBytes(): number;
  /** Share of the time that the thread was busy since the last call, 0..1. */
  busyRatio(): number;
  /** Collects all garbage; the thread stands still meanwhile. The collection shows in the next `drain`. */
  collect(): void;
}

/** The memory of this process and of the calling thread's heap. */
export class ProcessGauge implements MemoryGauge {
  readonly oldSpaceBytes: number;
  readonly processLimitBytes: number | undefined;
  readonly #profiler = new GCProfiler();
  readonly #resident = new ResidentReader("self");
  #loop = performance.eventLoopUtilization();
  #freedBytes = 0;
  #active = true;

  /**
   * @param limit - what the process may use: a size, or a share of the tightest limit that applies. Default: that limit.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when it is no size, or a share and nothing limits the process.
   */
  constructor(limit?: SizeInput) {
    const tightest = tightestLimit(readLimits())?.bytes;
    this.oldSpaceBytes = oldSpaceBytes();
    this.processLimitBytes = limit === undefined ? tightest : parseBytes(limit, tightest);
    this.#profiler.start();
  }

  drain(): readonly LiveReading[] {
    if (!this.#active) return [];
    const statistics = this.#profiler.stop()?.statistics ?? [];
    this.#profiler.start();
    for (const { beforeGC, afterGC } of statistics) {
      this.#freedBytes += sizeOf(beforeGC.heapStatistics) - sizeOf(afterGC.heapStatistics);
    }
    const collections = statistics.filter(({ gcType }) => gcType.startsWith("Mark"));
    if (collections.length === 0) return [];
    // V8 frees dead Buffers beside the program, and takes them off its account when the next one is made: until then they count as alive.
    void new ArrayBuffer(8);
    const externalBytes = this.externalBytes();
    return collections.map(({ cost, afterGC: { heapStatistics } }) => ({
      heapBytes: heapStatistics.usedHeapSize,
      externalBytes: Math.min(externalBytes, heapStatistics.externalMemory),
      pauseMs: cost / 1000,
    }));
  }

  heapUsedBytes(): number {
    return getHeapStatistics().used_heap_size;
  }

  externalBytes(): number {
    return getHeapStatistics().external_memory;
  }

  allocatedBytes(): number {
    const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics();
    return heapBytes + externalBytes + this.#freedBytes;
  }

  residentBytes(): number {
    return this.#resident.read() ?? process.memoryUsage.rss();
  }

  busyRatio(): number {
    const { utilization } = performance.eventLoopUtilization(this.#loop);
    this.#loop = performance.eventLoopUtilization();
    return utilization;
  }

  collect(): void {
    collectGarbageOnce();
  }

  /** Stops observing. */
  [Symbol.dispose](): void {
    if (!this.#active) return;
    this.#active = false;
    this.#profiler.stop();
    this.#resident[Symbol.dispose]();
  }
}

function sizeOf({ usedHeapSize, externalMemory }: { usedHeapSize: number; externalMemory: number }): number {
  return usedHeapSize + externalMemory;
}
