/**
 * A machine on a virtual clock: one JavaScript thread, waits that cost nothing, and a model of V8's heap (live, garbage,
 * collections that stop the thread, a cap on the old space) with buffers outside and a limit on the process. Tasks are real promises, so
 * that real limiters run on it unchanged, ten thousand tasks in a fraction of a second.
 */
import type { Clock } from "../../src/base/clock.ts";
import type { LiveReading, MemoryGauge } from "../../src/budget/memory-gauge.ts";

/** What the machine has. */
export interface MachineOptions {
  readonly oldSpaceBytes: number;
  /** Limit on the process. Default: none. */
  readonly processLimitBytes?: number;
  /** What a collection costs: per megabyte that lives. Arrays of numbers cost little, small objects much. */
  readonly markMsPerMb: number;
}

/** What a task does. */
export interface SimulatedTask {
  readonly kind: string;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Allocated and dropped at once. */
  readonly garbageBytes: number;
  readonly waitMs: number;
  readonly cpuMs: number;
  /** Parts in which it allocates over its life. 1: all at the start. */
  readonly steps: number;
}

/** Why the machine's process died. */
export type Death = "heap" | "process";

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

const MB = 2 ** 20;
const BASE_HEAP_BYTES = 6 * MB;
const BASE_RESIDENT_BYTES = 45 * MB;
/**
 * V8 collects when the heap has grown by about this factor since the last time, but half-way to its limit at the latest
 * (`MemoryController::CalculateAllocationLimit`); or when outside memory has grown by so much.
 */
const GROWTH = 1.6;
const LEAST_GROWTH_BYTES = 8 * MB;
const EXTERNAL_GROWTH_BYTES = 64 * MB;
/** `Heap::IsIneffectiveMarkCompact` and its consecutive number before V8 gives up. */
const INEFFECTIVE_RATIO = 0.8;
const INEFFECTIVE_UTILIZATION = 0.4;
const MOST_INEFFECTIVE = 4;

