/**
 * Derives, once for all rules, what a recording says about one thread: floors of every kind of memory
 * that V8 counts, of the resident set and of the rest of it that V8 cannot explain, what collections
 * freed, the request rate, and which code allocated what grew.
 *
 * A floor is memory right after a major collection. One that the watcher forced is exact; one that V8
 * made by itself lies higher, because concurrent marking spares what dies meanwhile. A reading between
 * two floors that lies below the line between them is a floor too.
 */
import type { CollectionRecord } from "../base/wire.ts";
import type { ProcessRecording, ResidentSample, ThreadRecording, ThreadSample } from "../monitor/remote/recording.ts";
import { floors, type TrendPoint } from "../monitor/trend.ts";
import { type Channel, judgeChannel, levelAt } from "./channel.ts";
import { growthBySite, type SiteGrowth } from "./growth-site.ts";

const MB = 2 ** 20;
/** Loading and compiling: nothing is judged on it. */
const WARM_UP_MS = 2_000;
/** Forced floors are used alone from this many on. */
const ENOUGH_FORCED = 3;

/** A collection that freed much: what was piled up before it was garbage. */
export interface Slack {
  /** Bytes of JavaScript heap and external memory that it freed. */
  readonly freedBytes: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly timeMs: number;
  readonly forced: boolean;
  /** How many collections freed at least half as much. */
  readonly times: number;
}

/** Everything that rules may look at. Absent channels could not be measured. */
export interface Evidence {
  /** Absent for the main thread and for a process seen from outside only. */
  readonly thread: number | undefined;
  readonly observed: boolean;
  readonly ended: boolean;
  /** Seconds between the first and the last reading. */
  readonly seconds: number;
  readonly startedAtMs: number;
  readonly heap?: Channel;
  readonly buffers?: Channel;
  /** External memory without array buffers. */
  readonly external?: Channel;
  /** Resident set of the process. */
  readonly resident?: Channel;
  /** Resident memory that no observed V8 heap or external memory explains; of the main thread only. */
  readonly rest?: Channel;
  readonly majors: number;
  readonly forcedMajors: number;
  readonly slack: Slack | undefined;
  /** Over the stretch in which requests were counted; `undefined` below one a second. */
  readonly requestsPerSecond: number | undefined;
  readonly sites: SiteGrowth | undefined;
  readonly heapLimitBytes: number | undefined;
  readonly peakRssBytes: number;
  readonly troubles: readonly string[];
}

/** What a diagnosis is made for. */
export interface EvidenceTime {
  readonly nowMs: number;
  readonly ended: boolean;
}

/**
 * Evidence on one thread of an observed process.
 *
 * @param process - the process, for its resident set.
 * @param thread - one of its threads.
 */
export function threadEvidence(process: ProcessRecording, thread: ThreadRecording, time: EvidenceTime): Evidence {
  const isMain = thread.threadId === 0;
  const samples = upTo(thread.samples, time.nowMs);
  const collections = collectionsOf(thread, time);
  const warmMs = thread.startedAtMs + WARM_UP_MS;
  const warm = collections.filter((collection) => collection.timeMs >= warmMs);
  const lastMs = Math.max(samples.at(-1)?.timeMs ?? 0, collections.at(-1)?.timeMs ?? 0, thread.startedAtMs);
  const external = samples.map((sample) => sample.externalBytes - sample.arrayBuffersBytes);
  return {
    thread: isMain ? undefined : thread.threadId,
    observed: true,
    ended: time.ended || thread.endedAtMs !== undefined,
    seconds: (lastMs - thread.startedAtMs) / 1000,
    startedAtMs: thread.startedAtMs,
    heap: heapChannel(warm, samples, warmMs),
    buffers: judgeChannel(
      offHeapFloors(
        warm.flatMap((c) =>
          c.arrayBuffersBytes === undefined ? [] : [{ timeMs: c.timeMs, bytes: c.arrayBuffersBytes }],
        ),
        points(samples, (sample) => sample.arrayBuffersBytes, warmMs),
      ),
    ),
    external: judgeChannel(
      offHeapFloors(
        warm.flatMap((c) =>
          c.arrayBuffersBytes === undefined ? [] : [{ timeMs: c.timeMs, bytes: c.externalBytes - c.arrayBuffersBytes }],
        ),
        samples.flatMap((sample, i) =>
          sample.timeMs < warmMs ? [] : [{ timeMs: sample.timeMs, bytes: external[i] ?? 0 }],
        ),
      ),
    ),
    ...(isMain ? { resident: residentChannel(process, time), rest: restChannel(process, samples, warmMs) } : {}),
    majors: collections.length,
    forcedMajors: collections.filter((collection) => collection.forced).length,
    slack: findSlack(warm, samples),
    requestsPerSecond: requestRate(samples),
    sites: growthBySite(thread.profiles.filter((profile) => profile.timeMs <= time.nowMs)),
    heapLimitBytes: thread.heapLimitBytes,
    peakRssBytes: process.peakRssBytes,
    troubles: thread.troubles,
  };
}

