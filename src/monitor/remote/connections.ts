/**
 * All threads that are connected, each by a socket of its own: cuts what they send into messages, tells their
 * owner of it, and sees which of them have fallen silent.
 */
import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { HelloMessage, PreloadMessage, WatcherRequest } from "../../base/wire.ts";
import type { Connection } from "./connection.ts";
import { LineSplitter, parseMessage } from "./messages.ts";
import type { WatchedProcess } from "./process-table.ts";

/** What is told of them. */
export interface ConnectionEvents {
  /** The first message of a thread, which makes it a connection. */
  greet(socket: Socket, hello: HelloMessage, nowMs: number): Connection;
  /** Every later message. */
  receive(connection: Connection, message: PreloadMessage, nowMs: number): void;
  /** The thread has ended, or gone its own way. */
  leave(connection: Connection, nowMs: number): void;
}

/** More are turned away; also the bound of what is kept here. */
export const MAX_CONNECTIONS = 2000;
/** A thread that has sent no sample for so long, and for four intervals, is silent. */
const SILENT_MS = 2000;

/** Keeps the sockets and what is known of the threads behind them. */
export class Connections {
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #sockets = new Set<Socket>();
  readonly #bySocket = new Map<Socket, Connection>();
  #endedCpuMs = 0;
  #judgedAtMs = 0;

  /** @param clock - of the watcher: what threads say of time is theirs. */
  constructor(clock: Clock, events: ConnectionEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** All of them. */
  list(): Connection[] {
    return [...this.#bySocket.values()];
  }

  /** The threads of a process. */
  threadsOf(watched: WatchedProcess): Connection[] {
    return this.list().filter((one) => one.process === watched);
  }

  /** CPU milliseconds that the preloads used, also those that have ended. */
  get ownCpuMs(): number {
    return this.list().reduce((sum, { recorder }) => sum + recorder.ownCpuMs, this.#endedCpuMs);
  }

  /** True while a socket is open from which no greeting has come yet. */
  get hasStrangers(): boolean {
    return this.#sockets.size > this.#bySocket.size;
  }

  /** Takes a new socket. */
  accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.unref();
    const splitter = new LineSplitter();
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const lines = splitter.push(chunk);
      if (lines === undefined) socket.destroy();
      for (const line of lines ?? []) {
        const message = parseMessage(line);
        if (message !== undefined) this.#receive(socket, message);
      }
    });
    // A program that dies closes its end in whatever way.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#leave(socket));
  }

  /** Sends a request to a process's main thread; false when that is not connected. */
  askMain(watched: WatchedProcess, request: WatcherRequest): boolean {
    const main = this.threadsOf(watched).find(({ threadId }) => threadId === 0);
    main?.send(request);
    return main !== undefined;
  }

  /**
   * Marks who has fallen silent: the turn of its event loop lasts. When this process itself was held up, nobody is blamed.
   *
   * @param sampleIntervalMs - how often each should be heard.
   */
  judgeSilence(nowMs: number, sampleIntervalMs: number): void {
    const leastMs = Math.max(SILENT_MS, 4 * sampleIntervalMs);
    const wasHeldUp = nowMs - this.#judgedAtMs > leastMs / 2;
    this.#judgedAtMs = nowMs;
    if (wasHeldUp) return;
    for (const { heardAtMs, recorder } of this.#bySocket.values()) {
      if (nowMs - heardAtMs >= leastMs) recorder.recording.silentSinceMs ??= heardAtMs;
    }
  }

  /** Hangs up on all. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #receive(socket: Socket, message: PreloadMessage): void {
    const nowMs = this.#clock.now();
    const connection = this.#bySocket.get(socket);
    if (connection !== undefined) this.#events.receive(connection, message, nowMs);
    else if (message.type === "hello") this.#bySocket.set(socket, this.#events.greet(socket, message, nowMs));
  }

  #leave(socket: Socket): void {
    this.#sockets.delete(socket);
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    this.#bySocket.delete(socket);
    this.#endedCpuMs += connection.recorder.ownCpuMs;
    this.#events.leave(connection, this.#clock.now());
  }
}
