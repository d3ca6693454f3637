/**
 * Counts beside bytes: how many workers live, how many global environments a heap holds, how much of
 * its growth is code. Judged like memory, by the same tests, with a noise floor of their own.
 */
import type { ProcessRecording, ThreadRecording } from "../monitor/remote/recording.ts";
import type { TrendPoint } from "../monitor/trend.ts";
import { type Channel, judgeChannel } from "./channel.ts";

/** Code and environments in one heap, first and newest reading after warm-up. */
export interface CodeGrowth {
  /** Global environments: the main one, and one for each `vm` context. */
  readonly contexts: Channel;
  readonly detachedContexts: number;
  /** CommonJS modules that are kept; absent where they were not counted. */
  readonly modules?: Channel;
  /** Bytes by which the whole heap grew while modules were counted. */
  readonly moduleHeapRiseBytes: number;
  /** Machine code, bytecode and their metadata. */
  readonly codeBytes: number;
  readonly firstCodeBytes: number;
  /** Bytes by which the whole heap grew over the same stretch. */
  readonly heapRiseBytes: number;
  readonly seconds: number;
}

/** Workers and contexts are told from noise by this many. */
const FEW = 3;
/** Programs load a module late now and then. */
const MANY_MODULES = 20;

/**
 * Workers that live, once a second: those from which a preload answered. `undefined` where none ever lived.
 *
 * @param fromMs - when warm-up ends.
 */
export function workerCourse(process: ProcessRecording, fromMs: number, nowMs: number): Channel | undefined {
  const workers = process.threads.filter(({ threadId }) => threadId !== 0);
  const untilMs = Math.min(nowMs, process.endedAtMs ?? nowMs, process.resident.at(-1)?.timeMs ?? fromMs);
  if (workers.length === 0) return undefined;
  return judgeChannel(
    everySecond(fromMs, untilMs, (timeMs) => workers.filter((worker) => livesAt(worker, timeMs)).length),
    { bytes: FEW, ratio: 0.2 },
  );
}

/** Threads of the process as the kernel counts them. */
export function threadCourse(process: ProcessRecording, fromMs: number, nowMs: number): Channel | undefined {
  const points = process.resident.flatMap(({ timeMs, threads }) =>
    threads === undefined || timeMs < fromMs || timeMs > nowMs ? [] : [{ timeMs, bytes: threads }],
  );
  return points.length === 0 ? undefined : judgeChannel(points, { bytes: FEW, ratio: 0.2 });
}

/** Code and contexts at the forced readings of one thread. */
export function codeGrowth({ heap = [], startedAtMs }: ThreadRecording, nowMs: number): CodeGrowth | undefined {
  const seen = heap.filter(({ timeMs }) => timeMs <= nowMs && timeMs > startedAtMs + 2_000);
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first || !last || first === last) return undefined;
  const contexts = seen.map(({ timeMs, nativeContexts }) => ({ timeMs, bytes: nativeContexts }));
  const coded = seen.filter(({ code }) => code !== undefined);
  const [before, after] = [coded[0], coded.at(-1)];
  const counted = seen.flatMap(({ timeMs, modules }) => (modules === undefined ? [] : [{ timeMs, bytes: modules }]));
  const used = (sample: (typeof seen)[number] | undefined): number =>
    (sample?.spaces ?? []).reduce((total, { usedBytes }) => total + usedBytes, 0);
  const codeOf = (sample: (typeof seen)[number] | undefined): number =>
    (sample?.code?.codeBytes ?? 0) + (sample?.code?.bytecodeBytes ?? 0);
  return {
    contexts: judgeChannel(contexts, { bytes: FEW, ratio: 0.2 }),
    detachedContexts: last.detachedContexts,
    ...(counted.length === 0 ? {} : { modules: judgeChannel(counted, { bytes: MANY_MODULES, ratio: 0.1 }) }),
    moduleHeapRiseBytes: used(last) - used(first),
    codeBytes: codeOf(after),
    firstCodeBytes: codeOf(before),
    heapRiseBytes: used(after) - used(before),
    seconds: ((after?.timeMs ?? 0) - (before?.timeMs ?? 0)) / 1000,
  };
}

function livesAt({ startedAtMs, endedAtMs }: ThreadRecording, timeMs: number): boolean {
  return startedAtMs <= timeMs && (endedAtMs === undefined || endedAtMs > timeMs);
}

function everySecond(fromMs: number, untilMs: number, count: (timeMs: number) => number): TrendPoint[] {
  const stepMs = Math.max(1_000, (untilMs - fromMs) / 100);
  const points: TrendPoint[] = [];
  for (let timeMs = fromMs; timeMs <= untilMs; timeMs += stepMs) points.push({ timeMs, bytes: count(timeMs) });
  return points;
}
