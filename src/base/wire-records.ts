/**
 * The pieces that messages between a watched program and its watcher are made of, and that recordings keep:
 * collections, spaces, allocation sites, owned values. Times are milliseconds since the Unix epoch, sizes bytes.
 */

/** One major collection: the heap right after it is the post-GC floor. */
export interface CollectionRecord {
  /** When it ended. */
  readonly timeMs: number;
  /** The heap right after it. */
  readonly usedBytes: number;
  /** External memory right after it. */
  readonly externalBytes: number;
  /** Known only where memory was read right after a forced collection. */
  readonly arrayBuffersBytes?: number;
  /** Of a profile's collection: how long reading it stopped the thread in all. */
  readonly pauseMs: number;
  /** CPU time that the process used meanwhile, all threads of it; known of a profile's collection only. */
  readonly cpuMs?: number;
  /** True when the watcher asked for it. External memory is settled only then: otherwise it may lag by one collection. */
  readonly forced: boolean;
}

/** One space of V8's heap, such as `old_space`, `code_space` or `trusted_space`. */
export interface HeapSpaceRecord {
  /** As V8 calls it. */
  readonly name: string;
  /** Living objects, and garbage not yet collected. */
  readonly usedBytes: number;
  /** Held for the space. */
  readonly sizeBytes: number;
}

/** glibc's account of the whole process, see mallinfo(3), with the resident set of the same moment. */
export interface AllocatorRecord {
  /** When it was read. */
  readonly timeMs: number;
  /** Of the process. */
  readonly rssBytes: number;
  /** Obtained for small and middle blocks: the main heap and the arenas of threads. */
  readonly arenaBytes: number;
  /** Part of `arenaBytes` that the program holds. */
  readonly usedBytes: number;
  /** Part of `arenaBytes` that is free; address space, of which the kernel may have taken the pages back. */
  readonly freeBytes: number;
  /** Held in large blocks with a mapping of their own; not part of `arenaBytes`. */
  readonly mmappedBytes: number;
  /** Number of such blocks. */
  readonly mmappedCount: number;
}

/**
 * What may be tried on a running program: `collect` forces a garbage collection; `turn` lets the turn of the event
 * loop end and collects again, which releases what WeakRefs held; `trim` gives back what glibc keeps free.
 */
export type ExperimentName = "collect" | "turn" | "trim";

/** Memory around an experiment. */
export interface ExperimentReading {
  /** Of the process. */
  readonly rssBytes: number;
  /** Of the thread, as all that follow but the allocator's. */
  readonly heapUsedBytes: number;
  /** What V8 holds for the heap. */
  readonly heapTotalBytes: number;
  /** Includes `arrayBuffersBytes`. */
  readonly externalBytes: number;
  /** ArrayBuffers and Buffers. */
  readonly arrayBuffersBytes: number;
  /** Held by the program in glibc's main heap and arenas; of `trim` only, as the next two. */
  readonly allocatorUsedBytes?: number;
  /** Free there. */
  readonly allocatorFreeBytes?: number;
  /** In large blocks of their own. */
  readonly allocatorMmappedBytes?: number;
}

/** Collections of one class, without anything of what is in them. */
export interface CollectionCensus {
  /** Of the class. */
  readonly name: string;
  /** How many live. */
  readonly count: number;
  /** Entries of all together. */
  readonly entries: number;
  /** Entries of the largest, at most three. */
  readonly largest: readonly number[];
}

/** Where in the code something is. Lines and columns count from 1. */
export interface CodeLocation {
  /** Function name as V8 gives it; "(anonymous)" where it has none, "(module)" for a module's own code. */
  readonly function: string;
  /** Path or URL of the script, mapped through a source map where one was found. */
  readonly file: string;
  /** The line on which the function starts. */
  readonly line: number;
  /** The column on which the function starts. */
  readonly column: number;
}

/** Sampled, still living bytes that one call path allocated. */
export interface AllocationSite {
  /** Innermost frame outside Node's own code. */
  readonly where: CodeLocation;
  /** Its callers, nearest first, at most 8. */
  readonly callers: readonly CodeLocation[];
  /** Of the objects that still live. */
  readonly bytes: number;
  /** How many of them, estimated from the samples. */
  readonly count: number;
  /** Bytes allocated in Node's own functions below `where` (Buffers, streams), part of `bytes`. */
  readonly viaNodeBytes: number;
}

/** Living values of one library, as the program's own ledger (`plimsoll/scope`) counts them. */
export interface OwnedTotal {
  /** The library, as its adapter calls it. */
  readonly name: string;
  /** Created and not released. Exact. */
  readonly live: number;
  /** Created so far. */
  readonly created: number;
  /** Of the living ones, outside of the JavaScript heap, estimated; absent where the library does not tell. */
  readonly bytes?: number;
}

/** Living values of one library that were made in one place; estimated from samples. */
export interface OwnedPlace {
  /** The library. */
  readonly name: string;
  /** The call that made them: its own line, not that of its function. Absent where the stack names no file. */
  readonly where?: CodeLocation;
  /** How many live. */
  readonly live: number;
  /** Their bytes; absent where the library does not tell. */
  readonly bytes?: number;
  /** Since when the oldest lives. */
  readonly sinceMs: number;
}
