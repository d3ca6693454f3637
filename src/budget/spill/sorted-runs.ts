/**
 * Sorted runs on disk and the one that grows in memory. Runs are merged when there are as many as may be open at once, those of
 * equal age together, so that no value is written more often than the logarithm of their number asks for. All is kept in the
 * order of age: equal values come out as they went in.
 */
import { type Codec } from "./codec.ts";
import { MergeHeap } from "./merge-heap.ts";
import { RunReader, RunWriter } from "./run-file.ts";
import { ComparedBuffer, KeyedBuffer, type SortBuffer } from "./sort-buffer.ts";
import { SpillFile } from "./spill-file.ts";

const LARGEST_BLOCK_BYTES = 256 * 1024;
const LEAST_BLOCK_BYTES = 1024;
/** Runs merged at once, at most: each is an open file. */
const MOST_RUNS = 128;

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

/** How the values are ordered and written. */
export interface RunOrder<T> {
  /** Orders by a number. */
  readonly key?: (value: T) => number;
  /** Orders by a comparison, where there is no key. */
  readonly compare?: (a: T, b: T) => number;
  readonly codec: Codec<T>;
  /** Where the files go. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined;
}

/** The runs on disk, and the one in memory. */
export class SortedRuns<T> implements Disposable {
  readonly #buffer: SortBuffer<T>;
  readonly #codec: Codec<T>;
  readonly #options: RunOrder<T>;
  readonly #blockBytes: number;
  readonly #fanIn: number;
  /** By the number of merges behind them; within each, and from last to first, oldest first. */
  readonly #levels: SpillFile[][] = [];

  constructor(memoryBytes: number, options: RunOrder<T>) {
    const { codec, key, compare } = options;
    this.#options = options;
    this.#codec = codec;
    this.#blockBytes = Math.min(LARGEST_BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, Math.floor(memoryBytes / 256)));
    // A quarter is for the blocks of runs that are read.
    this.#fanIn = Math.max(2, Math.min(MOST_RUNS, Math.floor(memoryBytes / 4 / this.#blockBytes)));
    const inMemory = 0.75 * memoryBytes - this.#blockBytes;
    if (key) this.#buffer = new KeyedBuffer(inMemory, codec, key);
    else this.#buffer = new ComparedBuffer(inMemory, codec, compare ?? (() => 0));
  }

  /** @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  add(value: T): void {
    if (this.#buffer.add(value)) return;
    this.#writeRun();
    this.#buffer.add(value);
  }

  /** Gives the values in their order; none may be added from then on. */
  *values(): Generator<T> {
    const files = this.#finish();
    if (!files) return yield* this.#buffer.values();
    const heap = this.#merge(files);
    for (let top = heap.top; top; top = heap.top) {
      const { value } = top;
      heap.advance();
      yield value as T;
    }
  }

  /** The same as bytes, each lent until the next. */
  records(): Iterable<Uint8Array> {
    const files = this.#finish();
    return files ? this.#mergedRecords(files) : this.#buffer.records();
  }

  /** Closes the files, which have no name. */
  [Symbol.dispose](): void {
    for (const file of this.#levels.flat()) file[Symbol.dispose]();
  }

  /** So many runs as can be merged at once, oldest first; `undefined` when everything is in memory. */
  #finish(): readonly SpillFile[] | undefined {
    if (this.#levels.length === 0) return undefined;
    if (this.#buffer.length > 0) this.#writeRun();
    const files = this.#levels.reverse().flat();
    this.#levels.length = 0;
    this.#levels.push(files);
    while (files.length > this.#fanIn) {
      files.splice(-this.#fanIn, this.#fanIn, this.#mergeToFile(files.slice(-this.#fanIn)));
    }
    return files;
  }

  #writeRun(): void {
    const file = this.#write(this.#buffer.records());
    this.#buffer.clear();
    this.#keep(file, 0);
  }

  /** Adds a run, and merges those of its level once there are enough of them. */
  #keep(file: SpillFile, level: number): void {
    const files = (this.#levels[level] ??= []);
    files.push(file);
    if (files.length < this.#fanIn) return;
    const merged = this.#mergeToFile(files);
    files.length = 0;
    this.#keep(merged, level + 1);
  }

  #mergeToFile(files: readonly SpillFile[]): SpillFile {
    const merged = this.#write(this.#mergedRecords(files));
    for (const file of files) file[Symbol.dispose]();
    return merged;
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
