/**
 * Reads the resident memory of all servers ten times a second, from outside, as they report their numbers to a file.
 */
import { readFileSync } from "node:fs";
import { ResidentReader } from "../../src/probe/index.ts";

/** What became of one server. */
export interface ServerMemory {
  readonly pid: number;
  peakBytes: number;
  /** How long it was seen above the limit. */
  overMs: number;
}

const LOOK_MS = 100;

/** Watches until disposed of. */
export class MemoryWatch implements Disposable {
  /** In the order of their starts. */
  readonly servers: ServerMemory[] = [];
  readonly #readers = new Map<number, ResidentReader>();
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();

  /** @param file - to which servers append their process ids. */
  constructor(file: string, limitBytes: number) {
    this.#timer = setInterval(() => this.#look(file, limitBytes), LOOK_MS);
  }

  /** Stops reading. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const reader of this.#readers.values()) reader[Symbol.dispose]();
  }

  #look(file: string, limitBytes: number): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const pid = Number(line);
      if (pid === 0 || this.#readers.has(pid)) continue;
      this.#readers.set(pid, new ResidentReader(pid));
      this.servers.push({ pid, peakBytes: 0, overMs: 0 });
    }
    for (const server of this.servers) {
      const bytes = this.#readers.get(server.pid)?.read() ?? 0;
      server.peakBytes = Math.max(server.peakBytes, bytes);
      if (bytes > limitBytes) server.overMs += elapsedMs;
    }
  }
}
