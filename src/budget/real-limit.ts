/**
 * The limit that ends this program first: the old space of the calling thread's heap, or the limit on the process
 * (container, machine). A budget takes what is left of it below a margin: the rest is for the collector and for what nobody counts.
 */
import { getHeapStatistics } from "node:v8";
import { readLimits, tightestLimit } from "../probe/limit.ts";
import { oldSpaceBytes } from "./heap-room.ts";

/** What is left below the limit that is met first. */
export interface RealLimit {
  /** The limit itself. */
  readonly limitBytes: number;
  /** What counts against it now. */
  readonly usedBytes: number;
  /** Where it comes from, in words. */
  readonly source: string;
}

/** Reads it. Takes about 0.2 ms. */
export function readRealLimit(): RealLimit {
  const heap: RealLimit = {
    limitBytes: oldSpaceBytes(),
    usedBytes: getHeapStatistics().used_heap_size,
    source: "the old space of V8's heap",
  };
  const process = tightestLimit(readLimits());
  if (process?.bytes === undefined) return heap;
  const whole: RealLimit = { limitBytes: process.bytes, usedBytes: residentBytes(), source: process.source };
  return whole.limitBytes - whole.usedBytes < heap.limitBytes - heap.usedBytes ? whole : heap;
}

function residentBytes(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return 0; // Linux without /proc
  }
}
