/**
 * Runs as many asynchronous tasks at once as fit into memory and help: what tasks hold is learned from the heap right after
 * collections, so no number has to be guessed. When it holds tasks back, it also does what can end that: without new work V8
 * has no reason to collect, memory never falls, and the hold would last for ever (Dask's workers that "never unpause").
 */
import { parseBytes } from "../base/bytes.ts";
import { publish } from "../base/channels.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import { Admission, type HoldReason, TUNING } from "./admission.ts";
import { CostModel } from "./cost-model.ts";
import { ForcedCollections } from "./forced-collections.ts";
import { describeHold, type HoldState } from "./hold.ts";
import { mapThrough, streamOf } from "./limiter-map.ts";
import type { LimiterOptions, LimiterStatus, MapOptions, TaskOptions } from "./limiter-options.ts";
import { type MemoryGauge, ProcessGauge } from "./memory-gauge.ts";
import { Pace } from "./pace.ts";
import { TaskQueue } from "./task-queue.ts";
import { disposed, enqueue, type WaitingTask } from "./waiting-task.ts";

const TICK_MS = 25;
/** Collections are looked for at most so often when tasks start or end. */
const READ_MS = 2;
/** A collection is forced when this share of the tasks in flight has ended since the last one: else it would free nothing. */
const PROGRESS_RATIO = 0.1;
/** Share of the time that forced collections may take. For the process's limit it is larger: V8 collects for its heap's sake by itself. */
const FORCED_SHARE = { heap: 0.05, resident: 0.4 } as const;
/** Share of the resident cap above which a collection is forced although no task waits. */
const TIGHT_RATIO = 0.96;

