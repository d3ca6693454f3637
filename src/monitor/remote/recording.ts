/**
 * Everything that was seen of a watched program: the one input of every diagnosis, in memory while
 * it runs and as JSON afterwards. Facts only; sizes in bytes, times in milliseconds since the epoch.
 */
import type { CollectionRecord, ProfileMessage, SampleMessage } from "../../base/wire.ts";

/** Memory of a process as the kernel sees it, from outside. */
export interface ResidentSample {
  readonly timeMs: number;
  readonly rssBytes: number;
  readonly anonBytes?: number;
  readonly fileBytes?: number;
  readonly sharedBytes?: number;
  readonly threads?: number;
}

/** Memory of one thread as it sees itself. */
export type ThreadSample = Omit<SampleMessage, "type">;

/** A sampling heap profile, as kept. */
export type AllocationProfile = Omit<ProfileMessage, "type">;

/** One V8 isolate: the main thread or a worker. */
export interface ThreadRecording {
  /** 0 is the main thread. */
  readonly threadId: number;
  readonly startedAtMs: number;
  endedAtMs?: number;
  readonly heapLimitBytes: number;
  readonly workerLimitBytes?: number;
  /** Evenly thinned when long; the newest is always the last. */
  samples: ThreadSample[];
  /** Major collections, thinned likewise. */
  majors: CollectionRecord[];
  minorCount: number;
  gcPauseMs: number;
  gcObservedMs: number;
  /** The first after warm-up, the first precise one, and the newest ones. */
  profiles: AllocationProfile[];
  troubles: string[];
}

/** One process of the watched tree. */
export interface ProcessRecording {
  readonly pid: number;
  readonly parentPid: number;
  /** Base names of program and script, without argument values: `node server.js`. */
  name: string;
  /** Node's version, where it is an observed Node process. */
  node?: string;
  /** False when no preload answered from it: it is measured from outside only. */
  observed: boolean;
  readonly startedAtMs: number;
  endedAtMs?: number;
  /** VmHWM where readable, else the largest sample. */
  peakRssBytes: number;
  resident: ResidentSample[];
  threads: ThreadRecording[];
}

/** How the started command ended. */
export interface ExitRecord {
  readonly code: number | null;
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
  readonly schema: "plimsoll.recording/1";
  /** Base names of program and script; argument values are left out. */
  readonly command: string;
  readonly startedAtMs: number;
  endedAtMs?: number;
  limit: RecordedLimit;
  /** The first is the started command itself. */
  processes: ProcessRecording[];
  exit?: ExitRecord;
  /** The watcher's own use so far. */
  own: { cpuMs: number; rssBytes: number; inTargetCpuMs: number };
}
