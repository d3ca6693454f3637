/**
 * What V8 collects, and the heap right after each major collection: the post-GC floor, the only figure of
 * a heap that holds no garbage. V8's `GCProfiler` is read in short slices; each collection costs time to
 * report, so after a slice with many of them the observer rests until its share of the time is small.
 */
import { Ring } from "./ring.ts";
import type { CollectionProfiler, CollectionStatistics } from "./sample.ts";

/** The heap right after a major collection. */
export interface HeapFloor {
  /** Milliseconds since the epoch, known to within a slice of 1 to 4 seconds. */
  readonly timeMs: number;
  /** Objects that lived. */
  readonly usedBytes: number;
  /** External memory, array buffers included; dead ones may still be counted until the next collection. */
  readonly externalBytes: number;
}

/** One major collection. */
export interface MajorCollection extends HeapFloor {
  /** How long the thread stood still. */
  readonly pauseMs: number;
}

/** Collections so far, of the observed stretches. */
export interface CollectionCounts {
  /** Major collections. */
  readonly majors: number;
  /** Minor collections. */
  readonly minors: number;
  /** Pauses of all of them together. */
  readonly pauseMs: number;
  /** Length of the observed stretches; collections outside of them were not seen. */
  readonly observedMs: number;
}

/** A slice without a collection makes the next one twice as long, up to the most; one with any makes it short again. */
const MIN_SLICE_MS = 1000;
const MAX_SLICE_MS = 4000;
/** Reporting one collection, in ms: measured by bench/monitor.bench.ts. */
const REPORT_MS = 0.05;
/** Share of a core that reporting may use. */
const MAX_SHARE = 0.001;
const MAX_REST_MS = 30_000;

/** Observes collections; has no timer of its own but is told the time. */
export class CollectionObserver {
  readonly #createProfiler: () => CollectionProfiler;
  readonly #onMajor: (collection: MajorCollection) => void;
  readonly #floors = new Ring({ columns: ["usedBytes", "externalBytes"], bucketsPerLevel: 64, levels: 10 });
  #profiler: CollectionProfiler | undefined;
  #sliceStartMs = 0;
  #sliceMs = MIN_SLICE_MS;
  #resumeMs = Number.NEGATIVE_INFINITY;
  #counts = { majors: 0, minors: 0, pauseMs: 0, observedMs: 0 };

  /**
   * @param createProfiler - gives a V8 `GCProfiler`.
   * @param onMajor - called for each major collection once its slice ends. Default: nobody.
   */
  constructor(createProfiler: () => CollectionProfiler, onMajor: (collection: MajorCollection) => void = () => {}) {
    this.#createProfiler = createProfiler;
    this.#onMajor = onMajor;
  }

  /** Collections so far. */
  get counts(): CollectionCounts {
    return { ...this.#counts };
  }

  /** Bytes of the kept floors. */
  get byteLength(): number {
    return this.#floors.byteLength;
  }

  /**
   * Floors, oldest first; older ones are merged to their lowest.
   *
   * @param sinceMs - only from this time on. Default: all.
   */
  floors(sinceMs?: number): HeapFloor[] {
    return Array.from(this.#floors.buckets(sinceMs), ({ startMs, endMs, min }) => ({
      timeMs: (startMs + endMs) / 2,
      ...min,
    }));
  }

  /** Ends or begins a slice when it is time to. */
  tick(nowMs: number): void {
    if (this.#profiler && nowMs - this.#sliceStartMs >= this.#sliceMs) this.stop(nowMs);
    if (!this.#profiler && nowMs >= this.#resumeMs) {
      this.#profiler = this.#createProfiler();
      this.#profiler.start();
      this.#sliceStartMs = nowMs;
    }
  }

  /** Ends the present slice. */
  stop(nowMs: number): void {
    const statistics = this.#profiler?.stop()?.statistics;
    this.#profiler = undefined;
    if (!statistics) return;
    const elapsedMs = nowMs - this.#sliceStartMs;
    this.#sliceMs = statistics.length === 0 ? Math.min(MAX_SLICE_MS, this.#sliceMs * 2) : MIN_SLICE_MS;
    this.#counts.observedMs += elapsedMs;
    for (const [index, collection] of statistics.entries()) {
      // V8 does not date them: spread over the slice.
      this.#take(collection, this.#sliceStartMs + ((index + 1) / statistics.length) * elapsedMs);
    }
    const restMs = (statistics.length * REPORT_MS) / MAX_SHARE - elapsedMs;
    this.#resumeMs = nowMs + Math.min(MAX_REST_MS, restMs);
  }

  #take(collection: CollectionStatistics, timeMs: number): void {
    const pauseMs = collection.cost / 1000;
    this.#counts.pauseMs += pauseMs;
    // "MarkSweepCompact" is major; "Scavenge" and "MinorMarkSweep" are minor; the rest are steps of a major one.
    if (collection.gcType.startsWith("Mark")) {
      const { usedHeapSize: usedBytes, externalMemory: externalBytes } = collection.afterGC.heapStatistics;
      this.#counts.majors += 1;
      this.#floors.push(timeMs, { usedBytes, externalBytes });
      this.#onMajor({ timeMs, usedBytes, externalBytes, pauseMs });
    } else if (collection.gcType === "Scavenge" || collection.gcType.startsWith("Minor")) {
      this.#counts.minors += 1;
    }
  }
}
