/**
 * May one more task start? Two answers must both be yes. The model's: what tasks of these kinds cost on average must
 * fit. The reading's: what lived after the last collection, plus what started and less what ended since, with a margin for
 * the spread of what is not known yet, must fit. The second lets light tasks make room for more, and sees a change of costs first.
 */
import { Appearing } from "./appearing.ts";
import type { CostModel } from "./cost-model.ts";
import { HeapExcess } from "./heap-excess.ts";
import { LateGrowth } from "./late-growth.ts";
import type { LiveReading, MemoryGauge } from "./memory-gauge.ts";

/** Why no task may start now. */
export type HoldReason =
  /** Somebody has paused the limiter. */
  | "paused"
  /** More at once would not be faster, or it is not yet known whether it would. */
  | "pace"
  /** The set number of tasks is running. */
  | "concurrency"
  /** The heap has no room. */
  | "heap"
  /** The process has no room. */
  | "resident";

/** How cautious admission is; chosen with the simulator. */
export interface AdmissionTuning {
  /** Most of the old space that may live, on the cautious side. Above 0.8 V8 may give up when collections free little (`IsIneffectiveMarkCompact`). */
  readonly heapRatio: number;
  /** Most of it that may live as the model sees it, with the margin. */
  readonly modelRatio: number;
  /** Most of the process's limit that may be resident. */
  readonly residentRatio: number;
  /** Margin in standard deviations. */
  readonly deviations: number;
}

/** The defaults. */
export const TUNING: AdmissionTuning = { heapRatio: 0.88, modelRatio: 0.95, residentRatio: 0.92, deviations: 3 };

/** While costs are unknown, tasks start only while the heap, dead objects included, is below this share. */
const UNKNOWN_RATIO = 0.6;
/** Readings before the last reading is trusted beside the model. */
const TRUSTED_READINGS = 3;
/** Weight of the newest reading in the cost of what started lately, and the ratio from which it is believed. */
const INFLOW_WEIGHT = 0.3;
const INFLOW_CLEAR = 1.4;
/** A task may be larger than the average: room for so many is kept free. */
const RESERVED_TASKS = 2;
/** What the allocator has kept serves new tasks, less what is too scattered for them. */
const REUSE_RATIO = 0.6;
/**
 * V8 gives up when four collections in a row leave more than 80 % of the old space and less than 40 % of the time to the program
 * (`IsIneffectiveMarkCompact`). Below this share of the time tasks are held back from where that begins.
 */
const STRAINED_UTILIZATION = 0.6;
const STRAINED_RATIO = 0.76;
/** Time that a collection takes in all to that of its pause: it marks in steps before. */
const MARKING = 2;
/** How much of the last surprise remains after each reading. */
const SURPRISE_DECAY = 0.99;
/** What a task takes that waits: its promise, its closures and its place in the queue (measured: 870 bytes). Ten thousand would be billed to those that run. */
const WAITING_BYTES = 870;
/** Before so many generations of tasks have ended, those in flight are younger than they will be, and may grow: they get less, and least before the first has. */
const GENERATIONS = 3;
const YOUNG_RATIO = 0.85;
const FIRST_RATIO = 0.5;

/** Decides; counts what is in flight. Has no timer: it is told the time. */
export class Admission {
  readonly #gauge: MemoryGauge;
  readonly #model: CostModel;
  readonly #tuning: AdmissionTuning;
  readonly #appearing: Appearing;
  readonly #excess = new HeapExcess();
  readonly #lateGrowth = new LateGrowth();
  readonly #counts: Float64Array;
  readonly #countsBefore: Float64Array;
  readonly #alive: Float64Array;
  readonly #startedSince: Float64Array;
  #inFlight = 0;
  #waitingBytes = 0;
  #base: LiveReading;
  #baseResident: number;
  /** Resident bytes beyond live ones: least, and of them what the allocator kept at the last reading and will use again. */
  #overheadBytes: number;
  #reusableBytes = 0;
  #live: LiveReading | undefined;
  /** Heap bytes expected of tasks that started, and that ended, since the last reading; and their squares. */
  #startedBytes = 0;
  #startedTotalBytes = 0;
  #endedBytes = 0;
  #sinceSquares = 0;
  #endedSince = 0;
  #ended = 0;
  /** Heap bytes of what started lately to what was expected of it; 1 unless clearly more. */
  #inflow = 1;
  /** Share of the time between the last collections that they left to the program; half of it is the newest, as V8 averages it. */
  #utilization = 1;
  #readMs = Number.NEGATIVE_INFINITY;
  /** How far the last readings lay above what was expected. */
  #surpriseBytes = 0;

