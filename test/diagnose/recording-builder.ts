/**
 * Builds recordings with a known course, as the watcher would have seen it: samples twice a second,
 * forced collections with profiles at growing distances, natural ones where asked for.
 */
import type { AllocationSite, CollectionRecord } from "../../src/base/wire.ts";
import type {
  AllocatorSample,
  ProcessRecording,
  Recording,
  RegionSample,
  ThreadRecording,
} from "../../src/monitor/remote/recording.ts";
import type { RegionKind } from "../../src/probe/region-kind.ts";

export const MB = 2 ** 20;
export const START_MS = 1_700_000_000_000;

/** Bytes at a number of seconds after the start. */
export type Course = (seconds: number) => number;

/** What a program's memory does; every course is in bytes. */
export interface Program {
  readonly seconds: number;
  /** What lives. Default: 5 MB. */
  readonly heap?: Course;
  /** Garbage on top of it in samples. Default: saw-tooth up to 8 MB. */
  readonly garbage?: Course;
  /** Default: 0. */
  readonly buffers?: Course;
  /** Without buffers. Default: 2 MB. */
  readonly external?: Course;
  /** RSS that V8 does not explain. Default: 35 MB. */
  readonly rest?: Course;
  /** Default: none. */
  readonly requestsPerSecond?: number;
  /** Seconds of forced collections. Default: growing distances from 3 s on. */
  readonly forced?: readonly number[];
  /** Seconds of V8's own collections. Default: none. */
  readonly natural?: readonly number[];
  /** Sites of a profile at a moment. Default: none. */
  readonly sites?: (seconds: number) => AllocationSite[];
  /** From this second on profiles are precise. Default: never. */
  readonly preciseFrom?: number;
  readonly ended?: boolean;
  readonly threadId?: number;
}

const SCHEDULE = [3, 6, 9, 13, 18, 25, 33, 43, 56, 72, 92, 117, 150, 190, 240, 300];

export function buildThread(program: Program): ThreadRecording {
  const heap = program.heap ?? (() => 5 * MB);
  const garbage = program.garbage ?? ((s: number) => ((s * 3) % 8) * MB);
  const buffers = program.buffers ?? (() => 0);
  const external = program.external ?? (() => 2 * MB);
  const rest = program.rest ?? (() => 35 * MB);
  const collection = (s: number, forced: boolean): CollectionRecord => ({
    timeMs: START_MS + s * 1000,
    usedBytes: heap(s),
    externalBytes: external(s) + buffers(s),
    ...(forced ? { arrayBuffersBytes: buffers(s) } : {}),
    pauseMs: 20,
    forced,
  });
  const times = (program.forced ?? SCHEDULE).filter((s) => s <= program.seconds);
  const majors = [
    ...times.map((s) => collection(s, true)),
    ...(program.natural ?? []).filter((s) => s <= program.seconds).map((s) => collection(s, false)),
  ].sort((a, b) => a.timeMs - b.timeMs);
  const { sites } = program;
  const precise = program.preciseFrom ?? Number.POSITIVE_INFINITY;
  return {
    threadId: program.threadId ?? 0,
    startedAtMs: START_MS,
    ...(program.ended ? { endedAtMs: START_MS + program.seconds * 1000 + 5_000 } : {}),
    heapLimitBytes: 2096 * MB,
    samples: Array.from({ length: Math.floor(program.seconds * 2) }, (_, i) => {
      const s = (i + 1) / 2;
      const heapUsedBytes = heap(s) + garbage(s);
      const externalBytes = external(s) + buffers(s);
      return {
        timeMs: START_MS + s * 1000,
        rssBytes: heapUsedBytes + externalBytes + rest(s),
        heapUsedBytes,
        heapTotalBytes: heapUsedBytes,
        externalBytes,
        arrayBuffersBytes: buffers(s),
        mallocedBytes: 0,
        requests: Math.round((program.requestsPerSecond ?? 0) * s),
        cpuMs: s * 100,
        ownCpuMs: s,
      };
    }),
    majors,
    minorCount: 0,
    gcPauseMs: 0,
    gcObservedMs: 0,
    profiles: sites
      ? times.map((s) => {
          const list = sites(s);
          return {
            timeMs: START_MS + s * 1000,
            sinceMs: START_MS + (s > precise ? precise * 1000 : 100),
            samplingIntervalBytes: 16_384,
            precise: s > precise,
            collection: collection(s, true),
            sites: list,
            totalBytes: list.reduce((sum, site) => sum + site.bytes, 0),
          };
        })
      : [],
    troubles: [],
  };
}

