/**
 * Single figures of a report: peaks, collections, requests, and the last that was seen.
 */
import type { ProcessRecording, Recording, ThreadRecording } from "../../monitor/remote/recording.ts";
import type { Report } from "./report.ts";
import type { SeriesRow } from "./series.ts";

/** Largest value of a column, in bytes; 0 where it was never measured. */
export function highest(rows: readonly SeriesRow[], column: Exclude<keyof SeriesRow, "timeMs">): number {
  return rows.reduce((max, row) => Math.max(max, row[column] ?? 0), 0);
}

/** Largest sizes of a process, and of the heap of one of its threads. */
export function measurePeak(
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

/** Collections of one thread. */
export function measureGc(thread: ThreadRecording): NonNullable<Report["gc"]> {
  return {
    pauseShare: Math.min(1, thread.gcPauseMs / thread.gcObservedMs),
    majors: thread.majors.length,
    minors: thread.minorCount,
  };
}

/** HTTP requests of all threads; `undefined` where none were seen. */
export function countRequests(recording: Recording): Report["requests"] {
  const threads = recording.processes.flatMap((entry) => entry.threads);
  const count = threads.reduce((sum, thread) => sum + (thread.samples.at(-1)?.requests ?? 0), 0);
  if (count === 0) return undefined;
  const seconds = Math.max(1, (endOf(recording) - recording.startedAtMs) / 1_000);
  return { count, perSecond: Math.round((count / seconds) * 10) / 10 };
}

/** When the recording ended, or its newest sample, in milliseconds since the epoch. */
export function endOf(recording: Recording): number {
  if (recording.endedAtMs !== undefined) return recording.endedAtMs;
  return recording.processes.reduce((latest, entry) => {
    const inside = entry.threads.map((thread) => thread.samples.at(-1)?.timeMs ?? latest);
    return Math.max(latest, entry.resident.at(-1)?.timeMs ?? latest, ...inside);
  }, recording.startedAtMs);
}
