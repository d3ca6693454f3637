/**
 * Memory of the process around a piece of work. It belongs to the process, so work that overlaps is billed to each;
 * a figure read while something else ran says so.
 */

/** Bytes of the process, or a difference of two readings. */
export interface ProcessBytes {
  /** Resident set. */
  readonly rssBytes: number;
  /** Used part of the JavaScript heap. */
  readonly heapUsedBytes: number;
  /** Outside of the heap, as V8 accounts it, array buffers included. */
  readonly externalBytes: number;
}

/** Reads the process; about 10 us. */
export function readProcessBytes(): ProcessBytes {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
}

/** What was added from one reading to another; negative where memory was given back. */
export function addedBytes(from: ProcessBytes, to: ProcessBytes): ProcessBytes {
  return {
    rssBytes: to.rssBytes - from.rssBytes,
    heapUsedBytes: to.heapUsedBytes - from.heapUsedBytes,
    externalBytes: to.externalBytes - from.externalBytes,
  };
}
