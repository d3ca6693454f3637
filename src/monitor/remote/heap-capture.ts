/**
 * Asks a thread of a watched program about its heap: sizes, a census of collections, a snapshot. Whether a snapshot fits
 * is decided by the asker, who can read the program's pages from outside; here each request has a number, a deadline, and
 * ends as one answer, also when the program dies of it.
 */
import type { Clock } from "../../base/clock.ts";
import type { CaptureMessage, WatcherRequest } from "../../base/wire.ts";
import type { Connection } from "./connection.ts";

/** What is asked of which thread. */
export interface CaptureRequest {
  /** Of a process in which a preload answers. */
  readonly pid: number;
  /** Default: 0, the main thread. */
  readonly threadId?: number;
  /** What to tell or do. */
  readonly what: "sizes" | "census" | "snapshot";
  /** Absolute path of the new file, for a snapshot. */
  readonly file?: string;
  /** For a census. */
  readonly classes?: readonly ("Map" | "Set" | "Array")[];
  /** How long to wait, in milliseconds: the thread answers only between two turns of its event loop. */
  readonly timeoutMs: number;
}

/** What the thread said; `reason` when it could not, or said nothing. */
export type CaptureAnswer = Omit<CaptureMessage, "type" | "id">;

/** What can be asked of the heaps of a watched program. */
export interface HeapQuestions {
  /** True when a thread's preload is connected. */
  canAsk(pid: number, threadId?: number): boolean;
  /** Asks, and waits for the answer. */
  ask(request: CaptureRequest): Promise<CaptureAnswer>;
}

interface Pending {
  readonly connection: Connection;
  readonly resolve: (answer: CaptureAnswer) => void;
  readonly timer: Disposable;
}

/** Keeps what is under way. */
export class HeapCaptures implements Disposable, HeapQuestions {
  readonly #clock: Clock;
  readonly #connections: () => readonly Connection[];
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /**
   * @param clock - for the deadlines.
   * @param connections - lists the threads that can be asked.
   */
  constructor(clock: Clock, connections: () => readonly Connection[]) {
    this.#clock = clock;
    this.#connections = connections;
  }

  /** True when a thread's preload is connected. */
  canAsk(pid: number, threadId = 0): boolean {
    return this.#find(pid, threadId) !== undefined;
  }

  /** Asks, and waits for the answer. */
  ask({ pid, threadId = 0, timeoutMs, ...wanted }: CaptureRequest): Promise<CaptureAnswer> {
    const connection = this.#find(pid, threadId);
    if (connection === undefined) {
      const reason = `no preload answers from thread ${threadId} of process ${pid}`;
      return Promise.resolve({ timeMs: this.#clock.now(), pauseMs: 0, reason });
    }
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      const why = `no answer within ${Math.round(timeoutMs / 1000)} s`;
      const timer = this.#clock.every(timeoutMs, () => this.#giveUp(id, why));
      this.#pending.set(id, { connection, resolve, timer });
      const request: WatcherRequest = { type: "capture", id, ...wanted };
      connection.send(request);
    });
  }

  /** Takes an answer; one that comes too late, or that nobody asked for, is dropped. */
  add({ type: _, id, ...answer }: CaptureMessage): void {
    this.#settle(id, answer);
  }

  /** Gives up what a thread that is gone was asked. */
  leave(connection: Connection): void {
    for (const [id, pending] of this.#pending) if (pending.connection === connection) this.#giveUp(id, "it has ended");
  }

  /** Gives up everything: the watch is over. */
  [Symbol.dispose](): void {
    for (const id of this.#pending.keys()) this.#giveUp(id, "the watch has ended");
  }

  #find(pid: number, threadId: number): Connection | undefined {
    return this.#connections().find((one) => one.process.recording.pid === pid && one.threadId === threadId);
  }

  #giveUp(id: number, reason: string): void {
    this.#settle(id, { timeMs: this.#clock.now(), pauseMs: 0, reason });
  }

  #settle(id: number, answer: CaptureAnswer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.timer[Symbol.dispose]();
    pending.resolve(answer);
  }
}
