/**
 * What the live view and the one-liners show, read from the recording: all living processes added up,
 * by kind of memory, with rates from the floors of the last minute (a heap saw-tooths; its floors do not).
 * Facts only; what they mean is the diagnosis's word.
 */
import type { Diagnosis } from "../diagnose/finding.ts";
import type { ProcessRecording, Recording, ThreadRecording } from "../monitor/remote/recording.ts";
import { floors, theilSen, type TrendPoint } from "../monitor/trend.ts";

/** Rates look back this far. */
const RATE_MS = 60_000;
/** Length of one floor; short, so that a rate is there within seconds. */
const FLOOR_MS = 2_000;
/** A rate needs this many floors. */
const MIN_FLOORS = 4;

/** One kind of memory. */
export interface KindStatus {
  readonly name: "js heap" | "buffers" | "external" | "native" | "private" | "files";
  readonly bytes: number;
  /** `undefined` while it is too early to tell. */
  readonly bytesPerSecond: number | undefined;
}

/** Everything that is shown of a moment. */
export interface Status {
  readonly seconds: number;
  readonly rssBytes: number;
  /** Resident memory from the start to now, evenly thinned by whoever draws it. */
  readonly history: readonly TrendPoint[];
  readonly bytesPerSecond: number | undefined;
  /** Half of the rate's 95 % interval. */
  readonly rateSpread: number | undefined;
  readonly kinds: readonly KindStatus[];
  /** The smallest V8 heap limit of a living main thread. */
  readonly heapLimitBytes: number | undefined;
  readonly heapTotalBytes: number;
  readonly workers: number;
  /** Living processes besides the first. */
  readonly children: number;
  readonly unobserved: number;
  /** Share of the time in collections, 0..1; `undefined` when none were observed. */
  readonly gcShare: number | undefined;
  readonly majors: number;
  readonly requests: number;
  readonly requestsPerSecond: number | undefined;
  /** Living values that programs' own ledgers count; `undefined` where there is none. */
  readonly owned: number | undefined;
  readonly diagnosis: Diagnosis;
}

/**
 * Reads what is to be shown.
 *
 * @param recording - what was seen so far.
 * @param diagnosis - what follows from it.
 * @param nowMs - the present time.
 */
export function readStatus(recording: Recording, diagnosis: Diagnosis, nowMs: number): Status {
  const living = recording.processes.filter((one) => one.endedAtMs === undefined);
  const shown = living.length > 0 ? living : recording.processes;
  const threads = shown.flatMap((one) =>
    one.threads.filter((thread) => thread.endedAtMs === undefined || living.length === 0),
  );
  const latest = threads.flatMap((thread) => thread.samples.at(-1) ?? []);
  const sum = (read: (sample: (typeof latest)[number]) => number): number =>
    latest.reduce((total, sample) => total + read(sample), 0);
  const rssBytes = shown.reduce((total, one) => total + residentOf(one), 0);
  const fileBytes = shown.reduce(
    (total, one) => total + (one.resident.findLast((sample) => sample.fileBytes !== undefined)?.fileBytes ?? 0),
    0,
  );
  const heapTotalBytes = sum((sample) => sample.heapTotalBytes);
  const externalBytes = sum((sample) => sample.externalBytes);
  // V8 counts pages that were never touched as held: the difference can fall below 0.
  const nativeBytes = Math.max(0, rssBytes - fileBytes - heapTotalBytes - externalBytes);
  const history = addUp(shown.map((one) => one.resident.map(({ timeMs, rssBytes: bytes }) => ({ timeMs, bytes }))));
  const rate = rateOf(history, nowMs);
  const channel = (read: (sample: ThreadRecording["samples"][number]) => number): number | undefined =>
    rateOf(
      addUp(threads.map((thread) => thread.samples.map((sample) => ({ timeMs: sample.timeMs, bytes: read(sample) })))),
      nowMs,
    )?.bytesPerSecond;
  const kinds: KindStatus[] =
    latest.length === 0
      ? []
      : [
          { name: "js heap", bytes: sum((s) => s.heapUsedBytes), bytesPerSecond: channel((s) => s.heapUsedBytes) },
          {
            name: "buffers",
            bytes: sum((s) => s.arrayBuffersBytes),
            bytesPerSecond: channel((s) => s.arrayBuffersBytes),
          },
          {
            name: "external",
            bytes: sum((s) => s.externalBytes - s.arrayBuffersBytes),
            bytesPerSecond: channel((s) => s.externalBytes - s.arrayBuffersBytes),
          },
          {
            name: "native",
            bytes: nativeBytes,
            bytesPerSecond:
              nativeBytes === 0 ? undefined : channel((s) => s.rssBytes - s.heapTotalBytes - s.externalBytes),
          },
        ];
  if (latest.length === 0 && fileBytes > 0)
    kinds.push({ name: "private", bytes: rssBytes - fileBytes, bytesPerSecond: rate?.bytesPerSecond });
  if (fileBytes > 0) kinds.push({ name: "files", bytes: fileBytes, bytesPerSecond: undefined });
  const limits = threads.filter(({ threadId }) => threadId === 0).map(({ heapLimitBytes }) => heapLimitBytes);
  const observedMs = threads.reduce((total, thread) => Math.max(total, thread.gcObservedMs), 0);
  const pauseMs = threads.reduce((total, thread) => Math.max(total, thread.gcPauseMs), 0);
  return {
    seconds: Math.max(0, (nowMs - recording.startedAtMs) / 1000),
    rssBytes,
    history,
    bytesPerSecond: rate?.bytesPerSecond,
    rateSpread: rate?.spread,
    kinds,
    heapLimitBytes: limits.length > 0 ? Math.min(...limits) : undefined,
    heapTotalBytes,
    workers: threads.filter(({ threadId }) => threadId !== 0).length,
    children: Math.max(0, living.length - 1),
    unobserved: living.filter(({ observed }) => !observed).length,
    gcShare: observedMs > 0 ? pauseMs / observedMs : undefined,
    majors: threads.reduce((total, thread) => total + thread.majors.length, 0),
    requests: sum((sample) => sample.requests),
    requestsPerSecond: requestRate(threads),
    owned: ownedBy(threads),
    diagnosis,
  };
}

