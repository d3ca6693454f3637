/**
 * The floors of each kind of memory, found in what was seen of a thread.
 *
 * A floor is memory right after a major collection. One that the watcher forced is exact; one that V8
 * made by itself lies higher, because concurrent marking spares what dies meanwhile. A reading between
 * two floors that lies below the line between them is a floor too. Where no collection tells, the
 * lowest reading of each stretch of time has to do.
 */
import type { CollectionRecord } from "../base/wire.ts";
import type { ProcessRecording, ThreadRecording, ThreadSample } from "../monitor/remote/recording.ts";
import { floors, type TrendPoint } from "../monitor/trend.ts";
import { type Channel, judgeChannel, levelAt } from "./channel.ts";
import { judgeLasting } from "./lasting-growth.ts";

const MB = 2 ** 20;
/** Forced floors are used alone from this many on. */
const ENOUGH_FORCED = 3;
/** The rest of RSS is compared with its first level, over this long. */
const FIRST_LEVEL_MS = 6_000;
const ENDING_MS = 1_000;

/** What was seen of one thread, warm-up left out of the collections. */
export interface ThreadReadings {
  readonly majors: readonly CollectionRecord[];
  readonly samples: readonly ThreadSample[];
  /** When warm-up ends, milliseconds since the epoch. */
  readonly fromMs: number;
}

/** Live JavaScript heap. */
export function heapChannel({ majors, samples, fromMs }: ThreadReadings): Channel {
  const channel = judgeLasting(heapFloors(majors, samples, fromMs));
  if (channel.state === "grows" || channel.state === "unknown") return channel;
  // What lives may itself come and go: then the lowest floor of each stretch is what counts.
  const all = majors.map(toPoint);
  const lowest = floors(all, Math.max(4_000, ((all.at(-1)?.timeMs ?? 0) - (all[0]?.timeMs ?? 0)) / 8));
  const envelope = all.length >= 2.5 * lowest.length ? judgeChannel(lowest, { whole: true }) : channel;
  if (envelope.state === "grows") return envelope;
  return contradicts(all, channel) ? { ...channel, state: "may-grow", neededSeconds: 10 } : channel;
}

/** Collections after the newest floor that all left clearly more than it: the level may be rising again. */
function contradicts(majors: readonly TrendPoint[], { floors: judged, lastBytes }: Channel): boolean {
  const newest = judged.at(-1)?.timeMs ?? 0;
  const later = majors.filter(({ timeMs }) => timeMs > newest);
  return later.length >= 2 && later.every(({ bytes }) => bytes > 1.1 * lastBytes + 2 * MB);
}

const toPoint = (collection: CollectionRecord): TrendPoint => ({
  timeMs: collection.timeMs,
  bytes: collection.usedBytes,
});

/** Forced floors, natural ones that do not lie above their line (or all where forced ones are few), and dips. */
function heapFloors(
  majors: readonly CollectionRecord[],
  samples: readonly ThreadSample[],
  fromMs: number,
): TrendPoint[] {
  const forced = majors.filter((collection) => collection.forced).map(toPoint);
  const newest = forced.at(-1)?.timeMs ?? 0;
  const later = majors.filter(({ timeMs }) => timeMs > newest).length;
  if (forced.length < ENOUGH_FORCED || (later >= 2 && !isFresh(newest, fromMs, samples)))
    return apart(majors.map(toPoint));
  const line = majors
    .filter((c) => c.forced || (c.timeMs < newest && c.usedBytes <= levelAt(forced, c.timeMs) + 0.03 * c.usedBytes))
    .map(toPoint);
  const natural = majors.filter((collection) => !collection.forced).map(toPoint);
  const readings = [...natural, ...points(samples, (sample) => sample.heapUsedBytes, fromMs)];
  return withDips(apart(line), readings);
}

/** A large heap may be too dear to collect on purpose: then forced floors end, and others must speak. */
function isFresh(newestMs: number, fromMs: number, readings: readonly { readonly timeMs: number }[]): boolean {
  const lastMs = readings.at(-1)?.timeMs ?? newestMs;
  return lastMs - newestMs <= Math.max(12_000, 0.4 * (lastMs - fromMs));
}

/** Floors less than a second apart say the same, and must not count twice: the lower one stays. */
function apart(line: readonly TrendPoint[]): TrendPoint[] {
  const found: TrendPoint[] = [];
  for (const point of line) {
    const last = found.at(-1);
    if (!last || point.timeMs - last.timeMs >= 1_000) found.push(point);
    else if (point.bytes < last.bytes) found[found.length - 1] = point;
  }
  return found;
}

