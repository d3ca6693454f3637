/**
 * Everything that was seen of a watched program: the one input of every diagnosis, in memory while
 * it runs and as JSON afterwards. Facts only; sizes in bytes, times in milliseconds since the epoch.
 */
import type {
  CollectionRecord,
  ExperimentMessage,
  ExperimentName,
  FatalMessage,
  HeapMessage,
  LedgerMessage,
  OwnedTotal,
  ProfileMessage,
  SampleMessage,
} from "../../base/wire.ts";
import type { AllocatorSample, NativeModule, RegionSample, ResidentSample } from "./space-records.ts";

export type * from "./space-records.ts";

/** What V8 told of a thread's heap right after a forced collection. */
export type HeapSample = Omit<HeapMessage, "type">;

/** What the program's own ledger counted at a moment. */
export type LedgerReading = Omit<LedgerMessage, "type">;

/** The same without places: what each library's living values came to. */
export interface LedgerCourse {
  /** When it was read. */
  readonly timeMs: number;
  /** One a library. */
  readonly totals: readonly Pick<OwnedTotal, "name" | "live" | "bytes">[];
}

/** An experiment on a running program and what it showed. */
export interface ExperimentResult extends Omit<ExperimentMessage, "type" | "id" | "pauseMs"> {
  /** The thread that was asked; 0 is the main thread. */
  readonly threadId: number;
  /** `no-answer`: the thread did not answer in time: its turn does not end, or it is stopped. `refused`: not done, see `reason`. */
  readonly outcome: "done" | "no-answer" | "refused";
  /** What was asked for. */
  readonly name: ExperimentName;
  /** How long it stopped the thread; 0 when it was not done. */
  readonly pauseMs: number;
  /** How long at most it was expected to; absent where nobody answers. */
  readonly predictedMs?: number;
}

/** Workers of a process, as their starters tell. */
export interface WorkerCount {
  /** That observed threads have started. */
  readonly started: number;
  /** From which a preload answered. */
  readonly observed: number;
  /** Started, and never heard of since: their heaps are counted by nobody. */
  readonly unobserved: number;
}

/** Memory of one thread as it sees itself. */
export type ThreadSample = Omit<SampleMessage, "type">;

/** A sampling heap profile, as kept. */
export type AllocationProfile = Omit<ProfileMessage, "type">;

/** An error that ended a thread; `workerId` is set when it is told by the thread that started it. */
export type FatalRecord = Omit<FatalMessage, "type">;

/** One V8 isolate: the main thread or a worker. */
export interface ThreadRecording {
  /** 0 is the main thread. */
  readonly threadId: number;
  /** When it was first heard of. */
  readonly startedAtMs: number;
  /** When it ended; absent while it runs. */
  endedAtMs?: number;
  /** V8's heap_size_limit. */
  readonly heapLimitBytes: number;
  /** A worker's own limit, where it has one. */
  readonly workerLimitBytes?: number;
  /** V8's limit without its semi-spaces, where it is known. */
  readonly oldSpaceLimitBytes?: number;
  /** What it said as its last word; absent when it ended without one: killed, aborted or terminated. */
  exitCode?: number;
  /** The last error that nobody in it caught. */
  fatal?: FatalRecord;
  /** Evenly thinned when long; the newest is always the last. */
  samples: ThreadSample[];
  /** Major collections, thinned likewise. */
  majors: CollectionRecord[];
  /** How many minor collections were seen. */
  minorCount: number;
  /** Pauses of all collections that were seen. */
  gcPauseMs: number;
  /** How long collections were observed. */
  gcObservedMs: number;
  /** The first after warm-up, the first precise one, and the newest ones. */
  profiles: AllocationProfile[];
  /** What the preload could not do, in words. */
  troubles: string[];
  /** Its heap's spaces, contexts and code at each forced reading; evenly thinned when long. */
  heap?: HeapSample[];
  /** The first and the newest reading of its ledger; absent while it has none. */
  ledger?: LedgerReading[];
  /** The course of its ledger; evenly thinned to 30. */
  ledgerCourse?: LedgerCourse[];
  /** Since when it has said nothing though it runs: its event-loop turn lasts, or it is stopped. Absent while it answers. */
  silentSinceMs?: number;
  /** The longest turn of its event loop that it has ended so far. */
  longestTurnMs?: number;
}

