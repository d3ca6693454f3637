/**
 * How many items to give an API that takes n at once (bulk inserts, embeddings, sends): as many as make it faster and fit. What an
 * item holds is learned from the heap during and after each batch; the size doubles while items a second rise, and falls as soon as
 * twice what the last items held might not fit.
 */
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import { publish } from "../base/channels.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import { untilAborted } from "./abortable-source.ts";
import { TUNING } from "./admission.ts";
import { CostModel } from "./cost-model.ts";
import { ForcedCollections, type ForcedTotal } from "./forced-collections.ts";
import { type MemoryGauge, ProcessGauge } from "./memory-gauge.ts";
import { Progress, type ProgressEvent } from "./progress.ts";

/** How batches are sized. */
export interface BatchSizerOptions {
  /** In events and messages. Default: `batch`. */
  readonly name?: string;
  /** Items in the first batch. Default: 16. */
  readonly first?: number;
  /** Most items that the API takes. Default: no such limit. */
  readonly max?: number;
  /** Below this a batch is hardly worth a call: `plimsoll:batch:small` tells. Default: 2. */
  readonly useful?: number;
  /** First guess of what one item holds while its batch runs. Default: nothing is known. */
  readonly itemBytes?: SizeInput;
  /** What the process may use: a size, or a share of the tightest limit that applies. V8's heap limit applies beside it. Default: `100%`. */
  readonly limit?: SizeInput;
  /** Number of items, for the time that remains. Default: not known. */
  readonly total?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Where readings come from; disposed of with the sizer. Default: this process and this thread's heap. */
  readonly gauge?: MemoryGauge;
}

/** What a sizer knows. */
export interface BatchStatus extends ProgressEvent {
  /** Items in the next batch. */
  readonly size: number;
  /** What an item holds while its batch runs; 0 while not known. */
  readonly itemBytes: number;
  /** Items that fit; infinite while not known. */
  readonly fits: number;
  /** Collections forced between batches. */
  readonly forced: ForcedTotal;
}

const FIRST = 16;
/** Faster by this much is worth a batch twice as large; slower by as much, half of it. */
const WORTH_DOUBLING = 1.05;
const WORTH_HALVING = 0.8;
/** Batches before doubling is tried again after it did not help. */
const PATIENCE = 16;
/** Share of the time that forced collections may take. */
const FORCED_SHARE = 0.05;
/** A batch begins whole and cannot be held back half-way: it has to fit even if its items hold so many times what the last ones did. */
const CAUTION = 2;

/** Sizes batches. */
export class BatchSizer implements Disposable {
  readonly #name: string;
  readonly #max: number;
  readonly #useful: number;
  readonly #clock: Clock;
  readonly #gauge: MemoryGauge;
  readonly #model: CostModel;
  readonly #forced: ForcedCollections;
  readonly #progress: Progress;
  readonly #kind: number;
  #wanted: number;
  #best = 0;
  #rest = 0;
  #baseBytes: number;
  #baseResident: number;
  /** Of the last batch, an item: the mean of many would see too late that items have grown. */
  #last = { heapBytes: 0, totalBytes: 0 };
  #isSmall = false;

