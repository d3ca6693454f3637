/**
 * The report as data, from what was seen and what was concluded. It is bounded whatever the size of
 * the recording (600 points for the headline process, the rest share a budget), and holds no heap
 * strings, environment or argument values: only names of code, sizes and times.
 */
import process from "node:process";
import type { ProcessRecording, Recording, ThreadRecording } from "../../monitor/remote/recording.ts";
import type { Diagnosis, Growth, ProcessDiagnosis, Verdict } from "../finding.ts";
import { type Cleaner, createCleaner } from "./clean.ts";
import { explainExit, type LastSeen } from "./exit-cause.ts";
import type { Report, ReportProcess, ReportSubject } from "./report.ts";
import { mergeRows, type SeriesRow, thinRows, toFloors, toSeconds, toSeries, toTotal } from "./series.ts";
import { listUnknown } from "./unknown.ts";
import { readVersion } from "./version.ts";

const MAX_POINTS = 600;
const MAX_FLOORS = 200;
const MAX_PROCESSES = 60;
const MAX_GROWTH = 20;
/** Points that all processes share, so that a report of twenty stays below half a megabyte. */
const SHARED_POINTS = 2_400;
const SHARED_FLOORS = 800;

/** What a report may be told besides what was seen. */
export interface ReportOptions {
  /** Paths are shown relative to it. Default: the working directory. */
  readonly cwd?: string;
}

/**
 * Builds the report `plimsoll.report/1`.
 *
 * @param recording - what was seen; it may still be growing.
 * @param diagnosis - what was concluded from it.
 */
export function buildReport(recording: Recording, diagnosis: Diagnosis, options: ReportOptions = {}): Report {
  const clean = createCleaner(options.cwd ?? process.cwd());
  const startMs = recording.startedAtMs;
  const head = findHead(recording, diagnosis);
  const rows = head.process ? mergeRows(head.process, head.thread) : [];
  const listed = listProcesses(recording, head.process);
  const leftOut = recording.processes.filter((entry) => !listed.includes(entry));
  const requests = countRequests(recording);
  const total = toTotal(recording.processes, startMs, MAX_POINTS / 2);
  const node = recording.processes.find((entry) => entry.node !== undefined)?.node;
  return {
    schema: "plimsoll.report/1",
    version: readVersion(),
    command: clean.name(recording.command),
    startedAt: new Date(startMs).toISOString(),
    seconds: toSeconds(endOf(recording), startMs),
    platform: { os: process.platform, arch: process.arch, ...(node === undefined ? {} : { node }) },
    verdict: cleanVerdict(diagnosis.verdict, clean),
    growth: cleanGrowth(diagnosis.growth, clean, MAX_GROWTH),
    limit: { bytes: recording.limit.bytes, source: clean.text(recording.limit.source) },
    ...(diagnosis.secondsToLimit === undefined ? {} : { secondsToLimit: Math.round(diagnosis.secondsToLimit) }),
    ...(head.process ? { subject: toSubject(head.process, head.thread, clean) } : {}),
    peak: measurePeak(head.process, head.thread, rows),
    exit: {
      code: recording.exit?.code ?? null,
      signal: recording.exit?.signal ?? null,
      cause: explainExit(recording.exit, lastSeen(recording)),
    },
    own: {
      cpuMs: Math.round(recording.own.cpuMs),
      rssBytes: recording.own.rssBytes,
      inTargetCpuMs: Math.round(recording.own.inTargetCpuMs),
    },
    ...(requests ? { requests } : {}),
    samples: toSeries(thinRows(rows, MAX_POINTS), startMs),
    floors: toFloors(head.thread, startMs, MAX_FLOORS),
    ...(total ? { total } : {}),
    ...(head.thread && head.thread.gcObservedMs > 0 ? { gc: measureGc(head.thread) } : {}),
    processes: describeProcesses(listed, diagnosis, startMs, clean),
    unknown: listUnknown(recording, diagnosis, leftOut, clean),
  };
}

interface Head {
  readonly process?: ProcessRecording;
  readonly thread?: ThreadRecording;
}

/** Whom the headline verdict is about: the entry with the same verdict, else the started command. */
function findHead(recording: Recording, diagnosis: Diagnosis): Head {
  const { verdict } = diagnosis;
  const entry =
    diagnosis.processes.find((candidate) => candidate.verdict === verdict) ??
    diagnosis.processes.find(
      (candidate) => candidate.verdict.kind === verdict.kind && candidate.verdict.sentence === verdict.sentence,
    );
  const process = recording.processes.find(({ pid }) => pid === entry?.pid) ?? recording.processes[0];
  const threadId = process?.pid === entry?.pid ? (entry?.thread ?? 0) : 0;
  const thread = process?.threads.find((candidate) => candidate.threadId === threadId);
  return { ...(process ? { process } : {}), ...(thread ? { thread } : {}) };
}

