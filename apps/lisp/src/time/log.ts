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
  /** The chunks that were read of a log with a storage, the least recently used first. */
  readonly #cached = new Set<number>();
  #cachedBytes = 0;
  /** The newest chunks, which the storage does not have yet. */
  #batch: Uint8Array | undefined;
  #batchBytes = 0;

  constructor(storage?: HistoryStorage) {
    this.#storage = storage;
  }

  /** How many bytes there are. */
  get bytes(): number {
    return this.end - FIRST_OFFSET;
  }

  /** Adds a chunk, which is copied. */
  append(chunk: Uint8Array): void {
    const storage = this.#storage;
    this.#starts.push(this.end);
    this.#chunks.push(storage === undefined ? chunk.slice() : undefined);
    this.end += chunk.length;
    if (storage === undefined) return;
    if (this.#batchBytes + chunk.length > BATCH_BYTES) this.#flush(storage);
    if (chunk.length > BATCH_BYTES) {
      this.#hand(storage, chunk);
      return;
    }
    this.#batch ??= new Uint8Array(BATCH_BYTES);
    this.#batch.set(chunk, this.#batchBytes);
    this.#batchBytes += chunk.length;
  }

  /** Hands chunks to the storage: many at a time, since a call of the host takes as long as a keyframe. */
  #flush(storage: HistoryStorage): void {
    if (this.#batch !== undefined && this.#batchBytes > 0)
      this.#hand(storage, this.#batch.subarray(0, this.#batchBytes));
    this.#batchBytes = 0;
  }

  #hand(storage: HistoryStorage, bytes: Uint8Array): void {
    if (storage.append(FILE, bytes) instanceof Promise) throw this.#tooLate();
  }

  /** Forgets everything. */
  clear(): void {
    if (this.#storage?.truncate(FILE, 0) instanceof Promise) throw this.#tooLate();
    this.end = FIRST_OFFSET;
    this.#starts.length = 0;
    this.#chunks.length = 0;
    this.#cached.clear();
    this.#cachedBytes = this.#batchBytes = 0;
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
    const known = this.#chunks[index];
    const storage = this.#storage;
    if (known !== undefined && storage === undefined) return known;
    const start = this.#starts[index] ?? 0;
    const length = (this.#starts[index + 1] ?? this.end) - start;
    const handed = this.end - this.#batchBytes;
    // What the storage does not have yet is copied, since its room is used again.
    if (start >= handed) return this.#batch?.slice(start - handed, start - handed + length) ?? new Uint8Array();
    const read = known ?? storage?.read(FILE, start - FIRST_OFFSET, length);
    if (read instanceof Promise) throw this.#tooLate();
    if (read?.length !== length)
      throw failure("time", `the history has lost ${length} bytes at ${start - FIRST_OFFSET}`);
    this.#cache(index, read);
    return read;
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
