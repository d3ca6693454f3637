/**
 * Experiments that were asked for and what came of them: each request has a number, a deadline, and ends
 * as one result, also when the thread never answers.
 */
import type { Clock } from "../../base/clock.ts";
import type { ExperimentMessage, ExperimentName } from "../../base/wire.ts";
import type { ExperimentResult } from "./recording.ts";

/** What is asked of which thread. */
export interface ExperimentOrder {
  readonly name: ExperimentName;
  readonly threadId: number;
  /** The thread's connection: when it ends, so does the waiting. */
  readonly connection: object;
  /** After it the result is `no-answer`. */
  readonly timeoutMs: number;
}

interface Pending {
  readonly order: ExperimentOrder;
  readonly resolve: (result: ExperimentResult) => void;
  readonly timer: Disposable;
}

/** Keeps what is under way. */
export class Experiments implements Disposable {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /** @param clock - for the deadlines. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits for the answer to a new experiment.
   *
   * @param send - sends the request with this number.
   */
  start(order: ExperimentOrder, send: (id: number) => void): Promise<ExperimentResult> {
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      const why = `no answer within ${order.timeoutMs} ms: the turn of its event loop does not end, or it is stopped`;
      const timer = this.#clock.every(order.timeoutMs, () => this.#giveUp(id, why));
      this.#pending.set(id, { order, resolve, timer });
      send(id);
    });
  }

  /** Takes an answer; one that comes too late, or that nobody asked for, is dropped. */
  add({ type: _, id, ...message }: ExperimentMessage): void {
    const outcome = message.before === undefined ? "refused" : "done";
    this.#take(id, ({ order }) => ({ ...message, name: order.name, threadId: order.threadId, outcome }));
  }

  /** Gives up what a thread that is gone was asked. */
  leave(connection: object): void {
    for (const [id, { order }] of this.#pending) if (order.connection === connection) this.#giveUp(id, "it has ended");
  }

  /** Gives up everything: the watch is over. */
  [Symbol.dispose](): void {
    for (const id of this.#pending.keys()) this.#giveUp(id, "the watch has ended");
  }

  #giveUp(id: number, reason: string): void {
    this.#take(id, ({ order }) => ({
      name: order.name,
      threadId: order.threadId,
      outcome: "no-answer",
      timeMs: this.#clock.now(),
      pauseMs: 0,
      reason,
    }));
  }

  #take(id: number, result: (pending: Pending) => ExperimentResult): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.timer[Symbol.dispose]();
    pending.resolve(result(pending));
  }
}