/** Runs tasks, as many at once as fit. */
export class AdaptiveLimiter implements Disposable {
  /** In events and messages. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #gauge: MemoryGauge;
  readonly #model: CostModel;
  readonly #admission: Admission;
  readonly #pace: Pace;
  readonly #forced: ForcedCollections;
  readonly #queue = new TaskQueue<WaitingTask>();
  readonly #maxConcurrency: number;
  #timer: Disposable | undefined;
  #readMs = 0;
  #ended = 0;
  #hold: HoldState | undefined;
  #pauses = 0;
  #isDisposed = false;

  /**
   * @param options - all have a default.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` or `ERR_PLIMSOLL_BAD_SIZE` when one is out of range.
   */
  constructor(options: LimiterOptions = {}) {
    const { name = "limiter", limit, maxConcurrency = Number.POSITIVE_INFINITY, hints = {}, tuning } = options;
    if (!(maxConcurrency >= 1)) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_BAD_OPTION",
        `maxConcurrency is ${maxConcurrency}: give a number of tasks, 1 at least, or leave it out.`,
        { details: { maxConcurrency } },
      );
    }
    this.name = name;
    this.#maxConcurrency = maxConcurrency;
    this.#clock = options.clock ?? systemClock;
    const sizes = Object.entries(hints).map(([kind, size]) => [kind, parseBytes(size)] as const);
    this.#gauge = options.gauge ?? new ProcessGauge(limit);
    this.#forced = new ForcedCollections(this.#gauge, this.#clock);
    this.#model = new CostModel(Object.fromEntries(sizes));
    this.#admission = new Admission(this.#gauge, this.#model, { ...TUNING, ...tuning });
    this.#pace = new Pace(this.#clock.now(), () => this.#gauge.busyRatio());
  }

  /**
   * Runs a task as soon as it fits.
   *
   * @param task - is given the signal.
   * @returns what the task returns, or its failure; rejects with the signal's reason when aborted while it waits.
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASED` (as a rejection) when the limiter was disposed of.
   */
  run<R>(task: (signal?: AbortSignal) => R | PromiseLike<R>, options: TaskOptions = {}): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const { kind = "task", signal } = options;
      const index = this.#model.indexOf(kind);
      const start = (): void => {
        const startMs = this.#start(index);
        try {
          const result = task(signal);
          if (isThenable(result)) {
            const end = (): void => this.#end(index, startMs);
            result.then(end, end);
            resolve(result);
            return;
          }
          resolve(result);
        } catch (error) {
          reject(error);
        }
        // Ends in a later turn: a synchronous task must not start the next one inside of itself.
        queueMicrotask(() => this.#end(index, startMs));
      };
      this.#enter(index, options, start, reject);
    });
  }

  /**
   * Waits until a task fits, for work that is no function, such as what a queue's worker does next.
   *
   * @returns what the task ends with: dispose of it.
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASED` (as a rejection) when the limiter was disposed of.
   */
  acquire(options: TaskOptions = {}): Promise<Disposable> {
    return new Promise((resolve, reject) => {
      const index = this.#model.indexOf(options.kind ?? "task");
      const start = (): void => {
        const startMs = this.#start(index);
        let isHeld = true;
        const release = (): void => {
          if (!isHeld) return;
          isHeld = false; // first: a task that starts now may dispose of it again
          this.#end(index, startMs);
        };
        resolve({ [Symbol.dispose]: release });
      };
      this.#enter(index, options, start, reject);
    });
  }

  /**
   * Waits until a task may start, and starts none: for who fetches what it works on only then. Of two that wait for one place both
   * are told.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASED` (as a rejection) when the limiter was disposed of.
   */
  ready(options: TaskOptions = {}): Promise<void> {
    const index = this.#model.indexOf(options.kind ?? "task");
    return new Promise((resolve, reject) => this.#enter(index, options, resolve, reject));
  }

  /**
   * Maps items through a task, as many at once as fit. An item is taken only when a task can start with it, and none while
   * too many results wait to be read.
   *
   * @param items - any iterable, a Web stream included. It is closed when the reader stops early.
   * @param task - is given the item, its index, and the signal.
   * @returns the results. The first failure ends it, once the running tasks have ended.
   */
  map<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    task: (item: T, index: number, signal?: AbortSignal) => R | PromiseLike<R>,
    options: MapOptions<T> = {},
  ): AsyncGenerator<R, void, undefined> {
    return mapThrough(this, items, task, options);
  }

  /**
   * The same between two Web streams: `readable.pipeThrough(limiter.transform(task))`.
   *
   * @param task - is given the chunk, its index, and the signal.
   */
  transform<T, R>(
    task: (item: T, index: number, signal?: AbortSignal) => R | PromiseLike<R>,
    options: MapOptions<T> = {},
  ): { readable: ReadableStream<R>; writable: WritableStream<T> } {
    const { readable, writable } = new TransformStream<T, T>(undefined, { highWaterMark: 1 }, { highWaterMark: 0 });
    return { readable: streamOf(this.map(readable, task, options)), writable };
  }

  /** What it does now, and why tasks wait. */
  status(): LimiterStatus {
    const status = {
      inFlight: this.#admission.inFlight,
      waiting: this.#queue.size,
      ended: this.#ended,
      pace: this.#pace.limit,
      perSecond: this.#pace.throughput,
      costs: this.#model.costs(),
      spreadRatio: this.#model.spread,
      liveHeapBytes: this.#admission.live?.heapBytes,
      heapCapBytes: this.#admission.heapCapBytes,
      residentBytes: this.#gauge.residentBytes(),
      residentCapBytes: this.#admission.residentCapBytes,
      collections: this.#model.learned,
      forced: this.#forced.total,
    };
    return { ...status, hold: this.#hold && describeHold(this.#hold, status, this.#maxConcurrency) };
  }

  /** Starts no further task until what it returns is disposed of; running ones go on. */
  pause(): Disposable {
    this.#pauses += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#pauses -= 1;
        isHeld = false;
        if (!this.#isDisposed) this.#pump();
      },
    };
  }

  /** Refuses what waits and what comes later; running tasks go on. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (let entry = this.#queue.shift(); entry; entry = this.#queue.shift()) entry.refuse(disposed(this.name));
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#gauge[Symbol.dispose]();
  }

  #enter(kind: number, options: TaskOptions, start: () => void, refuse: (reason: Error) => void): void {
    const { signal } = options;
    if (this.#isDisposed) return refuse(disposed(this.name));
    if (signal?.aborted) return refuse(signal.reason as Error);
    if (this.#queue.size === 0 && this.#holdReason(kind) === undefined) return start();
    enqueue(this.#queue, kind, options, start, refuse);
    this.#pump();
  }

  /** Returns the time. */
  #start(kind: number): number {
    const nowMs = this.#clock.now();
    this.#admission.start(kind, nowMs);
    this.#hold = undefined;
    this.#timer ??= this.#clock.every(TICK_MS, () => this.#tick());
    return nowMs;
  }

  #end(kind: number, startMs: number): void {
    const nowMs = this.#clock.now();
    this.#ended += 1;
    this.#pace.end(this.#admission.inFlight, nowMs, nowMs - startMs);
    this.#admission.end(kind);
    if (!this.#isDisposed) this.#pump();
    if (this.#admission.inFlight > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #tick(): void {
    this.#read(this.#clock.now());
    this.#pump();
    const { residentCapBytes } = this.#admission;
    if (this.#gauge.residentBytes() > TIGHT_RATIO * residentCapBytes) this.#collect("resident");
  }

  #read(nowMs: number): void {
    this.#readMs = nowMs;
    this.#admission.read(nowMs, this.#queue.size);
  }

  /** Starts what may start. */
  #pump(): void {
    for (let entry = this.#queue.peek(); entry; entry = this.#queue.peek()) {
      const reason = this.#holdReason(entry.kind);
      if (reason !== undefined) return this.#wait(reason);
      this.#queue.shift();
      entry.start();
    }
    this.#hold = undefined;
  }

  #holdReason(kind: number): HoldReason | undefined {
    if (this.#pauses > 0) return "paused";
    const { inFlight } = this.#admission;
    if (inFlight >= this.#maxConcurrency) return "concurrency";
    const nowMs = this.#clock.now();
    if (inFlight >= this.#pace.ceiling(inFlight, nowMs)) return "pace";
    if (nowMs - this.#readMs >= READ_MS) this.#read(nowMs);
    const reason = this.#admission.hold(kind);
    if (reason === undefined || !this.#collect(reason)) return reason;
    return this.#admission.hold(kind);
  }

  #wait(reason: HoldReason): void {
    const nowMs = this.#clock.now();
    if (reason === "pace") this.#pace.wait(nowMs);
    if (this.#hold?.reason === reason) return;
    this.#hold = { reason, sinceMs: this.#hold?.sinceMs ?? nowMs };
    publish("plimsoll:limiter:held", () => ({ name: this.name, ...this.status().hold }));
  }

  /** Forces a collection when one can help and has its price; above the cap every bit helps. @returns true when it did. */
  #collect(reason: "heap" | "resident"): boolean {
    if (!this.#forced.isDue) return false;
    const { endedSinceReading, inFlight, live } = this.#admission;
    const isOver = this.#gauge.residentBytes() > this.#admission.residentCapBytes;
    const hasProgress = endedSinceReading >= (isOver ? 1 : Math.max(1, PROGRESS_RATIO * inFlight));
    if (live !== undefined && !hasProgress) return false;
    const pauseMs = this.#forced.collect(FORCED_SHARE[reason], isOver ? 0 : TICK_MS);
    this.#read(this.#clock.now());
    publish("plimsoll:limiter:collected", () => ({ name: this.name, reason, pauseMs }));
    return true;
  }
}

function isThenable<R>(value: R | PromiseLike<R>): value is PromiseLike<R> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