/** What a memory cgroup counts, read once. What the kernel does not tell is absent. */
export interface CgroupAccount {
  /** Below the mount's top: `/app`. */
  readonly path: string;
  /** Where its files lie. */
  readonly directory: string;
  /** Of the hierarchy. */
  readonly version: 1 | 2;
  /** Absent when it has no limit. */
  readonly limitBytes?: number;
  /** The most it ever held (`memory.max_usage_in_bytes`, `memory.peak`). */
  readonly peakBytes?: number;
  /** How often its limit was hit (`memory.failcnt`, `max` of `memory.events`). */
  readonly hits?: number;
  /** How often the out-of-memory killer was called because of its limit (version 2). */
  readonly ooms?: number;
  /** How many of its own processes that killer has killed; absent for the cgroups above those of the program. */
  readonly kills?: number;
  /** True when the watcher itself is one of its processes. */
  readonly holdsWatcher?: boolean;
}

/** The out-of-memory killer's counters at one moment. */
export interface OomAccount {
  /** When they were read. */
  readonly timeMs: number;
  /** The program's cgroups and those above. */
  readonly groups: readonly CgroupAccount[];
  /** Kills on the whole machine (`oom_kill` of `/proc/vmstat`). */
  readonly machineKills?: number;
}

/** The counters around the end of a process. */
export interface OomComparison {
  /** The last reading while it was alive. */
  readonly before: OomAccount;
  /** The first one after its end. */
  readonly after: OomAccount;
}

/** One process of the watched tree. */
export interface ProcessRecording {
  /** Process id. */
  readonly pid: number;
  /** Process id of the parent. */
  readonly parentPid: number;
  /** Base names of program and script, without argument values: `node server.js`. */
  name: string;
  /** Node's version, where it is an observed Node process. */
  node?: string;
  /** False when no preload answered from it: it is measured from outside only. */
  observed: boolean;
  /** When it was first seen. */
  readonly startedAtMs: number;
  /** When it ended; absent while it runs. */
  endedAtMs?: number;
  /** VmHWM where readable, else the largest sample. */
  peakRssBytes: number;
  /** Samples from outside; evenly thinned when long. */
  resident: ResidentSample[];
  /** Its V8 isolates; empty when it was not entered. */
  threads: ThreadRecording[];
  /** The newest reading of its resident set, from a faster poll than that of `resident`. */
  lastReading?: { readonly timeMs: number; readonly rssBytes: number };
  /** Kept for the started command, and for others where the killer has killed. */
  oom?: OomComparison;
  /** Errors that ended its workers, the newest 20. */
  workerFatals?: FatalRecord[];
  /** Its address space, at about 4 s and then at growing distances or when something grew that V8 does not count. */
  regions?: RegionSample[];
  /** Why there are none. */
  regionsAbsence?: string;
  /** glibc's account, asked for when memory grew that V8 does not count. */
  allocator?: AllocatorSample[];
  /** Why there is none, once it was asked for. */
  allocatorAbsence?: string;
  /** Native libraries that are no part of the system, as of the newest reading of the regions. */
  modules?: NativeModule[];
  /** Absent while no worker was started. */
  workers?: WorkerCount;
  /** What was tried on it, oldest first. */
  experiments?: ExperimentResult[];
}

/** How the started command ended. */
export interface ExitRecord {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it; `null` when none did. */
  readonly signal: string | null;
}

/** The limit that was reported against. */
export interface RecordedLimit {
  /** `null` when nothing limits the program. */
  readonly bytes: number | null;
  /** In words: `cgroup v2 /sys/fs/cgroup/app (memory.max)`, `--limit`, `V8 heap limit`, … */
  readonly source: string;
}

/** A watched command from its start to its end. */
export interface Recording {
  /** Version of this form. */
  readonly schema: "plimsoll.recording/1";
  /** Base names of program and script; argument values are left out. */
  readonly command: string;
  /** When the command was started, or its watching, where it ran before. */
  readonly startedAtMs: number;
  /** True when it ran before it was watched: what ended it is told to its own parent alone. */
  attached?: boolean;
  /** When it ended; absent while it runs. */
  endedAtMs?: number;
  /** The limit that is reported against. */
  limit: RecordedLimit;
  /** The first is the started command itself. */
  processes: ProcessRecording[];
  /** How it ended; absent while it runs. */
  exit?: ExitRecord;
  /** The out-of-memory killer's counters, about once a second: what is read after the end is compared with it. */
  oom?: OomAccount;
  /** What Node's own crash report of the started command names as its cause, where the user had one written. */
  crash?: string;
  /** The watcher's own use so far. */
  own: {
    cpuMs: number;
    rssBytes: number;
    inTargetCpuMs: number;
    /** Memory that asking glibc has added to the program, where that was done. */
    inTargetRssBytes?: number;
  };
}
