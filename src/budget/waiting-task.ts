/** A task that waits for its turn: it starts in the asynchronous context of its caller, and aborting takes it out. */
import { AsyncResource } from "node:async_hooks";
import { PlimsollError } from "../base/errors.ts";
import type { TaskOptions } from "./limiter-options.ts";
import type { TaskQueue, Waiting } from "./task-queue.ts";

/** Waits in a queue. */
export interface WaitingTask extends Waiting {
  /** Its number. */
  readonly kind: number;
  /** Its turn has come. */
  start(): void;
  /** It never will. */
  refuse(reason: Error): void;
}

/**
 * Puts a task into a queue.
 *
 * @param start - is called when its turn has come.
 * @param refuse - is called with the signal's reason when it is aborted before.
 */
export function enqueue(
  queue: TaskQueue<WaitingTask>,
  kind: number,
  options: TaskOptions,
  start: () => void,
  refuse: (reason: Error) => void,
): void {
  const { priority = 0, signal } = options;
  const resource = new AsyncResource("PlimsollTask");
  const onAbort = (): void => {
    queue.remove(task);
    refuse(signal?.reason as Error);
  };
  const task: WaitingTask = {
    kind,
    priority,
    isGone: false,
    start() {
      signal?.removeEventListener("abort", onAbort);
      resource.runInAsyncScope(start);
    },
    refuse(reason) {
      signal?.removeEventListener("abort", onAbort);
      refuse(reason);
    },
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  queue.push(task);
}

/** What a task is refused with when its limiter is gone. */
export function disposed(name: string): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_RELEASED",
    `${name} was disposed of before this task could start: keep the limiter for as long as there are tasks.`,
  );
}
