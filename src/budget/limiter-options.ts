/**
 * How a limiter works and what it tells of itself: options, all of which have a default that fits, and the status that names
 * the reason for which tasks wait.
 */
import type { SizeInput } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { AdmissionTuning, HoldReason } from "./admission.ts";
import type { KindCost } from "./cost-model.ts";
import type { ForcedTotal } from "./forced-collections.ts";
import type { MemoryGauge } from "./memory-gauge.ts";

/** How a limiter works. */
export interface LimiterOptions {
  /** In events and messages. Default: `limiter`. */
  readonly name?: string;
  /** What the process may use: a size, or a share of the tightest limit that applies. V8's heap limit applies beside it. Default: `100%`. */
  readonly limit?: SizeInput;
  /** Most tasks at once, whatever fits. Default: no such limit. */
  readonly maxConcurrency?: number;
  /** First guesses of what a task of a kind holds; they need not be good. Default: nothing is known. */
  readonly hints?: Readonly<Record<string, SizeInput>>;
  /** Default: chosen with the simulator. */
  readonly tuning?: Partial<AdmissionTuning>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Where readings come from; disposed of with the limiter. Default: this process and this thread's heap. */
  readonly gauge?: MemoryGauge;
}

/** How one task runs. */
export interface TaskOptions {
  /** Tasks of one kind cost about the same; at most 16 kinds are told apart. Default: `task`. */
  readonly kind?: string;
  /** Higher goes first. Default: 0. */
  readonly priority?: number;
  /** While the task waits, aborting takes it out; later it is the task's own to heed. Default: none. */
  readonly signal?: AbortSignal;
}

/** How items are mapped. */
export interface MapOptions<T> {
  /** Gives results in the order of the items instead of as they come. Default: true. */
  readonly ordered?: boolean;
  /** Of each item. Default: `task`. */
  readonly kind?: string | ((item: T) => string);
  /** Higher goes first. Default: 0. */
  readonly priority?: number;
  /** Ends it; the running tasks are waited for. Default: none. */
  readonly signal?: AbortSignal;
  /** Finished results that may wait for the reader before no further item is taken. Default: 64. */
  readonly maxUnread?: number;
  /** Number of items, for the time that remains. Default: `length` or `size` of the items. */
  readonly total?: number;
}

/** Why tasks wait. */
export interface Hold {
  /** What would have to change. */
  readonly reason: HoldReason;
  /** Since when no task could start. */
  readonly sinceMs: number;
  /** The same in words, with the figures. */
  readonly sentence: string;
}

/** What a limiter does now. */
export interface LimiterStatus {
  /** Tasks that run. */
  readonly inFlight: number;
  /** Tasks that wait. */
  readonly waiting: number;
  /** Tasks that have ended. */
  readonly ended: number;
  /** Tasks at once that throughput says are worth it. */
  readonly pace: number;
  /** Tasks a second, lately; 0 while not known. */
  readonly perSecond: number;
  /** Why tasks wait; `undefined` when none does. */
  readonly hold: Hold | undefined;
  /** What tasks of each kind hold, as learned so far. */
  readonly costs: readonly KindCost[];
  /** Standard deviation of a task's size over its mean. */
  readonly spreadRatio: number;
  /** The heap right after the last major collection; `undefined` before one. */
  readonly liveHeapBytes: number | undefined;
  /** Most that may live on the heap. */
  readonly heapCapBytes: number;
  /** Resident set now. */
  readonly residentBytes: number;
  /** Most that may be resident; infinite when nothing limits the process. */
  readonly residentCapBytes: number;
  /** Major collections that told what tasks hold. */
  readonly collections: number;
  /** Collections that the limiter forced, and how long they took. */
  readonly forced: ForcedTotal;
}
