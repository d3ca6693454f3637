/**
 * What died of memory while the started command itself lived on: a worker that reached its heap limit,
 * a child that the kernel killed or whose heap was full. A child that was merely stopped is not news.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { FatalRecord, ProcessRecording, Recording } from "../../monitor/remote/recording.ts";
import { fullestHeap, heapLimitOf, lastResident } from "./last-reading.ts";
import { judgeOom } from "./oom-judgement.ts";

/** So near to its limit a heap was full: it grows on between two samples. */
const NEAR = 0.7;
/** Ends that belong together. */
const TOGETHER_MS = 1_000;

/**
 * @param isTold - true when the command's own end is told as a kill by the kernel, with its counts.
 * @returns one sentence each, in the order of the processes.
 */
export function listOtherDeaths(recording: Recording, isTold: boolean): string[] {
  const [root] = recording.processes;
  const toldMs = isTold ? (root?.oom?.after.timeMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const isNear = (one: ProcessRecording): boolean => Math.abs((one.oom?.after.timeMs ?? 0) - toldMs) < TOGETHER_MS;
  return recording.processes.flatMap((one) => {
    const end = isNear(one) ? undefined : one === root ? killedWithin(one) : explainChildEnd(recording, one);
    return [...(end === undefined ? [] : [end]), ...explainWorkerEnds(recording, one)];
  });
}

/** How a process that is not the started command died of memory; `undefined` when it did not. */
export function explainChildEnd(recording: Recording, one: ProcessRecording): string | undefined {
  if (one === recording.processes[0]) return undefined;
  const who = `its child ${one.name} (pid ${one.pid})`;
  const oom = judgeOom(one.oom);
  const last = lastResident(recording, one);
  if (one.oom !== undefined && oom.by === "killed") {
    const held = last ? `; it held ${formatBytes(last.bytes)}` : "";
    return `${who} was killed by the kernel's out-of-memory killer: ${oom.words}${held}`;
  }
  const isSilent = one.threads.some(({ threadId, exitCode }) => threadId === 0 && exitCode === undefined);
  if (one.endedAtMs === undefined || !isSilent) return undefined;
  const heap = fullestHeap(recording, one);
  if (!heap || heap.threadId !== 0 || heap.estimateBytes < NEAR * heap.limitBytes) return undefined;
  const likely = heap.bytes < NEAR * heap.limitBytes ? "most likely " : "";
  return `${who} ended without a word, ${likely}by V8 heap out of memory: about ${formatBytes(heap.estimateBytes)} of its limit of ${formatBytes(heap.limitBytes)} were in use`;
}

/**
 * Workers of a process that ran out of memory, one sentence each.
 *
 * @param only - the id of one worker. Default: all.
 */
export function explainWorkerEnds(recording: Recording, one: ProcessRecording, only?: number): string[] {
  return (one.workerFatals ?? [])
    .filter(({ code }) => code === "ERR_WORKER_OUT_OF_MEMORY")
    .filter(({ workerId }) => only === undefined || only === workerId)
    .map((fatal) => {
      const of = one === recording.processes[0] ? "" : ` of its child ${one.name} (pid ${one.pid})`;
      return `its worker ${fatal.workerId}${of} ran out of memory (ERR_WORKER_OUT_OF_MEMORY)${limitWords(one, fatal)}`;
    });
}

function limitWords({ threads }: ProcessRecording, { workerId, timeMs }: FatalRecord): string {
  const thread = threads.find(({ threadId }) => threadId === workerId);
  if (!thread) return "";
  const limit = `: its heap may take ${formatBytes(heapLimitOf(thread))}`;
  const last = thread.samples.at(-1);
  if (!last) return limit;
  const seconds = Math.max(0.1, Number(((timeMs - last.timeMs) / 1_000).toFixed(1)));
  return `${limit}, ${formatBytes(last.heapUsedBytes)} were in use ${seconds} s before`;
}

/** The command ended with a code of its own, and the kernel had killed in its cgroup a moment before. */
function killedWithin(root: ProcessRecording): string | undefined {
  const { by, words } = judgeOom(root.oom);
  return by === "killed"
    ? `the kernel's out-of-memory killer killed something that it had started: ${words}`
    : undefined;
}
