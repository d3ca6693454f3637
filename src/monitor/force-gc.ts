/**
 * A full garbage collection on demand, with what it freed. The thread stands still meanwhile, the longer
 * the more objects live: for tests and measurements.
 */
import { collectGarbage } from "../probe/collector.ts";
import { type MemorySizes, mapSizes, processSource } from "./sample.ts";

/** What a forced collection did. */
export interface ForcedCollection {
  /** Readings before less readings after; negative where memory grew meanwhile. */
  readonly freed: MemorySizes;
  /** Read just before. */
  readonly before: MemorySizes;
  /** Read just after. */
  readonly after: MemorySizes;
  /** How long the thread stood still. */
  readonly pauseMs: number;
}

/**
 * Collects all garbage of the calling thread and says what that freed. Objects behind a `WeakRef` that was
 * read in this turn of the event loop live until its end. Resident memory often stays: the allocator keeps pages.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_GC_UNAVAILABLE` when V8 does not hand out its collector.
 */
export function forceGC(): ForcedCollection {
  const before = processSource.read();
  const start = performance.now();
  collectGarbage();
  const pauseMs = performance.now() - start;
  const after = processSource.read();
  return { freed: mapSizes((column) => before[column] - after[column]), before, after, pauseMs };
}
