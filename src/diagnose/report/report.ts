/**
 * The report as data: schema `plimsoll.report/1`, published as `plimsoll/report.schema.json`. Every
 * other form (terminal, HTML, GitHub) is drawn from this one and nothing else.
 */
import type { Growth, Verdict } from "../finding.ts";
import type { ExitKind } from "./exit-cause.ts";

/** Columns of equal length: one chart. `null` where a series has no value at that time. */
export interface ReportSeries {
  /** Seconds since the start. */
  readonly seconds: readonly number[];
  /** The resident set. */
  readonly rssBytes: readonly (number | null)[];
  /** Living objects and garbage not yet collected. */
  readonly heapUsedBytes: readonly (number | null)[];
  /** What V8 holds for its heap. */
  readonly heapTotalBytes: readonly (number | null)[];
  /** Without array buffers. */
  readonly externalBytes: readonly (number | null)[];
  /** Buffers and typed arrays. */
  readonly arrayBufferBytes: readonly (number | null)[];
}

/** A heap size right after a major collection. */
export interface ReportFloor {
  /** Since the start. */
  readonly seconds: number;
  /** The heap right after the collection. */
  readonly usedBytes: number;
  /** True when Plimsoll asked for the collection. */
  readonly forced: boolean;
}

/** One process, or one worker of it. */
export interface ReportProcess {
  /** Process id. */
  readonly pid: number;
  /** A worker's id; absent for the process itself, judged on its main thread. */
  readonly thread?: number;
  /** Process id of the parent. */
  readonly parentPid?: number;
  /** Base names only. */
  readonly name: string;
  /** False when it was measured from outside only. */
  readonly observed: boolean;
  /** Node.js's version, where it was observed. */
  readonly node?: string;
  /** Seconds since the start of the recording. */
  readonly startedSeconds?: number;
  /** Absent while it runs, or when its end was not seen. */
  readonly endedSeconds?: number;
  /** Of the whole process, also for a worker. */
  readonly peakRssBytes: number;
  /** Absent where it was not observed from inside. */
  readonly peakHeapUsedBytes?: number;
  /** V8's heap limit. */
  readonly heapLimitBytes?: number;
  /** The verdict on it. */
  readonly verdict: Verdict;
  /** What grows in it, largest first. */
  readonly growth: readonly Growth[];
  /** Its charts. */
  readonly samples: ReportSeries;
  /** Its heap right after major collections. */
  readonly floors: readonly ReportFloor[];
  /** How it died of memory, in words; absent for any other end. */
  readonly death?: string;
}

/** What was last seen of the program, all processes together. */
export interface ReportWaterline {
  /** The resident set. */
  readonly rssBytes: number;
  /** How old the reading was when the program ended. */
  readonly secondsBefore: number;
  /** How many processes it adds up. */
  readonly processes: number;
  /** Since the first reading; absent where there was only one. */
  readonly grownBytes?: number;
  /** Of the headline thread, as it last said itself. */
  readonly inside?: {
    readonly secondsBefore: number;
    readonly heapUsedBytes: number;
    /** Without array buffers. */
    readonly externalBytes: number;
    readonly arrayBufferBytes: number;
  };
}

/** What most likely filled the memory. */
export interface ReportSuspect {
  /** In words. */
  readonly what: string;
  /** What grew, or what lived at the last profile. */
  readonly bytes: number;
  /** The allocating code, where it is known. */
  readonly where?: { readonly file: string; readonly line: number; readonly function: string };
}

/** Which process, or worker, the headline verdict is about. */
export interface ReportSubject {
  /** Process id. */
  readonly pid: number;
  /** A worker's id; absent for the process itself. */
  readonly thread?: number;
  /** Base names only. */
  readonly name: string;
}

/** Resident memory of all processes together; pages that they share are counted once for each. */
export interface ReportTotal {
  /** Since the start. */
  readonly seconds: readonly number[];
  /** The sum at that time. */
  readonly rssBytes: readonly number[];
  /** The largest sum. */
  readonly peakRssBytes: number;
}