/** Evidence on a process that no preload answered from: its resident set is all there is. */
export function outsideEvidence(process: ProcessRecording, time: EvidenceTime): Evidence {
  const samples = upTo(process.resident, time.nowMs);
  return {
    thread: undefined,
    observed: false,
    ended: time.ended || process.endedAtMs !== undefined,
    seconds: ((samples.at(-1)?.timeMs ?? process.startedAtMs) - process.startedAtMs) / 1000,
    startedAtMs: process.startedAtMs,
    resident: residentChannel(process, time),
    majors: 0,
    forcedMajors: 0,
    slack: undefined,
    requestsPerSecond: undefined,
    sites: undefined,
    heapLimitBytes: undefined,
    peakRssBytes: process.peakRssBytes,
    troubles: [],
  };
}

/** Natural and forced ones in the order of time; a last one below all others is what an ending program lets go. */
function collectionsOf(thread: ThreadRecording, { nowMs, ended }: EvidenceTime): CollectionRecord[] {
  const byTime = new Map<number, CollectionRecord>();
  for (const collection of thread.majors) byTime.set(collection.timeMs, collection);
  for (const { collection } of thread.profiles) byTime.set(collection.timeMs, { ...collection, forced: true });
  const sorted = [...byTime.values()].filter(({ timeMs }) => timeMs <= nowMs).sort((a, b) => a.timeMs - b.timeMs);
  const last = sorted.at(-1);
  const before = sorted.at(-2);
  const endMs = thread.endedAtMs ?? (ended ? nowMs : undefined);
  if (last && before && endMs !== undefined && last.forced && endMs - last.timeMs < 1_500) {
    const total = (c: CollectionRecord): number => c.usedBytes + c.externalBytes;
    if (total(last) < total(before)) sorted.pop();
  }
  return sorted;
}