  constructor(gauge: MemoryGauge, model: CostModel, tuning: AdmissionTuning = TUNING) {
    this.#gauge = gauge;
    this.#model = model;
    this.#tuning = tuning;
    this.#appearing = new Appearing(gauge);
    this.#counts = new Float64Array(model.capacity);
    this.#countsBefore = new Float64Array(model.capacity);
    this.#alive = new Float64Array(model.capacity);
    this.#startedSince = new Float64Array(model.capacity);
    this.#base = { heapBytes: gauge.heapUsedBytes(), externalBytes: gauge.externalBytes(), pauseMs: 0 };
    this.#baseResident = gauge.residentBytes();
    this.#overheadBytes = this.#baseResident - this.#base.heapBytes - this.#base.externalBytes;
  }

  /** Tasks in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Tasks that ended since the last reading. */
  get endedSinceReading(): number {
    return this.#endedSince;
  }

  /** The heap right after the last major collection. */
  get live(): LiveReading | undefined {
    return this.#live;
  }

  /** Heap and outside bytes that were alive without any task. */
  get base(): LiveReading {
    return this.#base;
  }

  /** Most heap bytes that may live. */
  get heapCapBytes(): number {
    const ratio = this.#utilization < STRAINED_UTILIZATION ? STRAINED_RATIO : 1;
    return this.#ageRatio * Math.min(ratio, this.#tuning.heapRatio) * this.#gauge.oldSpaceBytes;
  }

