/**
 * Garbage collections of this thread, heard through `v8.GCProfiler` in slices. Listening costs about
 * 12 microseconds a collection, so after a busy slice it rests until the cost is below 0.1 % of the
 * time; what was not observed is said by `observedMs`. A major collection tells the post-GC floor.
 */
import type { GCProfiler, GCProfilerResult } from "node:v8";
import type { CollectionRecord, CollectionsMessage } from "../base/wire.ts" with { "resolution-mode": "import" };

const v8 = require("node:v8") as typeof import("node:v8");

const COST_MS = 0.012;
const MAX_SHARE = 0.001;
const MAX_PENDING_MAJORS = 200;

interface Pending {
  majors: CollectionRecord[];
  minorCount: number;
  totalPauseMs: number;
  observedMs: number;
}

class Collections {
  #profiler: GCProfiler | undefined;
  #sinceMs = 0;
  #restUntilMs = 0;
  #pending: Pending = { majors: [], minorCount: 0, totalPauseMs: 0, observedMs: 0 };
  #collect: ((options?: object) => void) | undefined;

  /** Contexts that were made here and live on. */
  ownContexts = 0;

  /** CPU milliseconds that listening has cost so far, estimated. */
  ownCpuMs = 0;

  /** Begins to listen, unless it rests. */
  start(): void {
    const nowMs = Date.now();
    if (this.#profiler !== undefined || nowMs < this.#restUntilMs) return;
    this.#profiler = new v8.GCProfiler();
    this.#profiler.start();
    this.#sinceMs = nowMs;
  }

  /** Ends the running slice. */
  stop(): void {
    const profiler = this.#profiler;
    if (profiler === undefined) return;
    this.#profiler = undefined;
    const nowMs = Date.now();
    const statistics = profiler.stop()?.statistics ?? [];
    const observedMs = nowMs - this.#sinceMs;
    const costMs = statistics.length * COST_MS;
    this.ownCpuMs += costMs;
    this.#restUntilMs = this.#sinceMs + costMs / MAX_SHARE;
    this.#pending.observedMs += observedMs;
    statistics.forEach((one, index) => {
      // V8 does not date them: spread them evenly over the slice.
      const timeMs = Math.round(this.#sinceMs + (observedMs * (index + 1)) / statistics.length);
      this.#note(one, timeMs);
    });
  }

  /** What was heard since the last call; `undefined` when there is nothing to tell yet. */
  take(always: boolean): CollectionsMessage | undefined {
    this.stop();
    const pending = this.#pending;
    const heard = pending.majors.length + pending.minorCount > 0;
    if (!heard && !always && pending.observedMs < 5000) return undefined;
    this.#pending = { majors: [], minorCount: 0, totalPauseMs: 0, observedMs: 0 };
    return { type: "collections", ...pending };
  }

  /**
   * Runs `action`, which forces a major collection, and tells the floor after it. A minor collection
   * follows (0.3-3 ms): without it V8 still counts the array buffers that the major one has freed.
   */
  force(action: (() => void) | undefined): CollectionRecord {
    this.stop();
    const collect = this.#exposed();
    const profiler = new v8.GCProfiler();
    const began = process.hrtime.bigint();
    profiler.start();
    if (action === undefined) collect();
    else action();
    const last = profiler.stop()?.statistics.filter(isMajor).pop();
    collect({ type: "minor" });
    const pauseMs = Number(process.hrtime.bigint() - began) / 1e6;
    const usage = process.memoryUsage();
    return {
      timeMs: Date.now(),
      usedBytes: last?.afterGC.heapStatistics.usedHeapSize ?? usage.heapUsed,
      externalBytes: usage.external,
      arrayBuffersBytes: usage.arrayBuffers,
      pauseMs,
      forced: true,
    };
  }

  #note(one: GcStatistic, timeMs: number): void {
    const pauseMs = one.cost / 1000;
    this.#pending.totalPauseMs += pauseMs;
    if (!isMajor(one)) {
      this.#pending.minorCount += 1;
      return;
    }
    const { usedHeapSize, externalMemory } = one.afterGC.heapStatistics;
    if (this.#pending.majors.length >= MAX_PENDING_MAJORS) this.#pending.majors.shift();
    this.#pending.majors.push({
      timeMs,
      usedBytes: usedHeapSize,
      externalBytes: externalMemory,
      pauseMs,
      forced: false,
    });
  }

  /** `gc()` without a flag of the user's: the flag is set only while a context is made that gets it. */
  #exposed(): (options?: object) => void {
    if (this.#collect !== undefined) return this.#collect;
    const own = (globalThis as { gc?: (options?: object) => void }).gc;
    if (typeof own === "function") return (this.#collect = own);
    const { runInNewContext } = require("node:vm") as typeof import("node:vm");
    let made: unknown;
    // Flags belong to the whole process: another thread may have taken this one back in between.
    for (let tries = 0; tries < 10 && typeof made !== "function"; tries += 1) {
      v8.setFlagsFromString("--expose-gc");
      made = runInNewContext("globalThis.gc");
    }
    v8.setFlagsFromString("--no-expose-gc");
    if (typeof made !== "function") throw new Error("V8 gives no gc()");
    this.ownContexts = 1;
    return (this.#collect = made as (options?: object) => void);
  }
}

type GcStatistic = GCProfilerResult["statistics"][number];

function isMajor(one: GcStatistic): boolean {
  return one.gcType === "MarkSweepCompact";
}

export type { Collections };
module.exports = { Collections };