export function buildProcess(pid: number, ...programs: [Program, ...Program[]]): ProcessRecording {
  const threads = programs.map(buildThread);
  const main = threads[0];
  return {
    pid,
    parentPid: 1,
    name: "node program.js",
    node: "20.20.2",
    observed: true,
    startedAtMs: START_MS,
    peakRssBytes: Math.max(...(main?.samples ?? []).map((sample) => sample.rssBytes)),
    resident: (main?.samples ?? []).map(({ timeMs, rssBytes }) => ({ timeMs, rssBytes })),
    threads,
  };
}

export function buildRecording(...processes: ProcessRecording[]): Recording {
  const newest = Math.max(...processes.flatMap((process) => process.resident.map((sample) => sample.timeMs)));
  const ended = processes.every((process) => process.threads[0]?.endedAtMs !== undefined);
  return {
    schema: "plimsoll.recording/1",
    command: "node program.js",
    startedAtMs: START_MS,
    ...(ended ? { endedAtMs: newest } : {}),
    limit: { bytes: 512 * MB, source: "--limit" },
    processes,
    own: { cpuMs: 10, rssBytes: 40 * MB, inTargetCpuMs: 10 },
  };
}

/** One process with one thread. */
export function record(program: Program): Recording {
  return buildRecording(buildProcess(100, program));
}

export function site(name: string, line: number, bytes: number, more: Partial<AllocationSite> = {}): AllocationSite {
  return {
    where: { function: name, file: "/app/src/server.js", line, column: 1 },
    callers: [{ function: "main", file: "/app/src/server.js", line: 1, column: 1 }],
    bytes,
    count: Math.round(bytes / 100),
    viaNodeBytes: 0,
    ...more,
  };
}

/** Resident megabytes of each kind of regions; a pair gives their number, too. */
export type RegionCourse = Partial<Record<RegionKind, number | readonly [megabytes: number, count: number]>>;

/** One reading of the regions. */
export function regionsAt(s: number, course: RegionCourse, more: Partial<RegionSample> = {}): RegionSample {
  const kinds = Object.fromEntries(
    Object.entries(course).map(([kind, given]) => {
      const [megabytes, count] = typeof given === "number" ? [given, 1] : given;
      return [kind, { count, rssBytes: megabytes * MB, sizeBytes: megabytes * MB }];
    }),
  );
  const all = Object.values(kinds);
  return {
    timeMs: START_MS + s * 1000,
    readMs: 1,
    rssBytes: all.reduce((total, { rssBytes }) => total + rssBytes, 0),
    regionCount: all.reduce((total, { count }) => total + count, 0),
    mapLimit: 65_530,
    kinds,
    v8OrdinaryPages: 0,
    largest: [],
    filesRssBytes: { program: 30 * MB },
    threadNames: { node: 11 },
    ...more,
  };
}

/** One account of glibc, in megabytes. */
export function accountAt(s: number, used: number, free: number, mmapped = 0): AllocatorSample {
  return {
    timeMs: START_MS + s * 1000,
    rssBytes: (used + free + mmapped + 40) * MB,
    arenaBytes: (used + free) * MB,
    usedBytes: used * MB,
    freeBytes: free * MB,
    mmappedBytes: mmapped * MB,
    mmappedCount: mmapped,
  };
}
