/**
 * The report as data, from what was seen and what was concluded. It is bounded whatever the size of
 * the recording (600 points for the headline process, the rest share a budget), and holds no heap
 * strings, environment or argument values: only names of code, sizes and times.
 */
import process from "node:process";
import type { ProcessRecording, Recording, ThreadRecording } from "../../monitor/remote/recording.ts";
import type { Diagnosis } from "../finding.ts";
import { type Cleaner, createCleaner } from "./clean.ts";
import { cleanGrowth, cleanVerdict } from "./clean-verdict.ts";
import { explainExit } from "./exit-cause.ts";
import { lastWaterline, listSuspects } from "./exit-waterline.ts";
import { countRequests, endOf, measureGc, measurePeak } from "./figures.ts";
import { describeProcesses, toSubject } from "./processes.ts";
import { describeLedgers } from "./ledger.ts";
import type { Report } from "./report.ts";
import { mergeRows, thinRows, toFloors, toSeconds, toSeries, toTotal } from "./series.ts";
import { listUnknown } from "./unknown.ts";
import { readVersion } from "./version.ts";

const MAX_POINTS = 600;
const MAX_FLOORS = 200;
const MAX_PROCESSES = 60;
const MAX_GROWTH = 20;

/** What a report may be told besides what was seen. */
export interface ReportOptions {
  /** Paths are shown relative to it. Default: the working directory. */
  readonly cwd?: string;
  /** True while the program still runs: nothing is said of its end. Default: false. */
  readonly isRunning?: boolean;
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
  const ledger = describeLedgers(recording, clean);
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
    exit:
      options.isRunning === true
        ? { code: null, signal: null, cause: "it still runs" }
        : describeExit(recording, diagnosis, head, clean),
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
    processes: describeProcesses(recording, listed, diagnosis, clean),
    ...(ledger.length > 0 ? { ledger } : {}),
    unknown: listUnknown(recording, diagnosis, leftOut, clean),
  };
}

function describeExit(recording: Recording, diagnosis: Diagnosis, head: Head, clean: Cleaner): Report["exit"] {
  const { kind, outOfMemory, cause } = explainExit(recording);
  const waterline = lastWaterline(recording, head.process, head.thread);
  return {
    code: recording.exit?.code ?? null,
    signal: recording.exit?.signal ?? null,
    cause: clean.text(cause),
    kind,
    outOfMemory,
    ...(waterline ? { waterline } : {}),
    suspects: listSuspects(diagnosis.growth, head.thread, waterline, clean),
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
