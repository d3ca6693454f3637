/**
 * The resident memory of a process and of all that it has started, cheap enough for ten times a second:
 * one positioned read a process (1 µs); who belongs to the tree is looked up once a second.
 */
import { listDescendants, ResidentReader } from "../probe/process.ts";

const LIST_MS = 1_000;
const MAX_PROCESSES = 64;

/** Reads one tree until disposed. */
export class TreeReader implements Disposable {
  readonly #pid: number;
  readonly #readers = new Map<number, ResidentReader>();
  #listedAtMs = Number.NEGATIVE_INFINITY;

  /** @param pid - of its root. */
  constructor(pid: number) {
    this.#pid = pid;
    this.#readers.set(pid, new ResidentReader(pid));
  }

  /** Bytes of all of them; `undefined` once the root has ended, or where the platform does not tell. */
  read(nowMs: number): number | undefined {
    const own = this.#readers.get(this.#pid)?.read();
    if (own === undefined) return undefined;
    if (nowMs - this.#listedAtMs >= LIST_MS) this.#list(nowMs);
    let bytes = own;
    for (const [pid, reader] of this.#readers) if (pid !== this.#pid) bytes += reader.read() ?? 0;
    return bytes;
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const reader of this.#readers.values()) reader[Symbol.dispose]();
    this.#readers.clear();
  }

  #list(nowMs: number): void {
    this.#listedAtMs = nowMs;
    const living = new Set([this.#pid, ...listDescendants(this.#pid).map(({ pid }) => pid)]);
    for (const [pid, reader] of this.#readers) {
      if (living.has(pid)) continue;
      reader[Symbol.dispose]();
      this.#readers.delete(pid);
    }
    for (const pid of living) {
      if (this.#readers.size >= MAX_PROCESSES) return;
      if (!this.#readers.has(pid)) this.#readers.set(pid, new ResidentReader(pid));
    }
  }
}
