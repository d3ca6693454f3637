/**
 * Where each message of a thread goes: to what is recorded of the thread and its process, to the schedule of its
 * profiles, and to those who wait for an answer.
 */
import type { Socket } from "node:net";
import type { HelloMessage, PreloadMessage } from "../../base/wire.ts";
import { Connection } from "./connection.ts";
import type { ConnectionEvents } from "./connections.ts";
import type { Experiments } from "./experiments.ts";
import type { HeapCaptures } from "./heap-capture.ts";
import type { NativeWatch } from "./native-watch.ts";
import type { ProcessTable } from "./process-table.ts";
import { SourcePositions } from "./source-positions.ts";
import type { WorkerNotes } from "./worker-notes.ts";

/** Who takes messages. */
export interface Recipients {
  readonly table: ProcessTable;
  readonly native: NativeWatch;
  readonly experiments: Experiments;
  readonly captures: HeapCaptures;
  readonly workers: WorkerNotes;
  /** Called when something has come that is worth drawing at once. */
  readonly notify: () => void;
}

/** Hands messages on. */
export class Reception implements ConnectionEvents {
  readonly #to: Recipients;
  readonly #positions = new SourcePositions();

  /** @param to - who takes them. */
  constructor(to: Recipients) {
    this.#to = to;
  }

  /** Enters a thread into its process. */
  greet(socket: Socket, hello: HelloMessage, nowMs: number): Connection {
    const watched = this.#to.table.greet(hello, nowMs);
    if (hello.threadId !== 0) this.#to.workers.answer(watched);
    return new Connection(socket, watched, hello, this.#positions, nowMs);
  }

  /** Hands one message on. */
  receive(connection: Connection, message: PreloadMessage, nowMs: number): void {
    const { process: watched, recorder, schedule } = connection;
    const { table, native, experiments, captures, workers, notify } = this.#to;
    if (message.type === "fatal" && message.workerId !== undefined) {
      workers.die(watched, message);
      return;
    }
    connection.hear(nowMs);
    if (message.type === "allocator") native.add(watched, message, nowMs);
    if (message.type === "experiment") experiments.add(message);
    if (message.type === "capture") captures.add(message);
    recorder.add(message);
    if (message.type === "sample") table.addOwnReading(watched, message.timeMs, message.rssBytes);
    if (message.type === "collections") {
      for (const major of message.majors) schedule.observe(major);
      schedule.countMinors(message.minorCount, message.observedMs);
    }
    if (message.type === "worker") workers.start(connection, message.threadId, nowMs);
    if (message.type === "profile") {
      schedule.answer(nowMs, message.collection, message);
      notify();
    }
  }

  /** Dates the end of a thread, and of its process where that has ended too. */
  leave(connection: Connection, nowMs: number): void {
    const { process: watched, recorder, threadId } = connection;
    this.#to.experiments.leave(connection);
    this.#to.captures.leave(connection);
    recorder.recording.endedAtMs ??= nowMs;
    if (threadId === 0 && this.#to.table.hasEnded(watched)) this.#to.table.end(watched.recording.pid, nowMs);
  }
}
