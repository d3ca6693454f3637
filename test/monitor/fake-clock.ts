/** A clock that tests move by hand, and a program whose memory they set. */
import type { Clock } from "../../src/base/clock.ts";
import type { LimitReading } from "../../src/probe/limit.ts";
import type { CollectionStatistics, MemorySizes, MemorySource } from "../../src/monitor/sample.ts";

export const MB = 2 ** 20;

/** Timers fire in order while time advances. */
export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  readonly #timers = new Set<{ dueMs: number; readonly intervalMs: number; readonly task: () => void }>();

  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  every(intervalMs: number, task: () => void): Disposable {
    const timer = { dueMs: this.#nowMs + intervalMs, intervalMs, task };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs);
      if (!next || next.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.dueMs += next.intervalMs;
      next.task();
    }
    this.#nowMs = endMs;
  }
}

/** Memory that a test sets. */
export class FakeSource implements MemorySource {
  sizes: MemorySizes = {
    rssBytes: 100 * MB,
    heapUsedBytes: 20 * MB,
    heapTotalBytes: 30 * MB,
    externalBytes: 10 * MB,
    arrayBuffersBytes: 5 * MB,
    nativeBytes: 60 * MB,
  };
  highWater = 100 * MB;
  processLimit: number | undefined = 1000 * MB;
  heapLimit = 400 * MB;
  /** Collections of the present slice. */
  collections: CollectionStatistics[] = [];
  profilers = 0;

  set(sizes: Partial<MemorySizes>): void {
    this.sizes = { ...this.sizes, ...sizes };
    this.highWater = Math.max(this.highWater, this.sizes.rssBytes);
  }

  collect(usedHeapSize: number, externalMemory = 0, gcType = "MarkSweepCompact"): void {
    this.collections.push({ gcType, cost: 2000, afterGC: { heapStatistics: { usedHeapSize, externalMemory } } });
  }

  read(): MemorySizes {
    return this.sizes;
  }

  highWaterBytes(): number {
    return this.highWater;
  }

  createProfiler(): ReturnType<MemorySource["createProfiler"]> {
    this.profilers += 1;
    return {
      start: () => {
        this.collections = [];
      },
      stop: () => {
        const statistics = this.collections;
        this.collections = [];
        return { statistics };
      },
    };
  }

  readLimits(): LimitReading[] {
    return [
      { bytes: this.processLimit, source: "a container", kind: "cgroup-v2", bounds: "process" },
      { bytes: this.heapLimit, source: "V8", kind: "v8-heap", bounds: "heap" },
    ];
  }
}