function ownedBy(threads: readonly ThreadRecording[]): number | undefined {
  const newest = threads.flatMap(({ ledger }) => ledger?.at(-1)?.totals ?? []);
  return newest.length === 0 ? undefined : newest.reduce((total, { live }) => total + live, 0);
}

function residentOf(one: ProcessRecording): number {
  const outside = one.resident.at(-1);
  const inside = one.threads[0]?.samples.at(-1);
  if (!outside || (inside && inside.timeMs > outside.timeMs)) return inside?.rssBytes ?? 0;
  return outside.rssBytes;
}

/** Adds series that were read at different times: each counts with its latest reading. */
function addUp(series: readonly TrendPoint[][]): TrendPoint[] {
  if (series.length <= 1) return series[0] ?? [];
  const events = series.flatMap((points, index) => points.map((point) => ({ ...point, index })));
  events.sort((a, b) => a.timeMs - b.timeMs);
  const latest = series.map(() => 0);
  let total = 0;
  return events.map(({ timeMs, bytes, index }) => {
    total += bytes - (latest[index] ?? 0);
    latest[index] = bytes;
    return { timeMs, bytes: total };
  });
}

function rateOf(
  points: readonly TrendPoint[],
  nowMs: number,
): { bytesPerSecond: number; spread: number | undefined } | undefined {
  const recent = floors(
    points.filter(({ timeMs }) => timeMs > nowMs - RATE_MS),
    FLOOR_MS,
  );
  const slope = recent.length < MIN_FLOORS ? undefined : theilSen(recent);
  if (!slope) return undefined;
  const spread = (slope.upperBytesPerSecond - slope.lowerBytesPerSecond) / 2;
  return { bytesPerSecond: slope.bytesPerSecond, spread: Number.isFinite(spread) ? spread : undefined };
}

/** Over the last ten seconds. */
function requestRate(threads: readonly ThreadRecording[]): number | undefined {
  let rate = 0;
  for (const { samples } of threads) {
    const last = samples.at(-1);
    const first = samples.findLast(({ timeMs }) => timeMs <= (last?.timeMs ?? 0) - 10_000) ?? samples[0];
    if (!last || !first || last.timeMs <= first.timeMs) continue;
    rate += ((last.requests - first.requests) / (last.timeMs - first.timeMs)) * 1000;
  }
  return rate > 0 ? rate : undefined;
}
