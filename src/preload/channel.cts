/**
 * The line to the watcher: a Unix socket that never keeps the program alive. Lines are written with
 * `fs.writeSync` on the socket's own descriptor, so that order holds and the last words also leave a
 * program that is already in its `exit` event. A full socket is waited for outside the program's way
 * and in bounded memory; a vanished watcher is no event for the program.
 */
import type { PreloadMessage, WatcherRequest } from "../base/wire.ts" with { "resolution-mode": "import" };

const { writeSync } = require("node:fs") as typeof import("node:fs");
const net = require("node:net") as typeof import("node:net");
const { setTimeout } = globalThis;
const MAX_QUEUED_BYTES = 4 << 20;
const RETRY_MS = 20;
const MAX_REQUEST_CHARS = 4096;

class Channel {
  readonly #socket: import("node:net").Socket;
  readonly #onClose: () => void;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #retrying = false;
  #closed = false;

  /**
   * @param path - the watcher's socket.
   * @param onRequest - called with each request of the watcher.
   * @param onClose - called once, when the watcher is gone.
   */
  constructor(path: string, onRequest: (request: WatcherRequest) => void, onClose: () => void) {
    this.#onClose = onClose;
    this.#socket = net.connect({ path }).unref();
    this.#socket.on("error", () => this.close());
    this.#socket.on("close", () => this.close());
    let text = "";
    this.#socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      if (text.length > MAX_REQUEST_CHARS) this.close();
      for (const line of lines) {
        try {
          onRequest(JSON.parse(line) as WatcherRequest);
        } catch {
          // A request that cannot be read is no request.
        }
      }
    });
  }

  /** Sends one line; drops it when the watcher has not read the last 4 MB. */
  send(message: PreloadMessage): void {
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    if (this.#closed || this.#queuedBytes + line.length > MAX_QUEUED_BYTES) return;
    this.#queue.push(line);
    this.#queuedBytes += line.length;
    if (!this.#retrying) this.#drain();
  }

  /** Writes what is queued, waiting at most `deadlineMs`; for the `exit` event only. */
  flush(deadlineMs: number): void {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; waited < deadlineMs && !this.#drainOnce(); waited += 2) Atomics.wait(sleeper, 0, 0, 2);
  }

  /** Ends the connection; further messages go nowhere. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#socket.destroy();
    this.#onClose();
  }

  #drain(): void {
    if (this.#drainOnce()) return;
    this.#retrying = true;
    setTimeout(() => {
      this.#retrying = false;
      this.#drain();
    }, RETRY_MS).unref();
  }

  /** @returns false when the socket is full and something is left. */
  #drainOnce(): boolean {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined) return true;
      // Read anew each time: a closed handle's number may belong to a file of the program's by now.
      const fd = (this.#socket as { _handle?: { fd?: number } | null })._handle?.fd;
      if (fd === undefined || fd < 0) return this.#writeAsStream(next);
      let written: number;
      try {
        written = writeSync(fd, next);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
        this.close();
        return true;
      }
      this.#queuedBytes -= written;
      if (written < next.length) this.#queue[0] = next.subarray(written);
      else this.#queue.shift();
    }
  }

  /** Windows' named pipes have no descriptor: what the stream has not sent at exit is lost. */
  #writeAsStream(next: Buffer): boolean {
    this.#queue.shift();
    this.#queuedBytes -= next.length;
    if (!this.#socket.destroyed) this.#socket.write(next);
    return this.#queue.length === 0;
  }
}

export type { Channel };
module.exports = { Channel };