/** Something that was done besides watching, and what it showed. */
export interface ReportTrial {
  /** What was done. */
  readonly name:
    | ("attach" | "collect" | "turn" | "trim" | "native-heap" | "syscalls" | "on-limit" | "heaptrack")
    | "heap-snapshot";
  /** What it showed, in one sentence with figures. */
  readonly sentence: string;
  /** More of it, most telling first. */
  readonly details: readonly string[];
  /** The same as numbers; bytes, milliseconds and counts by name. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** An object of a heap snapshot with what it keeps alive, as the page draws it. */
export interface ReportHeapNode {
  /** Class, function name or kind. */
  readonly what: string;
  /** Its id in the snapshot. */
  readonly id: number;
  /** Bytes that would go with it. */
  readonly retainedBytes: number;
  /** The largest that it dominates. */
  readonly children: readonly ReportHeapNode[];
}

/** Who holds what, from heap snapshots that were taken meanwhile. */
export interface ReportHeap {
  /** Of the process. */
  readonly pid: number;
  /** The snapshots, oldest first; base names in the report's folder. */
  readonly files: readonly string[];
  /** The newest one: its size and objects. */
  readonly bytes: number;
  /** Objects in the newest one. */
  readonly objects: number;
  /** Who keeps most or, of two snapshots or more, who came to hold what is new. */
  readonly holders: readonly {
    readonly holder: string;
    readonly id?: number;
    readonly retainedBytes: number;
    readonly grewBytes?: number;
    readonly path: readonly string[];
    readonly why: string;
    readonly isLeak: boolean;
  }[];
  /** The newest one's tree of dominators, cut down to what is large. */
  readonly outline: ReportHeapNode;
}

/** What the program's own ledger (`plimsoll/scope`) counted last, in one thread. */
export interface ReportLedger {
  /** Of the process. */
  readonly pid: number;
  /** A worker's id; absent for the main thread. */
  readonly thread?: number;
  /** When it was counted last, since the start. */
  readonly seconds: number;
  /** When it was counted first. */
  readonly firstSeconds: number;
  /** Values created and not released, of all libraries. Exact. */
  readonly live: number;
  /** Their bytes outside of the JavaScript heap, estimated; absent where no library tells them. */
  readonly bytes?: number;
  /** Those with most living values first; at most 20. */
  readonly libraries: readonly {
    readonly name: string;
    readonly live: number;
    readonly created: number;
    readonly bytes?: number;
    /** Living values when it was counted first. */
    readonly firstLive: number;
  }[];
  /** Where living values were made, estimated from samples; those with most bytes or values first, at most 20. */
  readonly places: readonly {
    /** The library. */
    readonly name: string;
    /** The call that made them, at its own line. */
    readonly where?: { readonly file: string; readonly line: number; readonly function: string };
    readonly live: number;
    readonly bytes?: number;
    /** Age of the oldest. */
    readonly oldestSeconds: number;
  }[];
}

/** The whole report. */
export interface Report {
  /** Version of this form. */
  readonly schema: "plimsoll.report/1";
  /** Plimsoll's own version. */
  readonly version: string;
  /** Base names only. */
  readonly command: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** From the start to the end. */
  readonly seconds: number;
  /** What it ran on. */
  readonly platform: { readonly os: string; readonly arch: string; readonly node?: string };
  /** The headline verdict. */
  readonly verdict: Verdict;
  /** What grows, largest first. */
  readonly growth: readonly Growth[];
  /** The limit that was reported against. */
  readonly limit: { readonly bytes: number | null; readonly source: string };
  /** Until the limit, at the rate of the end; absent when it does not rise. */
  readonly secondsToLimit?: number;
  /** Whom the headline verdict is about. */
  readonly subject?: ReportSubject;
  /**
   * Of the headline process: the largest value of each kind, not all at one moment. `nativeBytes`:
   * resident memory at its peak that neither V8's heaps nor external memory explains.
   */
  readonly peak: {
    readonly rssBytes: number;
    readonly heapUsedBytes: number;
    /** Without array buffers. */
    readonly externalBytes: number;
    readonly arrayBufferBytes: number;
    readonly nativeBytes: number;
  };
  /** How the command ended. */
  readonly exit: {
    readonly code: number | null;
    readonly signal: string | null;
    /** In one sentence, with figures. */
    readonly cause: string;
    /** `heap-limit` is V8's own end, `oom-killer` the kernel's, `killed` SIGKILL from anybody else. */
    readonly kind?: ExitKind;
    /** True when it, or something that it had started, ended for lack of memory. */
    readonly outOfMemory?: boolean;
    /** Absent while it runs, and where nothing was read. */
    readonly waterline?: ReportWaterline;
    /** Largest first; empty where nothing grew. */
    readonly suspects?: readonly ReportSuspect[];
  };
  /** What Plimsoll itself used: watcher and, estimated, inside the program. */
  readonly own: { readonly cpuMs: number; readonly rssBytes: number; readonly inTargetCpuMs: number };
  /** HTTP requests, where they were seen. */
  readonly requests?: { readonly count: number; readonly perSecond: number };
  /** Resident memory of the process with the headline verdict, and the heap of the thread it is about. */
  readonly samples: ReportSeries;
  /** Heap right after major collections, of that process. */
  readonly floors: readonly ReportFloor[];
  /** Only where there is more than one process. */
  readonly total?: ReportTotal;
  /** `pauseShare`: 0..1 of the observed time. */
  readonly gc?: { readonly pauseShare: number; readonly majors: number; readonly minors: number };
  /** The started command first, each process followed by its workers. */
  readonly processes: readonly ReportProcess[];
  /** Experiments, walks and counts that were asked for; absent where there were none. */
  readonly trials?: readonly ReportTrial[];
  /** What heap snapshots tell; absent where none was taken. */
  readonly heap?: ReportHeap;
  /** What programs that use `plimsoll/scope` own, one entry a thread, the fullest first; absent where none does. */
  readonly ledger?: readonly ReportLedger[];
  /** What could not be measured, and why. */
  readonly unknown: readonly string[];
}