/** Runs simulated tasks. */
export class Machine {
  readonly clock: Clock;
  readonly gauge: MemoryGauge;
  /** Set once it died. */
  death: Death | undefined;
  /** Largest values so far. */
  peakLiveBytes = 0;
  peakResidentBytes = 0;
  collections = 0;
  pauseMs = 0;
  readonly #options: MachineOptions;
  readonly #events: Event[] = [];
  readonly #readings: LiveReading[] = [];
  #order = 0;
  #nowMs = 0;
  #cpuFreeMs = 0;
  #busyMs = 0;
  #busySinceMs = 0;
  #live = BASE_HEAP_BYTES;
  #used = BASE_HEAP_BYTES;
  #external = 0;
  #externalUsed = 0;
  #allocatedBytes = BASE_HEAP_BYTES;
  #heapTrigger = 4 * LEAST_GROWTH_BYTES;
  #externalTrigger = EXTERNAL_GROWTH_BYTES;
  #ineffective = 0;
  /** As V8 averages it: half of it is the newest. */
  #utilization = 1;
  #lastCollectionMs = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.clock = {
      now: () => Math.max(this.#nowMs, this.#cpuFreeMs),
      every: (intervalMs, task) => {
        let isActive = true;
        const again = (): void => {
          if (!isActive) return;
          task();
          this.#at(this.clock.now() + intervalMs, again);
        };
        this.#at(this.#nowMs + intervalMs, again);
        return { [Symbol.dispose]: () => void (isActive = false) };
      },
    };
    this.gauge = {
      oldSpaceBytes: options.oldSpaceBytes,
      processLimitBytes: options.processLimitBytes,
      drain: () => this.#readings.splice(0),
      heapUsedBytes: () => this.#used,
      // The program itself keeps nothing outside of its heap.
      externalBytes: () => 0,
      allocatedBytes: () => this.#allocatedBytes,
      residentBytes: () => this.residentBytes,
      busyRatio: () => {
        const nowMs = this.clock.now();
        const ratio = this.#busyMs / Math.max(1, nowMs - this.#busySinceMs);
        this.#busyMs = 0;
        this.#busySinceMs = nowMs;
        return ratio;
      },
      collect: () => this.collect(),
      [Symbol.dispose]: () => {},
    };
  }

  /** Milliseconds since the start. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get residentBytes(): number {
    return BASE_RESIDENT_BYTES + this.#used + this.#externalUsed;
  }

  /** Objects and buffers that live. */
  get liveBytes(): number {
    return this.#live + this.#external;
  }

  /** Runs one task to its end. */
  async run(task: SimulatedTask): Promise<void> {
    // A function runs at once up to its first await: the first part of its memory is there when it has been called.
    for (let step = 0; step < task.steps; step++) {
      this.#allocate(task.heapBytes / task.steps, task.externalBytes / task.steps, task.garbageBytes / task.steps);
      if (step === 0) await this.#compute(task.cpuMs / 2);
      await this.#wait(task.waitMs / task.steps);
    }
    await this.#compute(task.cpuMs / 2);
    this.#live -= task.heapBytes;
    this.#external -= task.externalBytes;
  }

  /** Lets time pass until all is done, the process is dead, or no event is left. */
  async drive(isDone: () => boolean): Promise<void> {
    await settle();
    while (!this.death && !isDone()) {
      const event = this.#pop();
      if (!event) return;
      this.#nowMs = Math.max(this.#nowMs, event.atMs);
      event.run();
      await settle();
    }
  }

  /** A major collection: garbage goes, the thread stands still. */
  collect(): void {
    const costMs = 1 + ((this.#live + this.#external * 0.01) / MB) * this.#options.markMsPerMb;
    const nowMs = this.clock.now();
    this.#cpuFreeMs = nowMs + costMs;
    this.pauseMs += costMs;
    this.#busyMs += costMs;
    this.collections += 1;
    this.#used = this.#live;
    this.#externalUsed = this.#external;
    const { oldSpaceBytes } = this.#options;
    const growth = Math.max(this.#live * GROWTH, this.#live + LEAST_GROWTH_BYTES);
    this.#heapTrigger = Math.min(growth, (this.#live + oldSpaceBytes) / 2);
    this.#externalTrigger = this.#external + EXTERNAL_GROWTH_BYTES;
    const utilization = (nowMs - this.#lastCollectionMs) / (nowMs - this.#lastCollectionMs + costMs);
    this.#utilization = (this.#utilization + utilization) / 2;
    const isIneffective = this.#live > INEFFECTIVE_RATIO * oldSpaceBytes && this.#utilization < INEFFECTIVE_UTILIZATION;
    this.#ineffective = isIneffective ? this.#ineffective + 1 : 0;
    this.#lastCollectionMs = this.#cpuFreeMs;
    this.#readings.push({ heapBytes: this.#live, externalBytes: this.#external, pauseMs: costMs / 2 });
    if (this.#ineffective >= MOST_INEFFECTIVE) this.death = "heap";
  }

  #allocate(heapBytes: number, externalBytes: number, garbageBytes: number): void {
    const { oldSpaceBytes, processLimitBytes = Number.POSITIVE_INFINITY } = this.#options;
    const heapAfter = this.#used + heapBytes + garbageBytes;
    if (heapAfter > Math.min(this.#heapTrigger, oldSpaceBytes)) this.collect();
    else if (this.#externalUsed + externalBytes > this.#externalTrigger) this.collect();
    this.#allocatedBytes += heapBytes + garbageBytes + externalBytes;
    this.#live += heapBytes;
    this.#external += externalBytes;
    this.#used += heapBytes + garbageBytes;
    this.#externalUsed += externalBytes;
    this.peakLiveBytes = Math.max(this.peakLiveBytes, this.#live);
    this.peakResidentBytes = Math.max(this.peakResidentBytes, this.residentBytes);
    if (this.#live > oldSpaceBytes) this.death = "heap";
    else if (this.residentBytes > processLimitBytes) this.death = "process";
  }

  #compute(ms: number): Promise<void> {
    this.#cpuFreeMs = this.clock.now() + ms;
    this.#busyMs += ms;
    return new Promise((resolve) => this.#at(this.#cpuFreeMs, resolve));
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#at(this.clock.now() + ms, resolve));
  }

  /** Adds to a binary heap. */
  #at(atMs: number, run: () => void): void {
    const event = { atMs, order: this.#order++, run };
    const events = this.#events;
    let index = events.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = events[parent];
      if (!above || isBefore(above, event)) break;
      events[index] = above;
      index = parent;
    }
    events[index] = event;
  }

  #pop(): Event | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (!first || !last || events.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const right = events[child + 1];
      let below = events[child];
      if (below && right && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (!below || isBefore(last, below)) break;
      events[index] = below;
      index = child;
    }
    events[index] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Until no promise of this turn is left to settle. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
