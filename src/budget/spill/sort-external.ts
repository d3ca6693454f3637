/**
 * Sorts more than fits into memory: sorted runs on disk, merged as they are read. Knuth, The Art of Computer Programming, volume 3,
 * section 5.4. Equal values keep their order. What fits is never written, and the files have no name, so nothing is
 * left behind however it ends.
 */
import { PlimsollError } from "../../base/errors.ts";
import { yieldTurn } from "../../scope/yield-turn.ts";
import { memoryAtHand, openLease, type StoreMemory } from "../open-lease.ts";
import { type Codec, structuredCodec } from "./codec.ts";
import { MergeHeap } from "./merge-heap.ts";
import { RunReader, RunWriter } from "./run-file.ts";
import { ComparedBuffer, KeyedBuffer, type SortBuffer } from "./sort-buffer.ts";
import { SpillFile } from "./spill-file.ts";

/** Options of {@link sortExternal}; either `key` or `compare`. */
export interface SortExternalOptions<T> {
  /** Sorts by this number, ascending: much the faster way. Whole numbers of 32 bits are fastest. */
  readonly key?: (value: T) => number;
  /** Sorts as `Array.prototype.sort` would. */
  readonly compare?: (a: T, b: T) => number;
  /** Bytes to hold in memory, or a budget to lend them from. Default: 64 MiB. */
  readonly memory?: StoreMemory;
  /** Default: {@link structuredCodec}. */
  readonly codec?: Codec<T>;
  /** Where the files go. Default: the system's folder for temporary files. */
  readonly directory?: string;
  /** Ends it, at any time. */
  readonly signal?: AbortSignal;
}

const DEFAULT_MEMORY = "64mb";
const MOST_FROM_BUDGET = 64 * 1024 * 1024;
const LEAST_BYTES = 64 * 1024;
const LARGEST_BLOCK_BYTES = 256 * 1024;
const LEAST_BLOCK_BYTES = 1024;
/** Runs merged at once, at most: each is an open file. */
const MOST_RUNS = 128;
/** Values between two looks at the signal and the clock. */
const STRIDE = 256;

/**
 * Gives the values of `source` in order. It is read whole before the first comes.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` at once without one of `key` and `compare`; while it is read
 * `ERR_PLIMSOLL_SPILL_FAILED` when the disk takes no more, `ERR_PLIMSOLL_SPILL_CORRUPT` when it gives back something else; the
 * signal's reason when it is aborted.
 */
export function sortExternal<T>(
  source: Iterable<T> | AsyncIterable<T>,
  options: SortExternalOptions<T>,
): AsyncGenerator<T, void, undefined> {
  if ((options.key === undefined) === (options.compare === undefined)) {
    throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", "sortExternal takes key or compare, one of both.");
  }
  return sort(source, options);
}

async function* sort<T>(source: Iterable<T> | AsyncIterable<T>, options: SortExternalOptions<T>): AsyncGenerator<T> {
  const { memory = DEFAULT_MEMORY, signal } = options;
  using lease = openLease(memory, { name: "sort", shrink: () => 0 });
  const wanted = Math.max(
    LEAST_BYTES,
    Math.min(typeof memory === "object" ? MOST_FROM_BUDGET : Infinity, memoryAtHand(memory)),
  );
  lease.tryResize(wanted);
  using runs = new Runs(wanted, options);
  let count = 0;
  const pause = async (): Promise<void> => {
    signal?.throwIfAborted();
    await yieldTurn();
  };
  if (Symbol.iterator in source) {
    for (const value of source) {
      runs.add(value);
      if ((count += 1) % STRIDE === 0) await pause();
    }
  } else {
    for await (const value of source) {
      runs.add(value);
      if ((count += 1) % STRIDE === 0) await pause();
    }
  }
  await pause();
  for (const value of runs.drain()) {
    yield value;
    if ((count += 1) % STRIDE === 0) await pause();
  }
}

/** Stands at a value of a run. */
class RunCursor<T> {
  readonly #reader: RunReader;
  readonly #codec: Codec<T>;
  readonly #key: ((value: T) => number) | undefined;
  /** Of all runs that are merged, oldest first. */
  readonly order: number;
  record: Uint8Array | undefined;
  value: T | undefined;
  key = 0;

