/**
 * What threads tell of the workers that they start: how many, which of them have no preload because their
 * environment was replaced, and how they died. One that runs out of memory says nothing more itself.
 */
import type { FatalMessage } from "../../base/wire.ts";
import type { WatchedProcess } from "./process-table.ts";
import type { ThreadRecorder } from "./thread-recorder.ts";

/** The thread that started a worker. */
export interface Starter {
  readonly recorder: ThreadRecorder;
  readonly process: WatchedProcess;
}

const MAX_AWAITED = 2000;
const MAX_FATALS = 20;
/** A worker's preload answers in well under this. */
const ANSWER_MS = 2000;

/** Keeps count of workers, and complains of those that cannot be seen. */
export class WorkerNotes {
  /** Workers that were started and have not answered yet. */
  readonly #awaited = new Set<{ readonly starter: Starter; readonly threadId: number; readonly dueAtMs: number }>();

  /** A thread has started a worker. */
  start(starter: Starter, threadId: number, nowMs: number): void {
    count(starter.process, 1, 0);
    if (this.#awaited.size < MAX_AWAITED) this.#awaited.add({ starter, threadId, dueAtMs: nowMs + ANSWER_MS });
  }

  /** A worker's preload has answered. */
  answer(watched: WatchedProcess): void {
    count(watched, 0, 1);
  }

  /** A worker was ended by an error, as the thread that started it tells. */
  die({ recording }: WatchedProcess, { type: _, ...fatal }: FatalMessage): void {
    recording.workerFatals = [...(recording.workerFatals ?? []), fatal].slice(-MAX_FATALS);
  }

  /** A worker without a preload is seen only as a part of its process: says so where its starter is recorded. */
  judge(nowMs: number): void {
    for (const one of this.#awaited) {
      if (nowMs < one.dueAtMs) continue;
      this.#awaited.delete(one);
      const { recorder, process: watched } = one.starter;
      if (watched.recording.threads.some(({ threadId }) => threadId === one.threadId)) continue;
      const what = `worker ${one.threadId} is unobserved: it was started with an environment of its own`;
      recorder.add({ type: "trouble", timeMs: nowMs, what });
    }
  }
}

/** Word of a worker's start may come after its own first word. */
function count({ recording }: WatchedProcess, moreStarted: number, moreObserved: number): void {
  const started = (recording.workers?.started ?? 0) + moreStarted;
  const observed = (recording.workers?.observed ?? 0) + moreObserved;
  recording.workers = { started, observed, unobserved: Math.max(0, started - observed) };
}