/** Live JavaScript heap. */
function heapChannel(majors: readonly CollectionRecord[], samples: readonly ThreadSample[], fromMs: number): Channel {
  const channel = judgeChannel(heapFloors(majors, samples, fromMs));
  if (channel.state !== "may-grow" && channel.state !== "flat") return channel;
  // What lives may itself come and go: then the lowest floor of each stretch is what counts.
  const all = majors.map(toPoint);
  const lowest = floors(all, Math.max(4_000, ((all.at(-1)?.timeMs ?? 0) - (all[0]?.timeMs ?? 0)) / 8));
  const envelope = all.length >= 2.5 * lowest.length ? judgeChannel(lowest, { whole: true }) : channel;
  return envelope.state === "grows" ? envelope : channel;
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
  const stretch = (samples.at(-1)?.timeMs ?? newest) - fromMs;
  if (forced.length < ENOUGH_FORCED || newest - fromMs < 0.4 * stretch) return apart(majors.map(toPoint));
  const line = majors
    .filter((c) => c.forced || (c.timeMs < newest && c.usedBytes <= levelAt(forced, c.timeMs) + 0.03 * c.usedBytes))
    .map(toPoint);
  const natural = majors.filter((collection) => !collection.forced).map(toPoint);
  const readings = [...natural, ...points(samples, (sample) => sample.heapUsedBytes, fromMs)];
  return withDips(apart(line), readings);
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

/** Memory outside the heap: exact floors where collections were forced, else the minima of time windows. */
function offHeapFloors(exact: readonly TrendPoint[], readings: readonly TrendPoint[]): TrendPoint[] {
  if (exact.length >= ENOUGH_FORCED) return withDips(exact, readings);
  return floors(readings, windowMs(readings));
}

/**
 * Heap that is committed but not touched yet is no resident memory, so the rest dips and comes back while
 * V8 fills it: only what lies above its first level is growth.
 */
function restChannel(process: ProcessRecording, samples: readonly ThreadSample[], fromMs: number): Channel {
  const others = process.threads.filter((thread) => thread.threadId !== 0);
  const rest = points(
    samples,
    (sample) => {
      let bytes = sample.rssBytes - sample.heapTotalBytes - sample.externalBytes;
      for (const thread of others) {
        if (thread.endedAtMs !== undefined && thread.endedAtMs < sample.timeMs) continue;
        const latest = thread.samples.findLast(({ timeMs }) => timeMs <= sample.timeMs);
        if (latest) bytes -= latest.heapTotalBytes + latest.externalBytes;
      }
      return bytes;
    },
    fromMs,
  );
  const lowest = floors(rest, windowMs(rest));
  const early = lowest.filter(({ timeMs }) => timeMs < fromMs + 3 * WARM_UP_MS).map(({ bytes }) => bytes);
  const start = Math.max(...early);
  const above = lowest.map(({ timeMs, bytes }) => ({ timeMs, bytes: Math.max(start, bytes) }));
  return judgeChannel(above, { bytes: 16 * MB, ratio: 0.2 });
}

function residentChannel(process: ProcessRecording, { nowMs }: EvidenceTime): Channel {
  const fromMs = process.startedAtMs + WARM_UP_MS;
  const readings = points(upTo<ResidentSample>(process.resident, nowMs), (sample) => sample.rssBytes, fromMs);
  return judgeChannel(floors(readings, windowMs(readings)), { bytes: 5 * MB, ratio: 0.05 });
}

/** The largest pile that a collection brought down. */
function findSlack(majors: readonly CollectionRecord[], samples: readonly ThreadSample[]): Slack | undefined {
  const piles: Slack[] = [];
  let sinceMs = 0;
  for (const major of majors) {
    let beforeBytes = 0;
    for (const sample of samples) {
      if (sample.timeMs <= sinceMs || sample.timeMs >= major.timeMs) continue;
      beforeBytes = Math.max(beforeBytes, sample.heapUsedBytes + sample.externalBytes);
    }
    const afterBytes = major.usedBytes + major.externalBytes;
    const { timeMs, forced } = major;
    piles.push({ freedBytes: beforeBytes - afterBytes, beforeBytes, afterBytes, timeMs, forced, times: 1 });
    sinceMs = timeMs;
  }
  const largest = piles.reduce<Slack | undefined>(
    (best, pile) => (best && best.freedBytes >= pile.freedBytes ? best : pile),
    undefined,
  );
  if (!largest || largest.freedBytes <= 0) return undefined;
  return { ...largest, times: piles.filter((pile) => pile.freedBytes >= largest.freedBytes / 2).length };
}

/** From the first counted request on, so that a late start of the load does not dilute it. */
function requestRate(samples: readonly ThreadSample[]): number | undefined {
  const last = samples.at(-1);
  const first = samples.findLast((sample) => sample.requests === (samples[0]?.requests ?? 0)) ?? samples[0];
  if (!last || !first || last.timeMs <= first.timeMs) return undefined;
  const perSecond = ((last.requests - first.requests) / (last.timeMs - first.timeMs)) * 1000;
  return perSecond >= 1 ? perSecond : undefined;
}

function points<T extends { readonly timeMs: number }>(
  samples: readonly T[],
  bytes: (sample: T) => number,
  fromMs: number,
): TrendPoint[] {
  return samples.flatMap((sample) => (sample.timeMs < fromMs ? [] : [{ timeMs: sample.timeMs, bytes: bytes(sample) }]));
}

function upTo<T extends { readonly timeMs: number }>(samples: readonly T[], nowMs: number): readonly T[] {
  return (samples.at(-1)?.timeMs ?? 0) <= nowMs ? samples : samples.filter((sample) => sample.timeMs <= nowMs);
}

/** Windows of 2 s, longer in long recordings. */
function windowMs(readings: readonly TrendPoint[]): number {
  return Math.max(2_000, ((readings.at(-1)?.timeMs ?? 0) - (readings[0]?.timeMs ?? 0)) / 40);
}