/** Adds, between two floors and after the last, the deepest reading that lies clearly below their line. */
function withDips(line: readonly TrendPoint[], readings: readonly TrendPoint[]): TrendPoint[] {
  const found: TrendPoint[] = [];
  for (const [index, from] of line.entries()) {
    found.push(from);
    const to = line[index + 1] ?? { timeMs: Number.POSITIVE_INFINITY, bytes: from.bytes };
    let deepest: TrendPoint | undefined;
    let depth = Math.max(MB / 2, 0.05 * from.bytes);
    for (const reading of readings) {
      if (reading.timeMs <= from.timeMs || reading.timeMs >= to.timeMs) continue;
      const below = levelAt([from, to], reading.timeMs) - reading.bytes;
      if (below > depth) {
        depth = below;
        deepest = reading;
      }
    }
    if (deepest) found.push(deepest);
  }
  return found;
}

/** ArrayBuffers that are alive. */
export function buffersChannel(readings: ThreadReadings): Channel {
  return offHeapChannel(
    readings,
    (arrayBuffersBytes) => arrayBuffersBytes,
    (sample) => sample.arrayBuffersBytes,
  );
}

/** External memory without array buffers. */
export function externalChannel(readings: ThreadReadings): Channel {
  return offHeapChannel(
    readings,
    (arrayBuffersBytes, externalBytes) => externalBytes - arrayBuffersBytes,
    (sample) => sample.externalBytes - sample.arrayBuffersBytes,
  );
}

function offHeapChannel(
  { majors, samples, fromMs }: ThreadReadings,
  exact: (arrayBuffersBytes: number, externalBytes: number) => number,
  reading: (sample: ThreadSample) => number,
): Channel {
  const known = majors.flatMap(({ timeMs, arrayBuffersBytes, externalBytes }) =>
    arrayBuffersBytes === undefined ? [] : [{ timeMs, bytes: exact(arrayBuffersBytes, externalBytes) }],
  );
  return judgeLasting(offHeapFloors(known, points(samples, reading, fromMs)));
}

/** Memory outside the heap: exact floors where collections were forced, else the minima of time windows. */
function offHeapFloors(exact: readonly TrendPoint[], readings: readonly TrendPoint[]): TrendPoint[] {
  const isEnough =
    exact.length >= ENOUGH_FORCED && isFresh(exact.at(-1)?.timeMs ?? 0, readings[0]?.timeMs ?? 0, readings);
  if (isEnough) return withDips(exact, readings);
  return floors(readings, windowMs(readings));
}

/**
 * Resident memory that neither a V8 heap nor external memory explains. Heap that is committed but not touched yet is no resident memory, so the rest dips and comes back while
 * V8 fills it: only what lies above its first level is growth.
 */
export function restChannel(process: ProcessRecording, { samples, fromMs }: ThreadReadings): Channel {
  const others = process.threads.filter((thread) => thread.threadId !== 0).map((thread) => heldBy(thread));
  const rest = points(
    samples,
    ({ timeMs, rssBytes, heapTotalBytes, externalBytes }) =>
      others.reduce((bytes, held) => bytes - held(timeMs), rssBytes - heapTotalBytes - externalBytes),
    fromMs,
  );
  const lowest = floors(rest, windowMs(rest));
  const early = lowest.filter(({ timeMs }) => timeMs < fromMs + FIRST_LEVEL_MS).map(({ bytes }) => bytes);
  const start = Math.max(...early);
  const above = lowest.map(({ timeMs, bytes }) => ({ timeMs, bytes: Math.max(start, bytes) }));
  return judgeLasting(above, { bytes: 16 * MB, ratio: 0.2 });
}

/** What V8 holds for a worker, asked for ever later times. */
function heldBy({ samples, endedAtMs }: ThreadRecording): (timeMs: number) => number {
  let next = 0;
  return (timeMs) => {
    while ((samples[next]?.timeMs ?? Number.POSITIVE_INFINITY) <= timeMs) next += 1;
    const latest = endedAtMs !== undefined && endedAtMs < timeMs ? undefined : samples[next - 1];
    return latest ? latest.heapTotalBytes + latest.externalBytes : 0;
  };
}

/** Resident set of a process, but for its last moment, in which it takes itself apart. */
export function residentChannel(process: ProcessRecording, fromMs: number, nowMs: number): Channel {
  const untilMs = Math.min(nowMs, (process.endedAtMs ?? Number.POSITIVE_INFINITY) - ENDING_MS);
  const seen = process.resident.filter(({ timeMs }) => timeMs <= untilMs);
  const readings = points(seen, (sample) => sample.rssBytes, fromMs);
  return judgeLasting(floors(readings, windowMs(readings)), { bytes: 5 * MB, ratio: 0.05 });
}

function points<T extends { readonly timeMs: number }>(
  samples: readonly T[],
  bytes: (sample: T) => number,
  fromMs: number,
): TrendPoint[] {
  return samples.flatMap((sample) => (sample.timeMs < fromMs ? [] : [{ timeMs: sample.timeMs, bytes: bytes(sample) }]));
}

/** Windows of 2 s, longer in long recordings. */
function windowMs(readings: readonly TrendPoint[]): number {
  return Math.max(2_000, ((readings.at(-1)?.timeMs ?? 0) - (readings[0]?.timeMs ?? 0)) / 40);
}
