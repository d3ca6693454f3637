/**
 * The processes and workers of a report, each with its own verdict and a thinned course. They share a
 * budget of points, so that a report of twenty stays below half a megabyte.
 */
import type { ProcessRecording, Recording, ThreadRecording } from "../../monitor/remote/recording.ts";
import type { Diagnosis, Verdict } from "../finding.ts";
import type { Cleaner } from "./clean.ts";
import { cleanGrowth, cleanVerdict } from "./clean-verdict.ts";
import { explainChildEnd, explainWorkerEnds } from "./exit-others.ts";
import { highest } from "./figures.ts";
import type { ReportProcess, ReportSubject } from "./report.ts";
import { mergeRows, thinRows, toFloors, toSeconds, toSeries } from "./series.ts";

/** Points and floors that all entries share. */
const SHARED_POINTS = 2_400;
const SHARED_FLOORS = 800;
/** At most, and at least, for one entry. */
const POINTS = [8, 600] as const;
const FLOORS = [4, 200] as const;
const MAX_WORKERS = 60;
const MAX_GROWTH = 5;

const NOT_JUDGED: Verdict = {
  kind: "undetermined",
  leak: false,
  confidence: 0,
  sentence: "It was not judged on its own.",
  evidence: [],
  ruledOut: [],
  next: [],
  wouldChange: "",
};

/** Each process, followed by its workers. */
export function describeProcesses(
  recording: Recording,
  listed: readonly ProcessRecording[],
  diagnosis: Diagnosis,
  clean: Cleaner,
): ReportProcess[] {
  const startMs = recording.startedAtMs;
  const pairs = listed.flatMap((entry) => {
    const workers = entry.threads.filter((thread) => thread.threadId !== 0).slice(0, MAX_WORKERS);
    const main = entry.threads.find((thread) => thread.threadId === 0);
    return [{ entry, thread: main }, ...workers.map((thread) => ({ entry, thread }))];
  });
  const points = share(SHARED_POINTS, pairs.length, POINTS);
  const floors = share(SHARED_FLOORS, pairs.length, FLOORS);
  return pairs.map(({ entry, thread }): ReportProcess => {
    const worker = thread && thread.threadId !== 0 ? thread : undefined;
    const judged = diagnosis.processes.find(
      (candidate) => candidate.pid === entry.pid && candidate.thread === worker?.threadId,
    );
    const endedAtMs = worker ? worker.endedAtMs : entry.endedAtMs;
    const death = worker ? explainWorkerEnds(recording, entry, worker.threadId)[0] : explainChildEnd(recording, entry);
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
      growth: cleanGrowth(judged?.growth ?? [], clean, MAX_GROWTH),
      samples: toSeries(thinRows(rows, points), startMs, worker === undefined),
      floors: toFloors(thread, startMs, floors),
      ...(death === undefined ? {} : { death: clean.text(death) }),
    };
  });
}

function share(all: number, count: number, [least, most]: readonly [number, number]): number {
  return Math.max(least, Math.min(most, Math.floor(all / Math.max(1, count))));
}

/** Names a process, or a worker of it. */
export function toSubject(entry: ProcessRecording, thread: ThreadRecording | undefined, clean: Cleaner): ReportSubject {
  return {
    pid: entry.pid,
    ...(thread && thread.threadId !== 0 ? { thread: thread.threadId } : {}),
    name: clean.name(entry.name),
  };
}