/** The headline process and the largest ones, in the order in which they started. */
function listProcesses(recording: Recording, head: ProcessRecording | undefined): ProcessRecording[] {
  const [root] = recording.processes;
  const rank = (entry: ProcessRecording): number =>
    entry === root || entry === head ? Number.POSITIVE_INFINITY : entry.peakRssBytes;
  const kept = new Set(recording.processes.toSorted((a, b) => compare(rank(b), rank(a))).slice(0, MAX_PROCESSES));
  return recording.processes.filter((entry) => kept.has(entry));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function describeProcesses(
  listed: readonly ProcessRecording[],
  diagnosis: Diagnosis,
  startMs: number,
  clean: Cleaner,
): ReportProcess[] {
  const pairs = listed.flatMap((entry) => {
    const workers = entry.threads.filter((thread) => thread.threadId !== 0).slice(0, MAX_PROCESSES);
    const main = entry.threads.find((thread) => thread.threadId === 0);
    return [{ entry, thread: main }, ...workers.map((thread) => ({ entry, thread }))];
  });
  const points = Math.max(8, Math.min(MAX_POINTS, Math.floor(SHARED_POINTS / Math.max(1, pairs.length))));
  const floors = Math.max(4, Math.min(MAX_FLOORS, Math.floor(SHARED_FLOORS / Math.max(1, pairs.length))));
  return pairs.map(({ entry, thread }): ReportProcess => {
    const worker = thread && thread.threadId !== 0 ? thread : undefined;
    const judged = diagnosis.processes.find(
      (candidate) => candidate.pid === entry.pid && candidate.thread === worker?.threadId,
    );
    const endedAtMs = worker ? worker.endedAtMs : entry.endedAtMs;
    const rows = mergeRows(worker ? { ...entry, resident: [] } : entry, thread);
    return {
      ...toSubject(entry, thread, clean),
      parentPid: entry.parentPid,
      observed: entry.observed,
      ...(entry.node === undefined ? {} : { node: entry.node }),
      startedSeconds: toSeconds((worker ?? entry).startedAtMs, startMs),
      ...(endedAtMs === undefined ? {} : { endedSeconds: toSeconds(endedAtMs, startMs) }),
      peakRssBytes: entry.peakRssBytes,
      ...(thread ? { peakHeapUsedBytes: highest(rows, "heapUsedBytes") } : {}),
      ...(thread ? { heapLimitBytes: thread.workerLimitBytes ?? thread.heapLimitBytes } : {}),
      verdict: judged ? cleanVerdict(judged.verdict, clean) : NOT_JUDGED,
      growth: cleanGrowth(judged?.growth ?? [], clean, MAX_GROWTH / 4),
      samples: toSeries(thinRows(rows, points), startMs, worker === undefined),
      floors: toFloors(thread, startMs, floors),
    };
  });
}

const NOT_JUDGED: ProcessDiagnosis["verdict"] = {
  kind: "undetermined",
  leak: false,
  confidence: 0,
  sentence: "It was not judged on its own.",
  evidence: [],
  ruledOut: [],
  next: [],
  wouldChange: "",
};

function toSubject(entry: ProcessRecording, thread: ThreadRecording | undefined, clean: Cleaner): ReportSubject {
  return {
    pid: entry.pid,
    ...(thread && thread.threadId !== 0 ? { thread: thread.threadId } : {}),
    name: clean.name(entry.name),
  };
}

function highest(rows: readonly SeriesRow[], column: Exclude<keyof SeriesRow, "timeMs">): number {
  return rows.reduce((max, row) => Math.max(max, row[column] ?? 0), 0);
}

function measurePeak(
  process: ProcessRecording | undefined,
  thread: ThreadRecording | undefined,
  rows: readonly SeriesRow[],
): Report["peak"] {
  const inside = rows.filter((row) => row.heapTotalBytes !== null && row.rssBytes !== null);
  const top = inside.reduce<SeriesRow | undefined>(
    (best, row) => (best && (best.rssBytes ?? 0) >= (row.rssBytes ?? 0) ? best : row),
    undefined,
  );
  let nativeBytes = 0;
  if (top) {
    const others = (process?.threads ?? []).filter((other) => other !== thread);
    const explained = (top.heapTotalBytes ?? 0) + (top.externalBytes ?? 0) + (top.arrayBufferBytes ?? 0);
    nativeBytes = others.reduce(
      (rest, other) => {
        const sample = other.samples.findLast((candidate) => candidate.timeMs <= top.timeMs);
        return sample ? rest - sample.heapTotalBytes - sample.externalBytes : rest;
      },
      (top.rssBytes ?? 0) - explained,
    );
  }
  return {
    rssBytes: Math.max(process?.peakRssBytes ?? 0, highest(rows, "rssBytes")),
    heapUsedBytes: highest(rows, "heapUsedBytes"),
    externalBytes: highest(rows, "externalBytes"),
    arrayBufferBytes: highest(rows, "arrayBufferBytes"),
    nativeBytes: Math.max(0, nativeBytes),
  };
}

function measureGc(thread: ThreadRecording): NonNullable<Report["gc"]> {
  return {
    pauseShare: Math.min(1, thread.gcPauseMs / thread.gcObservedMs),
    majors: thread.majors.length,
    minors: thread.minorCount,
  };
}

function countRequests(recording: Recording): Report["requests"] {
  const threads = recording.processes.flatMap((entry) => entry.threads);
  const count = threads.reduce((sum, thread) => sum + (thread.samples.at(-1)?.requests ?? 0), 0);
  if (count === 0) return undefined;
  const seconds = Math.max(1, (endOf(recording) - recording.startedAtMs) / 1_000);
  return { count, perSecond: Math.round((count / seconds) * 10) / 10 };
}

function endOf(recording: Recording): number {
  if (recording.endedAtMs !== undefined) return recording.endedAtMs;
  return recording.processes.reduce((latest, entry) => {
    const inside = entry.threads.map((thread) => thread.samples.at(-1)?.timeMs ?? latest);
    return Math.max(latest, entry.resident.at(-1)?.timeMs ?? latest, ...inside);
  }, recording.startedAtMs);
}

function lastSeen(recording: Recording): LastSeen {
  const [root] = recording.processes;
  const nearest = (root?.threads ?? []).reduce<{ used: number; limit: number }>(
    (best, thread) => {
      const used = thread.samples.at(-1)?.heapTotalBytes ?? 0;
      return used * best.limit > best.used * thread.heapLimitBytes ? { used, limit: thread.heapLimitBytes } : best;
    },
    { used: 0, limit: 1 },
  );
  const rssBytes = recording.processes.reduce((sum, entry) => sum + (entry.resident.at(-1)?.rssBytes ?? 0), 0);
  return {
    rssBytes: Math.max(rssBytes, root?.threads[0]?.samples.at(-1)?.rssBytes ?? 0),
    limitBytes: recording.limit.bytes,
    heapBytes: nearest.used,
    heapLimitBytes: nearest.limit,
  };
}

function cleanVerdict(verdict: Verdict, clean: Cleaner): Verdict {
  return {
    kind: verdict.kind,
    leak: verdict.leak,
    confidence: Math.max(0, Math.min(1, verdict.confidence)),
    sentence: clean.text(verdict.sentence),
    evidence: verdict.evidence.map(clean.text),
    ruledOut: verdict.ruledOut.map(({ kind, why }) => ({ kind, why: clean.text(why) })),
    next: verdict.next.map(clean.text),
    wouldChange: clean.text(verdict.wouldChange),
  };
}

function cleanGrowth(growth: readonly Growth[], clean: Cleaner, max: number): Growth[] {
  return growth.slice(0, max).map(({ where, callers, holder, ...rest }) => ({
    ...rest,
    what: clean.text(rest.what),
    bytesPerSecond: Math.round(rest.bytesPerSecond * 100) / 100,
    bytes: Math.round(rest.bytes),
    count: Math.max(0, Math.round(rest.count)),
    ...(rest.bytesPerRequest === undefined ? {} : { bytesPerRequest: Math.round(rest.bytesPerRequest) }),
    ...(where
      ? {
          where: {
            file: clean.path(where.file),
            line: where.line,
            function: clean.name(where.function),
            ...(where.inlinedInto === undefined ? {} : { inlinedInto: clean.name(where.inlinedInto) }),
          },
        }
      : {}),
    ...(callers
      ? {
          callers: callers.map((caller) => ({
            function: clean.name(caller.function),
            file: clean.path(caller.file),
            line: caller.line,
            column: caller.column,
          })),
        }
      : {}),
    ...(holder === undefined ? {} : { holder: clean.name(holder) }),
  }));
}