  get #ageRatio(): number {
    const generations = this.#ended / this.#inFlight;
    if (generations < 1) return FIRST_RATIO;
    return generations < GENERATIONS ? YOUNG_RATIO : 1;
  }

  /** Most bytes that may be resident; infinite when nothing limits the process. */
  get residentCapBytes(): number {
    return this.#tuning.residentRatio * (this.#gauge.processLimitBytes ?? Number.POSITIVE_INFINITY);
  }

  /** Why a task of this kind may not start; `undefined` when it may. The first always may: a task that fits nowhere still runs, alone. */
  hold(kind: number): "heap" | "resident" | undefined {
    if (this.#inFlight === 0) return undefined;
    const reason = this.#fitsHeap(kind) ? (this.#fitsResident(kind) ? undefined : "resident") : "heap";
    if (reason !== undefined) {
      const knownBytes = this.#appearing.bytes + RESERVED_TASKS * this.#model.totalBytes(kind);
      this.#lateGrowth.hold(this.#gauge.residentBytes(), knownBytes);
    }
    return reason;
  }

  /** A task starts. */
  start(kind: number, nowMs: number): void {
    const bytes = this.#model.heapBytes(kind);
    const totalBytes = this.#model.totalBytes(kind);
    this.#startedTotalBytes += totalBytes;
    this.#count(kind, 1);
    this.#startedSince[kind] = (this.#startedSince[kind] ?? 0) + 1;
    this.#startedBytes += bytes;
    this.#sinceSquares += bytes * bytes;
    this.#appearing.start(totalBytes, nowMs);
    this.#lateGrowth.start();
  }

  /** A task has ended. */
  end(kind: number): void {
    const bytes = this.#model.heapBytes(kind);
    this.#count(kind, -1);
    this.#endedBytes += bytes;
    this.#sinceSquares += bytes * bytes;
    this.#endedSince += 1;
    this.#ended += 1;
  }

  /**
   * Takes in the collections since the last call.
   *
   * @param waiting - tasks that wait, which take memory too.
   * @returns true when there were any.
   */
  read(nowMs: number, waiting = 0): boolean {
    this.#appearing.passTime(nowMs);
    this.#waitingBytes = waiting * WAITING_BYTES;
    const readings = this.#gauge.drain();
    // A collection happened somewhere between. What ended since the last look counts too: V8 keeps what died while it marked, and
    // without that, tasks of 30 ms looked a quarter too large.
    let tasks = 0;
    for (let kind = 0; kind < this.#alive.length; kind++) {
      const alive = (this.#countsBefore[kind] ?? 0) + (this.#startedSince[kind] ?? 0);
      this.#alive[kind] = alive;
      this.#countsBefore[kind] = this.#counts[kind] ?? 0;
      this.#startedSince[kind] = 0;
      tasks += alive;
    }
    const intervalMs = (nowMs - this.#readMs) / readings.length;
    if (readings.length > 0) this.#readMs = nowMs;
    for (const reading of readings) {
      const utilization = Math.max(0, 1 - (MARKING * reading.pauseMs) / intervalMs);
      this.#utilization = (this.#utilization + utilization) / 2;
    }
    const newest = readings.at(-1); // of the same tasks as those before it
    if (newest) this.#take(newest, tasks);
    return readings.length > 0;
  }

  #take(reading: LiveReading, tasks: number): void {
    if (this.#live && this.#model.observations >= TRUSTED_READINGS) {
      const expected = this.#live.heapBytes + this.#startedBytes - this.#endedBytes;
      if (this.#startedBytes > 0) {
        const seen = (reading.heapBytes - this.#live.heapBytes + this.#endedBytes) / this.#startedBytes;
        this.#inflow += INFLOW_WEIGHT * (Math.min(10, Math.max(0, seen)) - this.#inflow);
      }
      this.#surpriseBytes = Math.max(reading.heapBytes - expected, this.#surpriseBytes * SURPRISE_DECAY);
    }
    this.#live = reading;
    this.#lateGrowth.fade();
    const overhead = this.#gauge.residentBytes() - reading.heapBytes - reading.externalBytes;
    this.#reusableBytes = REUSE_RATIO * Math.max(0, overhead - this.#overheadBytes);
    this.#startedTotalBytes = 0;
    this.#startedBytes = 0;
    this.#endedBytes = 0;
    this.#sinceSquares = 0;
    this.#endedSince = 0;
    if (tasks === 0) {
      this.#base = reading;
      this.#baseResident = Math.min(this.#baseResident, this.#gauge.residentBytes());
      return;
    }
    const heapBytes = Math.max(0, reading.heapBytes - this.#base.heapBytes - this.#waitingBytes);
    const externalBytes = Math.max(0, reading.externalBytes - this.#base.externalBytes);
    this.#model.observe(this.#alive, heapBytes, heapBytes + externalBytes);
  }

  #fitsHeap(kind: number): boolean {
    const bytes = this.#model.heapBytes(kind);
    const { deviations, modelRatio } = this.#tuning;
    if (bytes === 0) return this.#gauge.heapUsedBytes() < UNKNOWN_RATIO * this.#gauge.oldSpaceBytes;
    const { expected, squares } = this.#sum("heapBytes", kind);
    const spread = this.#model.spread;
    const live = this.#live;
    const upper = this.#base.heapBytes + this.#waitingBytes + expected + deviations * spread * Math.sqrt(squares);
    if (!live || this.#model.observations < TRUSTED_READINGS) return upper <= this.heapCapBytes;
    if (upper > modelRatio * this.#gauge.oldSpaceBytes) return false;
    // When what starts costs clearly more than what the model learned from, it is believed before the model has changed.
    const factor = this.#inflow > INFLOW_CLEAR ? this.#inflow : 1;
    const since = factor * deviations * spread * Math.sqrt(this.#sinceSquares + bytes * bytes);
    const margin = Math.max(since, this.#surpriseBytes);
    const grown = factor * (this.#startedBytes + bytes) - this.#endedBytes;
    const excess = this.#excess.look(this.#gauge.heapUsedBytes() - live.heapBytes, this.#startedBytes);
    return live.heapBytes + grown + excess + margin <= this.heapCapBytes;
  }

  #fitsResident(kind: number): boolean {
    const limit = this.#gauge.processLimitBytes;
    if (limit === undefined) return true;
    const bytes = this.#model.totalBytes(kind);
    const { expected, squares } = this.#sum("totalBytes", kind);
    const margin = this.#tuning.deviations * this.#model.spread * Math.sqrt(squares);
    const cap = this.#baseResident + this.#ageRatio * Math.max(0, this.residentCapBytes - this.#baseResident);
    if (this.#baseResident + expected + margin > cap) return false;
    const appearing = this.#appearing.bytes;
    const appeared = Math.max(0, this.#startedTotalBytes - appearing);
    const reusable = Math.max(0, this.#reusableBytes - appeared);
    const residentBytes = this.#gauge.residentBytes() + this.#lateGrowth.bytes;
    if (residentBytes - reusable + appearing + RESERVED_TASKS * bytes > cap) return false;
    // What is kept is not used again in full: near the limit, only a quarter of it counts.
    return residentBytes - reusable / 4 + RESERVED_TASKS * bytes <= cap + (limit - this.residentCapBytes) / 3;
  }

  /** What tasks in flight and one more are expected to hold, and the sum of their squares. */
  #sum(what: "heapBytes" | "totalBytes", candidate: number): { expected: number; squares: number } {
    const bytes = this.#model[what](candidate);
    let expected = bytes;
    let squares = bytes * bytes;
    for (let kind = 0; kind < this.#counts.length; kind++) {
      const count = this.#counts[kind] ?? 0;
      if (count === 0) continue;
      const each = this.#model[what](kind);
      expected += count * each;
      squares += count * each * each;
    }
    return { expected, squares };
  }

  #count(kind: number, step: 1 | -1): void {
    this.#counts[kind] = (this.#counts[kind] ?? 0) + step;
    this.#inFlight += step;
  }
}
