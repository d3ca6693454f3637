/**
 * The last that was seen of a process before its end, and how old it was then. A program that dies
 * fast says nothing from inside in its last moment: what its resident set grew by since its last word
 * is the most that its heap can have grown.
 */
import type { ProcessRecording, Recording, ThreadRecording } from "../../monitor/remote/recording.ts";

/** A figure and its age. */
export interface Reading {
  readonly bytes: number;
  /** Before the end. */
  readonly seconds: number;
}

/** The fullest heap of a process. */
export interface HeapReading extends Reading {
  readonly threadId: number;
  /** What V8 gives up at: without semi-spaces where that is known. */
  readonly limitBytes: number;
  /** `bytes`, and what the resident set has grown by since. */
  readonly estimateBytes: number;
  /** How old the newest reading of the resident set was. */
  readonly estimateSeconds: number;
}

/** When a process ended, or the watch over it. */
export function endOfProcess(recording: Recording, one: ProcessRecording): number {
  const inside = one.threads.map(({ samples }) => samples.at(-1)?.timeMs ?? 0);
  const newest = Math.max(one.lastReading?.timeMs ?? 0, one.resident.at(-1)?.timeMs ?? 0, ...inside);
  // The counters are read as soon as the end is noticed; `endedAtMs` can be half a second late.
  const noticed = recording.exit === undefined ? undefined : one.oom?.after.timeMs;
  return Math.max(newest, noticed ?? one.endedAtMs ?? recording.endedAtMs ?? newest);
}

/** The newest resident set of a process. */
export function lastResident(recording: Recording, one: ProcessRecording): Reading | undefined {
  const inside = one.threads.find(({ threadId }) => threadId === 0)?.samples.at(-1);
  const newest = [one.lastReading, one.resident.at(-1), inside].reduce(
    (best, next) => (next && (!best || next.timeMs > best.timeMs) ? next : best),
    undefined,
  );
  if (!newest) return undefined;
  return { bytes: newest.rssBytes, seconds: (endOfProcess(recording, one) - newest.timeMs) / 1_000 };
}

/** The heap that was nearest to its limit; `undefined` where none was seen from inside. */
export function fullestHeap(recording: Recording, one: ProcessRecording): HeapReading | undefined {
  const endMs = endOfProcess(recording, one);
  const resident = lastResident(recording, one);
  return one.threads
    .filter(({ exitCode }) => exitCode === undefined)
    .flatMap((thread): HeapReading[] => {
      const sample = thread.samples.at(-1);
      if (!sample) return [];
      // Of several isolates one cannot know which has grown: it is charged to the main thread's.
      const grown = thread.threadId === 0 ? Math.max(0, (resident?.bytes ?? 0) - sample.rssBytes) : 0;
      const seconds = Math.max(0, (endMs - sample.timeMs) / 1_000);
      return [
        {
          threadId: thread.threadId,
          bytes: sample.heapUsedBytes,
          seconds,
          limitBytes: heapLimitOf(thread),
          estimateBytes: sample.heapUsedBytes + grown,
          estimateSeconds: grown > 0 ? (resident?.seconds ?? seconds) : seconds,
        },
      ];
    })
    .sort((a, b) => b.estimateBytes / b.limitBytes - a.estimateBytes / a.limitBytes)[0];
}

/** At which size V8 ends a thread. */
export function heapLimitOf(thread: ThreadRecording): number {
  return thread.workerLimitBytes ?? thread.oldSpaceLimitBytes ?? thread.heapLimitBytes;
}

/** What all processes that lived to the end held together. */
export function lastTotal(recording: Recording): Reading & { readonly processes: number } {
  const [root] = recording.processes;
  const endMs = root ? endOfProcess(recording, root) : 0;
  const last = recording.processes.flatMap((one) => {
    const hasGone = one !== root && one.endedAtMs !== undefined && one.endedAtMs < endMs - 1_000;
    return hasGone ? [] : (lastResident(recording, one) ?? []);
  });
  return {
    bytes: last.reduce((sum, { bytes }) => sum + bytes, 0),
    seconds: last[0]?.seconds ?? 0,
    processes: last.length,
  };
}
