/**
 * What a watched program and its watcher say to each other: one JSON object a line over a Unix
 * socket. The preload speaks from inside every thread; the watcher answers with requests.
 * All times are milliseconds since the Unix epoch, all sizes bytes. No heap strings, environment
 * values or argument values ever travel.
 */
import type {
  AllocationSite,
  AllocatorRecord,
  CollectionCensus,
  CollectionRecord,
  ExperimentName,
  ExperimentReading,
  HeapSpaceRecord,
  OwnedPlace,
  OwnedTotal,
} from "./wire-records.ts";

export type * from "./wire-records.ts";

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
  /** How much later than its timer it came: the longest turn of the event loop since the last sample lasted about so long. */
  readonly turnMs?: number;
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

/** What V8 tells of a heap right after a forced collection, beyond its size. */
export interface HeapMessage {
  /** Tells this message from the others. */
  readonly type: "heap";
  /** When it was read. */
  readonly timeMs: number;
  /** All spaces that are not empty. */
  readonly spaces: readonly HeapSpaceRecord[];
  /** V8's own use of malloc: parser, compiler, zones. */
  readonly mallocedBytes: number;
  /** Living global environments of the program: 1, and one more for each `vm` context. */
  readonly nativeContexts: number;
  /** Environments that are no longer used and not collected. */
  readonly detachedContexts: number;
  /** Handles that native code holds on objects. */
  readonly globalHandlesBytes: number;
  /** CommonJS modules that are loaded and kept; absent where they cannot be counted. */
  readonly modules?: number;
  /** Compiled code; absent where reading it would have taken too long: V8 walks the heap for it. */
  readonly code?: { readonly codeBytes: number; readonly bytecodeBytes: number; readonly externalSourceBytes: number };
}

/** Answer to an `allocator` request: the account, or the reason why there is none. */
export interface AllocatorMessage {
  /** Tells this message from the others. */
  readonly type: "allocator";
  /** When it was read. */
  readonly timeMs: number;
  /** Absent where it cannot be read. */
  readonly account?: AllocatorRecord;
  /** Why it is absent. */
  readonly reason?: string;
  /** What loading the interface to glibc has just added to the program; only in the first answer. */
  readonly loaded?: { readonly rssBytes: number; readonly ms: number };
}

/** Answer to an `experiment` request. */
export interface ExperimentMessage {
  /** Tells this message from the others. */
  readonly type: "experiment";
  /** Of the request. */
  readonly id: number;
  /** What was tried. */
  readonly name: ExperimentName;
  /** When it ended. */
  readonly timeMs: number;
  /** How long it stopped the thread. */
  readonly pauseMs: number;
  /** Absent when it could not be done. */
  readonly before?: ExperimentReading;
  /** Absent when it could not be done. */
  readonly after?: ExperimentReading;
  /** Of `turn` only: after the first collection, before the turn ended. */
  readonly collected?: ExperimentReading;
  /** Why it could not be done. */
  readonly reason?: string;
}

/** Answer to a `capture` request; which figures it has depends on what was asked. */
export interface CaptureMessage {
  /** Tells this message from the others. */
  readonly type: "capture";
  /** Of the request. */
  readonly id: number;
  /** When it ended. */
  readonly timeMs: number;
  /** How long it stopped the thread. */
  readonly pauseMs: number;
  /** All spaces of the heap. */
  readonly spaces?: readonly HeapSpaceRecord[];
  /** Of the heap. */
  readonly usedBytes?: number;
  /** In the order asked. */
  readonly census?: readonly CollectionCensus[];
  /** Why it could not be done. */
  readonly reason?: string;
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

/** What the program's own ledger (`plimsoll/scope`) counts; sent each second while it has one. */
export interface LedgerMessage {
  /** Tells this message from the others. */
  readonly type: "ledger";
  /** When it was read. */
  readonly timeMs: number;
  /** One a library, at most 20, those with most living values first. */
  readonly totals: readonly OwnedTotal[];
  /** At most 20, those with most bytes or values first. */
  readonly places: readonly OwnedPlace[];
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
  | HeapMessage
  | AllocatorMessage
  | ExperimentMessage
  | CaptureMessage
  | LedgerMessage
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
  | { readonly type: "collect" }
  /** Answer with an `allocator` message. `koffi` is the absolute path of that package's entry: the preload lies elsewhere. */
  | { readonly type: "allocator"; readonly koffi: string }
  /** Answer with a `capture` message of the same `id`. A snapshot goes to `file`; a census is of these global classes. */
  | {
      readonly type: "capture";
      readonly id: number;
      readonly what: "sizes" | "census" | "snapshot";
      readonly file?: string;
      readonly classes?: readonly ("Map" | "Set" | "Array")[];
    }
  /** Try something and answer with an `experiment` message of the same `id`. `koffi` is needed for `trim`. */
  | { readonly type: "experiment"; readonly id: number; readonly name: ExperimentName; readonly koffi?: string };

/** Environment variable with the socket's path; its presence switches the preload on. */
export const SOCKET_VARIABLE = "PLIMSOLL_SOCKET";