  constructor(reader: RunReader, order: number, codec: Codec<T>, key: ((value: T) => number) | undefined) {
    this.#reader = reader;
    this.#codec = codec;
    this.#key = key;
    this.order = order;
  }

  advance(): boolean {
    const record = this.#reader.next();
    this.record = record;
    if (record === undefined) return false;
    this.value = this.#codec.decode(record);
    if (this.#key) this.key = this.#key(this.value);
    return true;
  }
}

/** The runs on disk, and the one in memory. */
class Runs<T> implements Disposable {
  readonly #buffer: SortBuffer<T>;
  readonly #codec: Codec<T>;
  readonly #options: SortExternalOptions<T>;
  readonly #blockBytes: number;
  readonly #fanIn: number;
  /** By the number of merges behind them; within each, and from last to first, oldest first. */
  readonly #levels: SpillFile[][] = [];

  constructor(memoryBytes: number, options: SortExternalOptions<T>) {
    const { codec = structuredCodec<T>(), key, compare } = options;
    this.#options = options;
    this.#codec = codec;
    this.#blockBytes = Math.min(LARGEST_BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, Math.floor(memoryBytes / 256)));
    // A quarter is for the blocks of runs that are read.
    this.#fanIn = Math.max(2, Math.min(MOST_RUNS, Math.floor(memoryBytes / 4 / this.#blockBytes)));
    const inMemory = 0.75 * memoryBytes - this.#blockBytes;
    if (key) this.#buffer = new KeyedBuffer(inMemory, codec, key);
    else this.#buffer = new ComparedBuffer(inMemory, codec, compare ?? (() => 0));
  }

  add(value: T): void {
    if (this.#buffer.add(value)) return;
    this.#writeRun();
    this.#buffer.add(value);
  }

  *drain(): Generator<T> {
    if (this.#levels.length === 0) return yield* this.#buffer.drainValues();
    if (this.#buffer.length > 0) this.#writeRun();
    const files = this.#levels.reverse().flat();
    this.#levels.length = 0;
    this.#levels.push(files);
    while (files.length > this.#fanIn) files.push(this.#mergeToFile(files.splice(-this.#fanIn)));
    const heap = this.#merge(files);
    for (let top = heap.top; top; top = heap.top) {
      const { value } = top;
      heap.advance();
      yield value as T;
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#levels.flat()) file[Symbol.dispose]();
  }

  #writeRun(): void {
    this.#keep(this.#write(this.#buffer.drainRecords()), 0);
  }

  /** Adds a run, and merges those of its level once there are enough of them. */
  #keep(file: SpillFile, level: number): void {
    const files = (this.#levels[level] ??= []);
    files.push(file);
    if (files.length === this.#fanIn) this.#keep(this.#mergeToFile(files.splice(0)), level + 1);
  }

  #mergeToFile(files: SpillFile[]): SpillFile {
    try {
      return this.#write(this.#mergedRecords(files));
    } finally {
      for (const file of files) file[Symbol.dispose]();
    }
  }

  #write(records: Iterable<Uint8Array>): SpillFile {
    const file = SpillFile.scratch(this.#options.directory);
    try {
      const writer = new RunWriter(file, this.#blockBytes);
      for (const record of records) writer.add(record);
      writer.finish();
      return file;
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  *#mergedRecords(files: readonly SpillFile[]): Generator<Uint8Array> {
    const heap = this.#merge(files);
    for (let record = heap.top?.record; record; record = heap.top?.record) {
      yield record;
      heap.advance();
    }
  }

  #merge(files: readonly SpillFile[]): MergeHeap<RunCursor<T>> {
    const { key, compare } = this.#options;
    const cursors = files.map(
      (file, order) => new RunCursor(new RunReader(file, this.#blockBytes), order, this.#codec, key),
    );
    if (!compare) return new MergeHeap(cursors, (a, b) => a.key < b.key || (a.key === b.key && a.order < b.order));
    return new MergeHeap(cursors, (a, b) => {
      const difference = compare(a.value as T, b.value as T);
      return difference < 0 || (difference === 0 && a.order < b.order);
    });
  }
}
