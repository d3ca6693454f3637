/**
 * One reading of a program's memory, cheap enough to be taken ten times a second: Node's and V8's own
 * counters. What would cost more the more memory there is (smaps, code statistics) is never read here.
 */
import { GCProfiler } from "node:v8";
import { formatBytes } from "../base/bytes.ts";
import { type LimitReading, readLimits } from "../probe/limit.ts";
import { readV8 } from "../probe/v8.ts";

/** The sizes in a reading, in the order in which they are told. */
export const MEMORY_COLUMNS = [
  "rssBytes",
  "heapUsedBytes",
  "heapTotalBytes",
  "externalBytes",
  "arrayBuffersBytes",
  "nativeBytes",
] as const;

/** Name of one size in a reading. */
export type MemoryColumn = (typeof MEMORY_COLUMNS)[number];

/** The sizes of a reading. */
export interface MemorySizes {
  /** Resident set of the process: all of its memory that is in RAM. */
  readonly rssBytes: number;
  /** JavaScript objects of this thread, garbage that is not yet collected included. */
  readonly heapUsedBytes: number;
  /** Pages that V8 holds for this thread's heap. */
  readonly heapTotalBytes: number;
  /** Memory outside of the heap that objects keep; includes `arrayBuffersBytes`. */
  readonly externalBytes: number;
  /** ArrayBuffers and Buffers. 0 where Node cannot tell. */
  readonly arrayBuffersBytes: number;
  /** What is left: resident memory beyond heap and external memory, at least 0. Code, stacks, addons, freed but kept memory, other threads' heaps. */
  readonly nativeBytes: number;
}

/** One reading. */
export interface MemorySample extends MemorySizes {
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
}

/** What changed between two readings; negative where memory shrank. */
export interface MemoryDelta extends MemorySizes {
  /** Time between them. */
  readonly elapsedMs: number;
}

/** What of V8's `GCProfiler` is used here. */
export interface CollectionProfiler {
  /** Begins to observe. */
  start(): void;
  /** Ends that, and tells what was seen. */
  stop(): { readonly statistics: readonly CollectionStatistics[] } | undefined;
}

/** One collection as V8 reports it. */
export interface CollectionStatistics {
  /** V8's name of the kind of collection. */
  readonly gcType: string;
  /** Microseconds. */
  readonly cost: number;
  /** The heap right after it. */
  readonly afterGC: { readonly heapStatistics: { readonly usedHeapSize: number; readonly externalMemory: number } };
}

/** Where readings come from. */
export interface MemorySource {
  /** Reads the sizes now. */
  read(): MemorySizes;
  /** Largest resident set that the kernel ever saw of this process, in bytes: also between readings. */
  highWaterBytes(): number;
  /** Observes collections from `start` to `stop`. */
  createProfiler(): CollectionProfiler;
  /** Reads the limits that apply. */
  readLimits(): readonly LimitReading[];
}

/** This process and the calling thread's heap. */
export const processSource: MemorySource = {
  read() {
    const v8 = readV8();
    // Without /proc the resident set cannot be read; getrusage(2) still knows its high-water mark.
    const rssBytes = v8.rssBytes ?? processSource.highWaterBytes();
    const { heapUsedBytes, heapTotalBytes, externalBytes, arrayBuffersBytes = 0 } = v8;
    const nativeBytes = Math.max(0, rssBytes - heapTotalBytes - externalBytes);
    return { rssBytes, heapUsedBytes, heapTotalBytes, externalBytes, arrayBuffersBytes, nativeBytes };
  },
  highWaterBytes: () => process.resourceUsage().maxRSS * 1024,
  createProfiler: () => new GCProfiler(),
  readLimits: () => readLimits(),
};

/**
 * What changed from one reading to a later one.
 *
 * @param from - the earlier.
 * @param to - the later.
 */
export function delta(from: MemorySample, to: MemorySample): MemoryDelta {
  return {
    elapsedMs: to.timeMs - from.timeMs,
    ...mapSizes((column) => to[column] - from[column]),
  };
}

/** Builds sizes column by column. */
export function mapSizes(size: (column: MemoryColumn) => number): MemorySizes {
  return {
    rssBytes: size("rssBytes"),
    heapUsedBytes: size("heapUsedBytes"),
    heapTotalBytes: size("heapTotalBytes"),
    externalBytes: size("externalBytes"),
    arrayBuffersBytes: size("arrayBuffersBytes"),
    nativeBytes: size("nativeBytes"),
  };
}

/**
 * A reading in one line, for logs: `391 MB resident (76% of 512 MB): heap 268 of 280 MB, …`.
 *
 * @param sizes - a reading, or what changed between two.
 * @param limitBytes - adds the share of this limit. Default: none.
 */
export function formatSnapshot(sizes: MemorySizes, limitBytes?: number): string {
  const share =
    limitBytes === undefined
      ? ""
      : ` (${Math.round((sizes.rssBytes / limitBytes) * 100)}% of ${formatBytes(limitBytes)})`;
  const external = sizes.externalBytes - sizes.arrayBuffersBytes;
  return (
    `${formatBytes(sizes.rssBytes)} resident${share}: heap ${formatBytes(sizes.heapUsedBytes)} used of ` +
    `${formatBytes(sizes.heapTotalBytes)}, array buffers ${formatBytes(sizes.arrayBuffersBytes)}, ` +
    `other external ${formatBytes(external)}, native ${formatBytes(sizes.nativeBytes)}`
  );
}
