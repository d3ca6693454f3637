/**
 * What a watched program and its watcher say to each other: one JSON object a line over a Unix
 * socket. The preload speaks from inside every thread; the watcher answers with requests.
 * All times are milliseconds since the Unix epoch, all sizes bytes. No heap strings, environment
 * values or argument values ever travel.
 */

/** First line of every connection: one connection is one thread of one process. */
export interface HelloMessage {
  /** Tells this message from the others. */
  readonly type: "hello";
  /** Process id. */
  readonly pid: number;
  /** Process id of the parent. */
  readonly parentPid: number;
  /** 0 is the main thread; others are `worker_threads` ids. */
  readonly threadId: number;
  /** Node's version without the `v`. */
  readonly node: string;
  /** V8's heap_size_limit of this thread. */
  readonly heapLimitBytes: number;
  /** A worker's own limits, where it has some. */
  readonly workerLimitBytes?: number;
  /** The part of `heapLimitBytes` that is not semi-spaces: V8 gives up when this is full. */
  readonly oldSpaceLimitBytes?: number;
  /** Base name of the main script, or "[eval]" and the like; never its arguments. */
  readonly script: string;
  /** When it was sent. */
  readonly timeMs: number;
  /** Milliseconds that loading the preload took. */
  readonly preloadMs: number;
}

/** Memory of one thread as it sees itself, sent on a timer. */
export interface SampleMessage {
  /** Tells this message from the others. */
  readonly type: "sample";
  /** When it was read. */
  readonly timeMs: number;
  /** Of the whole process. */
  readonly rssBytes: number;
  /** Living objects and garbage not yet collected, of this thread. */
  readonly heapUsedBytes: number;
  /** What V8 holds for this thread's heap. */
  readonly heapTotalBytes: number;
  /** As Node counts it: includes `arrayBuffersBytes`. */
  readonly externalBytes: number;
  /** ArrayBuffers and Buffers. */
  readonly arrayBuffersBytes: number;
  /** V8's own malloced_memory. */
  readonly mallocedBytes: number;
  /** HTTP requests that this thread has received since its start. */
  readonly requests: number;
  /** CPU milliseconds that the process has used since its start. */
  readonly cpuMs: number;
  /** CPU milliseconds of those that the preload itself used, estimated. */
  readonly ownCpuMs: number;
}

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
  /** True when the watcher asked for it. External memory is settled only then: otherwise it may lag by one collection. */
  readonly forced: boolean;
}

/** Collections since the last such message; minor ones are only counted. */
export interface CollectionsMessage {
  /** Tells this message from the others. */
  readonly type: "collections";
  /** The major ones, oldest first. */
  readonly majors: readonly CollectionRecord[];
  /** How many minor ones there were. */
  readonly minorCount: number;
  /** Pauses of all of them together. */
  readonly totalPauseMs: number;
  /** Length of the observed stretch; collections outside of it were not seen. */
  readonly observedMs: number;
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

/** A sampling heap profile: what lived at this moment, by the code that allocated it, after a forced collection. */
export interface ProfileMessage {
  /** Tells this message from the others. */
  readonly type: "profile";
  /** When it was read. */
  readonly timeMs: number;
  /** Since when allocations are sampled: only objects born after it can appear. */
  readonly sinceMs: number;
  /** One allocation in so many bytes is sampled, on average. */
  readonly samplingIntervalBytes: number;
  /** True when inlining was off since `sinceMs`, so that every function is billed for itself. */
  readonly precise: boolean;
  /** The collection that reading forced. */
  readonly collection: CollectionRecord;
  /** At most 200, largest first. */
  readonly sites: readonly AllocationSite[];
  /** Of all sites, listed or not. */
  readonly totalBytes: number;
}

/** Last line before a thread ends in order. */
export interface ByeMessage {
  /** Tells this message from the others. */
  readonly type: "bye";
  /** When it was sent. */
  readonly timeMs: number;
  /** Exit code. */
  readonly code: number;
}

/** Something that the preload could not do; the program goes on unharmed. */
export interface TroubleMessage {
  /** Tells this message from the others. */
  readonly type: "trouble";
  /** When it happened. */
  readonly timeMs: number;
  /** In words. */
  readonly what: string;
}

/** The thread has started a worker; one that never says hello has no preload, because its environment was replaced. */
export interface WorkerMessage {
  readonly type: "worker";
  readonly timeMs: number;
  readonly threadId: number;
}

/** An error that nobody caught in this thread, or that ended a worker of it. Its message, which may hold anything, never travels. */
export interface FatalMessage {
  /** Tells this message from the others. */
  readonly type: "fatal";
  /** When it was thrown. */
  readonly timeMs: number;
  /** Name of its class, such as `RangeError`. */
  readonly name: string;
  /** Node's code, such as `ERR_WORKER_OUT_OF_MEMORY`. */
  readonly code?: string;
  /** True when its message says that an allocation failed. */
  readonly isAllocation?: boolean;
  /** The worker that it ended. Default: it was thrown in this thread itself. */
  readonly workerId?: number;
}

/** Everything that a preload may send. */
export type PreloadMessage =
  | HelloMessage
  | SampleMessage
  | CollectionsMessage
  | ProfileMessage
  | ByeMessage
  | WorkerMessage
  | FatalMessage
  | TroubleMessage;

/** What the watcher may ask for. */
export type WatcherRequest =
  /** Read the sampling profile; forces a collection. */
  | { readonly type: "profile" }
  /** Start sampling anew with inlining switched off, so that growth is billed to the right function. */
  | { readonly type: "precise"; readonly samplingIntervalBytes: number }
  /**
   * End the precise sampling: inlining on again, and sampling anew with the coarser interval. Code compiled without
   * inlining is thrown away when `forgetsCode`, which walks the heap; else only code compiled later is fast again.
   */
  | { readonly type: "relax"; readonly samplingIntervalBytes: number; readonly forgetsCode: boolean }
  /** Force a collection and answer with a `collections` message. */
  | { readonly type: "collect" };

/** Environment variable with the socket's path; its presence switches the preload on. */
export const SOCKET_VARIABLE = "PLIMSOLL_SOCKET";
