/**
 * Derives, once for all rules, what a recording says about one thread: a judged channel for every kind
 * of memory that V8 counts, for the resident set and for the rest of it that V8 cannot explain; what
 * collections freed; the request rate; and which code allocated what grew.
 */
import type { CollectionRecord } from "../base/wire.ts";
import type {
  ExperimentResult,
  NativeModule,
  ProcessRecording,
  ThreadRecording,
  ThreadSample,
  WorkerCount,
} from "../monitor/remote/recording.ts";
import { growthOfSpace, type Retained, retainedNow, type SpaceGrowth } from "./address-space.ts";
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
import { type CodeGrowth, codeGrowth, threadCourse, workerCourse } from "./heap-course.ts";
import { type OwnedGrowth, ownedGrowth } from "./owned.ts";

/** Loading and compiling: nothing is judged on it. */
const WARM_UP_MS = 2_000;
const MOST = 0.7;
/** Long work is no silence. */
const MIN_SILENT_MS = 10_000;
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
  readonly pid: number;
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
  /** Where the process grew; of the main thread, and of a process seen from outside, once its regions were read twice. */
  readonly space?: SpaceGrowth;
  /** What the allocator keeps now. */
  readonly retained?: Retained;
  /** What is missing to part native memory from retained memory, in words. */
  readonly accountAbsence?: string;
  /** Why the regions are not known, in words. */
  readonly spaceAbsence?: string;
  /** Number of observed workers over time. */
  readonly workersAlive?: Channel;
  /** Number of threads over time, as the kernel counts them. */
  readonly threadsAlive?: Channel;
  readonly workers?: WorkerCount;
  /** Workers that run and do not answer. */
  readonly silentWorkers?: readonly number[];
  /** For how long the main thread has not answered; absent while it does. */
  readonly silentSeconds?: number;
  readonly code?: CodeGrowth;
  /** Values that the program's own ledger sees becoming more; absent while none do. */
  readonly owned?: OwnedGrowth;
  readonly modules?: readonly NativeModule[];
  readonly experiments?: readonly ExperimentResult[];
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
    pid: process.pid,
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
    ...optional("code", codeGrowth(thread, time.nowMs)),
    ...optional("owned", ownedGrowth(thread, fromMs, time.nowMs)),
    ...(isMain ? spaceEvidence(process, fromMs, time.nowMs, true) : {}),
    experiments: (process.experiments ?? []).filter(({ threadId }) => threadId === thread.threadId),
  };
}

/** What is known of the whole process: it is judged with its main thread, or from outside. */
function spaceEvidence(
  process: ProcessRecording,
  fromMs: number,
  nowMs: number,
  isCounted: boolean,
): Partial<Evidence> {
  const lastMs = Math.min(nowMs, process.resident.at(-1)?.timeMs ?? nowMs);
  const silent = process.threads.filter((thread) => thread.threadId !== 0 && silenceOf(thread, lastMs) !== undefined);
  return {
    ...optional("space", growthOfSpace(process, nowMs, isCounted)),
    ...optional("retained", retainedNow(process, nowMs)),
    ...optional("accountAbsence", (process.allocator ?? []).length > 0 ? undefined : process.allocatorAbsence),
    ...optional("spaceAbsence", process.regionsAbsence),
    ...optional("workersAlive", workerCourse(process, fromMs, nowMs)),
    ...optional("threadsAlive", threadCourse(process, fromMs, nowMs)),
    ...optional("workers", process.workers),
    ...optional("modules", process.modules),
    silentWorkers: silent.map(({ threadId }) => threadId),
  };
}

function optional<K extends keyof Evidence>(key: K, value: Evidence[K] | undefined): Partial<Evidence> {
  return value === undefined ? {} : { [key]: value };
}

/**
 * For how long the main thread has said nothing, where that is most of what was seen: then only what is
 * seen from outside is still true.
 *
 * @returns `undefined` when it answers, or has answered for long enough.
 */
export function silentSeconds({ threads, resident }: ProcessRecording, nowMs: number): number | undefined {
  const main = threads.find(({ threadId }) => threadId === 0);
  return main && silenceOf(main, Math.min(nowMs, resident.at(-1)?.timeMs ?? nowMs));
}

/** The longest silence of a thread, in seconds, if that is long, and half of its life. Last words do not undo it. */
function silenceOf({ samples, startedAtMs, endedAtMs }: ThreadRecording, seenMs: number): number | undefined {
  const lastMs = Math.min(seenMs, endedAtMs ?? seenMs);
  let fromMs = startedAtMs;
  let silentMs = 0;
  for (const timeMs of [...samples.map((sample) => sample.timeMs).filter((each) => each < lastMs), lastMs]) {
    silentMs = Math.max(silentMs, timeMs - fromMs);
    fromMs = timeMs;
  }
  return silentMs >= Math.max(MIN_SILENT_MS, (lastMs - startedAtMs) / 2) ? silentMs / 1000 : undefined;
}

/** Evidence on a process that no preload answers from: what the kernel tells is all there is. */
export function outsideEvidence(process: ProcessRecording, time: EvidenceTime): Evidence {
  const fromMs = process.startedAtMs + WARM_UP_MS;
  const samples = upTo(process.resident, time.nowMs);
  return {
    pid: process.pid,
    thread: undefined,
    observed: false,
    ended: time.ended || process.endedAtMs !== undefined,
    seconds: ((samples.at(-1)?.timeMs ?? process.startedAtMs) - process.startedAtMs) / 1000,
    startedAtMs: process.startedAtMs,
    resident: residentChannel(process, fromMs, time.nowMs),
    majors: 0,
    forcedMajors: 0,
    slack: undefined,
    letGoBytes: undefined,
    requestsPerSecond: undefined,
    sites: undefined,
    heapLimitBytes: undefined,
    peakRssBytes: process.peakRssBytes,
    troubles: [],
    ...spaceEvidence(process, fromMs, time.nowMs, false),
    ...optional("silentSeconds", silentSeconds(process, time.nowMs)),
    experiments: process.experiments ?? [],
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