  /**
   * @param options - all have a default.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` or `ERR_PLIMSOLL_BAD_SIZE` when one is out of range.
   */
  constructor(options: BatchSizerOptions = {}) {
    const { name = "batch", first = FIRST, max = Number.POSITIVE_INFINITY, useful = 2, itemBytes } = options;
    if (!(first >= 1 && max >= 1)) {
      throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", `first is ${first} and max ${max}: give 1 item at least.`, {
        details: { first, max },
      });
    }
    this.#name = name;
    this.#max = max;
    this.#useful = useful;
    this.#wanted = Math.min(first, max);
    this.#clock = options.clock ?? systemClock;
    const hint = itemBytes === undefined ? undefined : parseBytes(itemBytes);
    this.#gauge = options.gauge ?? new ProcessGauge(options.limit);
    this.#forced = new ForcedCollections(this.#gauge, this.#clock);
    this.#model = new CostModel(hint === undefined ? {} : { item: hint });
    this.#kind = this.#model.indexOf("item");
    this.#progress = new Progress(name, options.total, () => this.#clock.now());
    this.#baseBytes = this.#gauge.heapUsedBytes();
    this.#baseResident = this.#gauge.residentBytes();
  }

  /** Items that the next batch should have: 1 at least. */
  next(): number {
    if (this.#wanted > this.#fits() && this.#canCollect()) this.#collect();
    const size = Math.max(1, Math.min(this.#max, Math.floor(Math.min(this.#wanted, this.#fits()))));
    const isSmall = size < this.#useful;
    if (isSmall && !this.#isSmall) {
      publish("plimsoll:batch:small", () => ({
        name: this.#name,
        size,
        useful: this.#useful,
        sentence: this.#why(size),
      }));
    }
    this.#isSmall = isSmall;
    return size;
  }

  /**
   * Runs one batch and learns from it.
   *
   * @param count - items in it.
   * @param call - works on all of them.
   */
  async run<R>(count: number, call: () => R | PromiseLike<R>): Promise<R> {
    this.#readBase();
    const startMs = this.#clock.now();
    const usedBytes = this.#gauge.heapUsedBytes();
    const residentBytes = this.#gauge.residentBytes();
    const result = await call();
    this.#observe(count, usedBytes, residentBytes);
    this.#progress.end(count);
    const elapsedMs = Math.max(1, this.#clock.now() - startMs);
    this.#resize(count, count / elapsedMs);
    return result;
  }

  /**
   * Gives items to an API in batches, one batch at a time.
   *
   * @param items - any iterable. It is closed when the reader stops early.
   * @param call - is given a batch.
   * @param signal - ends it between batches, also while it waits for an item. Default: none.
   * @returns what the calls return, in order.
   */
  async *map<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    call: (batch: T[]) => R | PromiseLike<R>,
    signal?: AbortSignal,
  ): AsyncGenerator<R, void, undefined> {
    let batch: T[] = [];
    let size = this.next();
    for await (const item of Symbol.asyncIterator in items ? untilAborted(items, signal) : items) {
      signal?.throwIfAborted();
      batch.push(item);
      if (batch.length < size) continue;
      const full = batch;
      batch = [];
      yield await this.run(full.length, () => call(full));
      size = this.next();
    }
    signal?.throwIfAborted();
    if (batch.length > 0) yield await this.run(batch.length, () => call(batch));
  }

  /** What it knows now. */
  status(): BatchStatus {
    const fits = this.#fits();
    return {
      ...this.#progress.event(),
      size: Math.max(1, Math.min(this.#max, Math.floor(Math.min(this.#wanted, fits)))),
      itemBytes: this.#model.totalBytes(this.#kind),
      fits,
      forced: this.#forced.total,
    };
  }

  /** Stops observing. */
  [Symbol.dispose](): void {
    this.#gauge[Symbol.dispose]();
    this.#progress[Symbol.dispose]();
  }

  #readBase(): void {
    const reading = this.#gauge.drain().at(-1);
    if (reading) this.#baseBytes = reading.heapBytes;
  }

  /** What the batch held at most: what lived in the middle of it or, as it may have grown since then, what is there at its end, dead objects included. */
  #observe(count: number, usedBytes: number, residentBytes: number): void {
    const readings = this.#gauge.drain();
    const fromBytes = readings.length > 0 ? this.#baseBytes : usedBytes;
    const most = Math.max(this.#gauge.heapUsedBytes(), ...readings.map(({ heapBytes }) => heapBytes));
    const heapBytes = Math.max(0, most - fromBytes);
    const counts = new Float64Array(this.#model.capacity);
    counts[this.#kind] = count;
    const totalBytes = Math.max(heapBytes, this.#gauge.residentBytes() - residentBytes);
    this.#model.observe(counts, heapBytes, totalBytes);
    this.#last = { heapBytes: heapBytes / count, totalBytes: totalBytes / count };
  }

  /** Items that fit beside what lives without a batch. */
  #fits(): number {
    const { oldSpaceBytes, processLimitBytes = Number.POSITIVE_INFINITY } = this.#gauge;
    const heapRoom = TUNING.heapRatio * oldSpaceBytes - this.#baseBytes;
    const residentRoom = TUNING.residentRatio * processLimitBytes - this.#gauge.residentBytes();
    const heap = heapRoom / (CAUTION * Math.max(this.#last.heapBytes, this.#model.heapBytes(this.#kind)));
    const resident = residentRoom / (CAUTION * Math.max(this.#last.totalBytes, this.#model.totalBytes(this.#kind)));
    return Math.max(1, Math.min(heap, resident));
  }

  #resize(count: number, perMs: number): void {
    if (count < this.#wanted) return; // memory bound it, or it was the last
    if (perMs > this.#best * WORTH_DOUBLING) {
      this.#best = perMs;
      this.#wanted = Math.min(this.#max, this.#wanted * 2);
    } else if (perMs < this.#best * WORTH_HALVING) {
      this.#best = perMs;
      this.#wanted = Math.max(1, Math.floor(this.#wanted / 2));
      this.#rest = PATIENCE;
    } else if (this.#rest-- <= 0) {
      this.#rest = PATIENCE;
      this.#best *= 1 / WORTH_DOUBLING; // costs and servers change: try again some time
    }
  }

  /** A collection pays when dead objects are in the way of the batch, and there was none too lately. */
  #canCollect(): boolean {
    const residentGrowth = this.#gauge.residentBytes() - this.#baseResident;
    const deadBytes = Math.max(this.#gauge.heapUsedBytes() - this.#baseBytes, residentGrowth);
    const missingBytes = this.#model.totalBytes(this.#kind) * this.#useful;
    return this.#forced.isDue && deadBytes > missingBytes;
  }

  #collect(): void {
    const pauseMs = this.#forced.collect(FORCED_SHARE);
    this.#readBase();
    publish("plimsoll:batch:collected", () => ({ name: this.#name, pauseMs }));
  }

  #why(size: number): string {
    const { oldSpaceBytes } = this.#gauge;
    return (
      `only ${size} items of ${formatBytes(this.#model.totalBytes(this.#kind))} fit a batch (${this.#useful} would be useful): ` +
      `${formatBytes(this.#baseBytes)} of ${formatBytes(oldSpaceBytes)} of the heap are taken before it begins.`
    );
  }
}
