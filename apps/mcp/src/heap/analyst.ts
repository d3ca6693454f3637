/**
 * The server's side of the analyst: started with the first question, ended after a while without any, and killed when a client cancels, as a
 * snapshot is opened in one go that nothing can interrupt.
 */
import { type ChildProcess, fork } from "node:child_process";
import { freemem } from "node:os";
import { refuse } from "../answer/refuse.ts";
import type { AnalystReply, AnalystTask, AnalystWork } from "./analyst-work.ts";

const IDLE_MS = 120_000;
const WORK_MS = 300_000;
const MOST_WAITING = 8;
const DEFAULT_BYTES = 2 ** 30;
const SHARE_OF_FREE = 0.5;

/** How to analyse. */
export interface AnalystOptions {
  /** What opened snapshots may take in the child. Default: 1 GiB, half of the free memory at most. */
  readonly memoryBytes?: number;
}

/** How to be told and stopped. */
export interface AskOptions {
  readonly signal: AbortSignal;
  readonly onStage: (stage: string) => void;
}

/** Asks the child, one question at a time. */
export class Analyst implements Disposable {
  readonly #memoryBytes: number;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #lastId = 0;

  constructor({ memoryBytes = Math.min(DEFAULT_BYTES, freemem() * SHARE_OF_FREE) }: AnalystOptions = {}) {
    this.#memoryBytes = Math.floor(memoryBytes);
  }

  /**
   * Asks a question.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_USAGE` with what the child said, or when too many wait.
   */
  async ask<Task extends AnalystTask>(
    task: Task,
    ask: AnalystWork[Task]["ask"],
    options: AskOptions,
  ): Promise<AnalystWork[Task]["answer"]> {
    if (this.#waiting >= MOST_WAITING)
      throw refuse(`${MOST_WAITING} analyses wait already.`, "Wait for one of them, or cancel it.");
    this.#waiting += 1;
    const turn = this.#queue.then(() => this.#ask(task, ask, options));
    this.#queue = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #ask<Task extends AnalystTask>(
    task: Task,
    ask: AnalystWork[Task]["ask"],
    { signal, onStage }: AskOptions,
  ): Promise<AnalystWork[Task]["answer"]> {
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    const id = (this.#lastId += 1);
    return new Promise<AnalystWork[Task]["answer"]>((resolve, reject) => {
      const give = (message: AnalystReply): void => {
        if (message.id !== id) return;
        if ("stage" in message) return onStage(message.stage);
        if ("error" in message) return finish(() => reject(refuse(message.error, message.next)));
        finish(() => resolve(message.answer));
      };
      const abort = (): void => finish(() => reject(new Error("cancelled")), true);
      const late = setTimeout(
        () =>
          finish(() => reject(refuse(`No answer within ${WORK_MS / 1000} s.`, "Ask for a smaller snapshot.")), true),
        WORK_MS,
      );
      const gone = (code: number | null, killer: NodeJS.Signals | null): void =>
        finish(() =>
          reject(
            refuse(
              `The analysis ended before it answered (${killer ?? `exit code ${code}`}): most often memory ran out.`,
              "Start the server with a smaller --analysis-memory, or analyse the file elsewhere: plimsoll heap FILE.",
            ),
          ),
        );
      const finish = (settle: () => void, isKilled = false): void => {
        clearTimeout(late);
        child.off("message", give).off("exit", gone);
        signal.removeEventListener("abort", abort);
        if (isKilled) this[Symbol.dispose]();
        this.#idle = setTimeout(() => this[Symbol.dispose](), IDLE_MS).unref();
        settle();
      };
      child.on("message", give).once("exit", gone);
      signal.addEventListener("abort", abort, { once: true });
      child.send({ id, task, ask });
    });
  }

  #start(): ChildProcess {
    const child = fork(new URL("./analyst-main.js", import.meta.url), [String(this.#memoryBytes)], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
    });
    child.on("error", () => {});
    child.once("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    // It must not keep the server alive.
    child.unref();
    child.channel?.unref();
    return child;
  }
}
