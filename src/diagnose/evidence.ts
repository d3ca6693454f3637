/**
 * Derives, once for all rules, what a recording says about one thread: a judged channel for every kind
 * of memory that V8 counts, for the resident set and for the rest of it that V8 cannot explain; what
 * collections freed; the request rate; and which code allocated what grew.
 */
import type { CollectionRecord } from "../base/wire.ts";
import type { ProcessRecording, ThreadRecording, ThreadSample } from "../monitor/remote/recording.ts";
import type { Channel } from "./channel.ts";
import {
  buffersChannel,
  externalChannel,
  heapChannel,
  residentChannel,
  restChannel,
  type ThreadReadings,
} from "./floors.ts";
import { growthBySite, type SiteGrowth } from "./growth-site.ts";

/** Loading and compiling: nothing is judged on it. */
const WARM_UP_MS = 2_000;
const MOST = 0.7;
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
  /** Bytes in V8 that the program let go at its orderly end, where that is most of what it had gathered. */
  readonly letGoBytes: number | undefined;
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
  const collections = collectionsOf(thread, time.nowMs);
  const letGoBytes = takeLast(collections, thread.endedAtMs ?? (time.ended ? time.nowMs : undefined));
  const fromMs = thread.startedAtMs + WARM_UP_MS;
  const readings = { majors: collections.filter(({ timeMs }) => timeMs >= fromMs), samples, fromMs };
  const lastMs = Math.max(samples.at(-1)?.timeMs ?? 0, collections.at(-1)?.timeMs ?? 0, thread.startedAtMs);
  return {
    thread: isMain ? undefined : thread.threadId,
    observed: true,
    ended: time.ended || thread.endedAtMs !== undefined,
    seconds: (lastMs - thread.startedAtMs) / 1000,
    startedAtMs: thread.startedAtMs,
    heap: heapChannel(readings),
    buffers: buffersChannel(readings),
    external: externalChannel(readings),
    ...(isMain ? { resident: residentChannel(process, fromMs, time.nowMs), rest: restChannel(process, readings) } : {}),
    majors: collections.length,
    forcedMajors: collections.filter((collection) => collection.forced).length,
    slack: findSlack(readings),
    letGoBytes,
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
    resident: residentChannel(process, process.startedAtMs + WARM_UP_MS, time.nowMs),
    majors: 0,
    forcedMajors: 0,
    slack: undefined,
    letGoBytes: undefined,
    requestsPerSecond: undefined,
    sites: undefined,
    heapLimitBytes: undefined,
    peakRssBytes: process.peakRssBytes,
    troubles: [],
  };
}

/** Natural and forced ones in the order of time. */
function collectionsOf(thread: ThreadRecording, nowMs: number): CollectionRecord[] {
  const byTime = new Map<number, CollectionRecord>();
  for (const collection of thread.majors) byTime.set(collection.timeMs, collection);
  for (const { collection } of thread.profiles) byTime.set(collection.timeMs, { ...collection, forced: true });
  return [...byTime.values()].filter(({ timeMs }) => timeMs <= nowMs).sort((a, b) => a.timeMs - b.timeMs);
}

/** Takes away a last floor that shows what an ending program lets go, not what it keeps while it works. */
function takeLast(collections: CollectionRecord[], endMs: number | undefined): number | undefined {
  const [first, before, last] = [collections[0], collections.at(-2), collections.at(-1)];
  if (!first || !before || !last || endMs === undefined || !last.forced || endMs - last.timeMs > 1_500)
    return undefined;
  const total = ({ usedBytes, externalBytes }: CollectionRecord): number => usedBytes + externalBytes;
  const letGo = total(before) - total(last);
  if (letGo <= 0) return undefined;
  collections.pop();
  return letGo >= MOST * (total(before) - total(first)) ? letGo : undefined;
}

/** The largest pile that a collection brought down. */
function findSlack({ majors, samples }: ThreadReadings): Slack | undefined {
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

function upTo<T extends { readonly timeMs: number }>(samples: readonly T[], nowMs: number): readonly T[] {
  return (samples.at(-1)?.timeMs ?? 0) <= nowMs ? samples : samples.filter((sample) => sample.timeMs <= nowMs);
}
