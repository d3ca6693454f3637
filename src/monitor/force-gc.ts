/**
 * A full garbage collection on demand, without starting Node with `--expose-gc`: V8 gives `gc` to every
 * context that is created while the flag is set, so one is created for the purpose. The thread stands still
 * meanwhile, the longer the more objects live: for tests and measurements.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PlimsollError } from "../base/errors.ts";
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

let collect: (() => void) | undefined;

/**
 * Collects all garbage of the calling thread and says what that freed. Objects behind a `WeakRef` that was
 * read in this turn of the event loop live until its end. Resident memory often stays: the allocator keeps pages.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_GC_UNAVAILABLE` when V8 does not hand out its collector.
 */
export function forceGC(): ForcedCollection {
  collect ??= findCollector();
  const before = processSource.read();
  const start = performance.now();
  // The first run finds dead array buffers, and frees them beside the program; the second waits for that.
  collect();
  collect();
  const pauseMs = performance.now() - start;
  const after = processSource.read();
  return { freed: mapSizes((column) => before[column] - after[column]), before, after, pauseMs };
}

function findCollector(): () => void {
  const given: unknown = globalThis.gc;
  if (typeof given === "function") return () => void given();
  let cause: unknown;
  try {
    setFlagsFromString("--expose-gc");
    const found: unknown = runInNewContext("typeof gc === 'function' ? gc : undefined");
    if (typeof found === "function") return () => void found();
  } catch (error) {
    cause = error;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
  throw new PlimsollError(
    "ERR_PLIMSOLL_GC_UNAVAILABLE",
    "A collection cannot be forced here: V8 did not hand out its collector. Start Node with --expose-gc.",
    { cause },
  );
}
