/**
 * The bytes of a history: chunks, one for each keyframe, addressed by their offset in all of them. With a storage, all but the chunks
 * that were used last lie there. It is a log of its own rather than a `HistoryStore`: that compares whole states of plain objects,
 * while a machine's state is a graph whose changes the write barrier knows; the storage is the same, `HistoryStorage`.
 */
import type { HistoryStorage } from "plimsoll/history/browser";
import { failure } from "../data/errors.ts";
import { Cursor } from "./bytes.ts";

/** Numbers below stand for objects that are not in a log. */
export const FIRST_OFFSET = 2 ** 24;
const FILE = "lisp-log";
/** So many bytes are handed to a storage at a time. */
const BATCH_BYTES = 2 ** 18;
/** What chunks in memory may take beside a storage. */
const CACHE_BYTES = 8 * 2 ** 20;

/** A log. */
export class Log {
  /** The offset of the next chunk. */
  end = FIRST_OFFSET;
  readonly #storage: HistoryStorage | undefined;
  readonly #starts: number[] = [];
  readonly #chunks: (Uint8Array | undefined)[] = [];
  /** The chunks in memory of a log with a storage, the least recently used first. */
  readonly #cached = new Set<number>();
  #cachedBytes = 0;
  /** The chunks that the storage does not have yet. */
  readonly #pending: number[] = [];
  #pendingBytes = 0;

  constructor(storage?: HistoryStorage) {
    this.#storage = storage;
  }

  /** How many bytes there are. */
  get bytes(): number {
    return this.end - FIRST_OFFSET;
  }

  /** Adds a chunk, whose bytes are its own from then on. */
  append(chunk: Uint8Array): void {
    const index = this.#starts.push(this.end) - 1;
    this.#chunks.push(chunk);
    this.end += chunk.length;
    if (this.#storage === undefined) return;
    this.#pending.push(index);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes >= BATCH_BYTES) this.#flush(this.#storage);
  }

  /** Hands chunks to the storage: many at a time, since a call of the host takes as long as a keyframe. */
  #flush(storage: HistoryStorage): void {
    const batch = new Uint8Array(this.#pendingBytes);
    let at = 0;
    for (const index of this.#pending) {
      const chunk = this.#chunks[index] ?? new Uint8Array();
      batch.set(chunk, at);
      at += chunk.length;
    }
    if (storage.append(FILE, batch) instanceof Promise) throw this.#tooLate();
    for (const index of this.#pending) this.#cache(index, this.#chunks[index] ?? new Uint8Array());
    this.#pending.length = 0;
    this.#pendingBytes = 0;
  }

  /** Forgets everything. */
  clear(): void {
    if (this.#storage?.truncate(FILE, 0) instanceof Promise) throw this.#tooLate();
    this.end = FIRST_OFFSET;
    this.#starts.length = 0;
    this.#chunks.length = 0;
    this.#cached.clear();
    this.#pending.length = 0;
    this.#cachedBytes = this.#pendingBytes = 0;
  }

  /** Reads from an offset on, to the end of its chunk at most. */
  at(offset: number): Cursor {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    const start = this.#starts[low] ?? 0;
    return new Cursor(this.#chunk(low), offset - start);
  }

  /** All chunks, one after another. */
  *chunks(): Iterable<Uint8Array> {
    for (let index = 0; index < this.#starts.length; index++) yield this.#chunk(index);
  }

  #chunk(index: number): Uint8Array {
    const start = this.#starts[index] ?? 0;
    const length = (this.#starts[index + 1] ?? this.end) - start;
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      const read = this.#storage?.read(FILE, start - FIRST_OFFSET, length);
      if (read instanceof Promise) throw this.#tooLate();
      chunk = read;
    }
    if (chunk === undefined || chunk.length !== length)
      throw failure("time", `the history has lost ${length} bytes at ${start - FIRST_OFFSET}`);
    // Those that are still to be handed over stay in any case.
    if (this.#storage !== undefined && index < (this.#pending[0] ?? Infinity)) this.#cache(index, chunk);
    return chunk;
  }

  #cache(index: number, chunk: Uint8Array): void {
    if (this.#cached.delete(index)) this.#cachedBytes -= chunk.length;
    this.#cached.add(index);
    this.#chunks[index] = chunk;
    this.#cachedBytes += chunk.length;
    for (const oldest of this.#cached) {
      if (this.#cachedBytes <= CACHE_BYTES || oldest === index) break;
      this.#cached.delete(oldest);
      this.#cachedBytes -= this.#chunks[oldest]?.length ?? 0;
      this.#chunks[oldest] = undefined;
    }
  }

  #tooLate(): Error {
    return failure("time", "this storage does not answer at once; a history needs one that does, or none");
  }
}
