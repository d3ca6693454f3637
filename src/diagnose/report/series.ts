/**
 * From samples to columns. A process is seen twice: from inside (a thread's own counters) and from
 * outside (the kernel's). Inside samples carry both; outside ones fill the stretches in which the
 * program was too busy to answer. Thinning keeps the first and last row, every column's maximum, and
 * in each stretch the highest and lowest resident size, so that no peak is lost.
 */
import type { ProcessRecording, ThreadRecording } from "../../monitor/remote/recording.ts";
import type { ReportFloor, ReportSeries, ReportTotal } from "./report.ts";

/** One moment; `null` where it was not measured. */
export interface SeriesRow {
  readonly timeMs: number;
  readonly rssBytes: number | null;
  readonly heapUsedBytes: number | null;
  readonly heapTotalBytes: number | null;
  readonly externalBytes: number | null;
  readonly arrayBufferBytes: number | null;
}

const COLUMNS = ["rssBytes", "heapUsedBytes", "heapTotalBytes", "externalBytes", "arrayBufferBytes"] as const;

/** Inside samples further apart than this leave a gap that outside samples fill. */
const GAP_MS = 1_000;

/**
 * Rows of one thread with the resident size of its process, oldest first.
 *
 * @param process - where the outside samples are from.
 * @param thread - whose heap is shown. Default: none, the process was seen from outside only.
 */
export function mergeRows(process: ProcessRecording, thread?: ThreadRecording): SeriesRow[] {
  const inside = (thread?.samples ?? []).map((sample): SeriesRow => ({
    timeMs: sample.timeMs,
    rssBytes: sample.rssBytes,
    heapUsedBytes: sample.heapUsedBytes,
    heapTotalBytes: sample.heapTotalBytes,
    externalBytes: Math.max(0, sample.externalBytes - sample.arrayBuffersBytes),
    arrayBufferBytes: sample.arrayBuffersBytes,
  }));
  const highest = process.resident.reduce((max, sample) => Math.max(max, sample.rssBytes), 0);
  const outside: SeriesRow[] = [];
  let next = 0;
  for (const { timeMs, rssBytes } of process.resident) {
    while (next < inside.length && (inside[next]?.timeMs ?? 0) < timeMs) next++;
    const before = inside[next - 1]?.timeMs ?? Number.NEGATIVE_INFINITY;
    const after = inside[next]?.timeMs ?? Number.POSITIVE_INFINITY;
    const isCovered = timeMs - before < GAP_MS || after - timeMs < GAP_MS;
    if (isCovered && rssBytes < highest) continue;
    outside.push({
      timeMs,
      rssBytes,
      heapUsedBytes: null,
      heapTotalBytes: null,
      externalBytes: null,
      arrayBufferBytes: null,
    });
  }
  return [...inside, ...outside].sort((a, b) => a.timeMs - b.timeMs);
}

/**
 * Keeps at most `max` rows, and with them every peak.
 *
 * @param rows - oldest first.
 * @param max - at least 8.
 */
export function thinRows(rows: readonly SeriesRow[], max: number): readonly SeriesRow[] {
  if (rows.length <= max) return rows;
  const kept = new Set([0, rows.length - 1]);
  for (const column of COLUMNS) kept.add(indexOfExtreme(rows, column, 0, rows.length, 1));
  const stretches = Math.max(0, Math.floor((max - kept.size) / 2));
  for (let i = 0; i < stretches; i++) {
    const from = Math.floor((i * rows.length) / stretches);
    const to = Math.floor(((i + 1) * rows.length) / stretches);
    const column = rows[from]?.rssBytes === null ? "heapUsedBytes" : "rssBytes";
    kept.add(indexOfExtreme(rows, column, from, to, 1));
    kept.add(indexOfExtreme(rows, column, from, to, -1));
  }
  return rows.filter((_, index) => kept.has(index));
}

function indexOfExtreme(
  rows: readonly SeriesRow[],
  column: (typeof COLUMNS)[number],
  from: number,
  to: number,
  sign: 1 | -1,
): number {
  let best = from;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = rows[i]?.[column];
    if (value === null || value === undefined || value * sign <= bestValue) continue;
    best = i;
    bestValue = value * sign;
  }
  return best;
}

/**
 * Rows as columns, times in seconds.
 *
 * @param rows - oldest first.
 * @param startMs - what `seconds` count from.
 * @param withResident - false for a worker: resident memory belongs to its process. Default: true.
 */
export function toSeries(rows: readonly SeriesRow[], startMs: number, withResident = true): ReportSeries {
  return {
    seconds: rows.map((row) => toSeconds(row.timeMs, startMs)),
    rssBytes: rows.map((row) => (withResident ? row.rssBytes : null)),
    heapUsedBytes: rows.map((row) => row.heapUsedBytes),
    heapTotalBytes: rows.map((row) => row.heapTotalBytes),
    externalBytes: rows.map((row) => row.externalBytes),
    arrayBufferBytes: rows.map((row) => row.arrayBufferBytes),
  };
}

/** Heap sizes after major collections; of many, the lowest in each stretch. At most `max`. */
export function toFloors(thread: ThreadRecording | undefined, startMs: number, max: number): ReportFloor[] {
  const majors = thread?.majors ?? [];
  const stretch = Math.max(1, Math.ceil(majors.length / max));
  const floors: ReportFloor[] = [];
  for (let i = 0; i < majors.length; i += stretch) {
    const lowest = majors.slice(i, i + stretch).reduce((low, next) => (next.usedBytes < low.usedBytes ? next : low));
    floors.push({
      seconds: toSeconds(lowest.timeMs, startMs),
      usedBytes: lowest.usedBytes,
      forced: lowest.forced,
    });
  }
  return floors;
}

/** Resident memory of all processes together; `undefined` for fewer than two. At most `max` points. */
export function toTotal(processes: readonly ProcessRecording[], startMs: number, max: number): ReportTotal | undefined {
  if (processes.length < 2) return undefined;
  const changes: { timeMs: number; pid: number; rssBytes: number }[] = [];
  for (const process of processes) {
    const { pid } = process;
    const inside = process.threads.find((thread) => thread.threadId === 0)?.samples ?? [];
    const samples = process.resident.length > 0 ? process.resident : inside;
    for (const { timeMs, rssBytes } of samples) changes.push({ timeMs, pid, rssBytes });
    if (process.endedAtMs !== undefined) changes.push({ timeMs: process.endedAtMs, pid, rssBytes: 0 });
  }
  changes.sort((a, b) => a.timeMs - b.timeMs);
  const current = new Map<number, number>();
  let sum = 0;
  const rows = changes.map(({ timeMs, pid, rssBytes }): SeriesRow => {
    sum += rssBytes - (current.get(pid) ?? 0);
    current.set(pid, rssBytes);
    return {
      timeMs,
      rssBytes: sum,
      heapUsedBytes: null,
      heapTotalBytes: null,
      externalBytes: null,
      arrayBufferBytes: null,
    };
  });
  const thinned = thinRows(rows, max);
  return {
    seconds: thinned.map((row) => toSeconds(row.timeMs, startMs)),
    rssBytes: thinned.map((row) => row.rssBytes ?? 0),
    peakRssBytes: rows.reduce((peak, row) => Math.max(peak, row.rssBytes ?? 0), 0),
  };
}

/** Seconds since the start, to a hundredth, never negative. */
export function toSeconds(timeMs: number, startMs: number): number {
  return Math.max(0, Math.round((timeMs - startMs) / 10) / 100);
}
