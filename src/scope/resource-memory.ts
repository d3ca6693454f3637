/**
 * Memory of the process around a piece of work. It belongs to the process: work that overlaps is billed for both, and
 * a collection in between makes a figure smaller than what was taken.
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

/** Reads the process; about 5 us. */
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
