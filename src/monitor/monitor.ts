/**
 * Watches the memory of the program it runs in: cheap readings on a timer, a history of fixed size, and
 * from these peaks, phases, trend, pressure and alarms. Default interval 100 ms: a program that allocates
 * 200 MB/s moves 20 MB between two readings; what one costs is in bench/results/monitor.json.
 */
import { parseBytes, type SizeInput } from "../base/bytes.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { AbortLines, overLimit } from "./abort-lines.ts";
import { startCadence } from "./cadence.ts";
import { type CollectionCounts, CollectionObserver, type HeapFloor } from "./collections.ts";
import { forecast, type Trend } from "./forecast.ts";
import { type ColumnStats, History, type SnapshotOptions } from "./history.ts";
import { type Headroom, LimitLine } from "./limit-line.ts";
import { createTopics, type MonitorEvents, type MonitorTopics } from "./monitor-events.ts";
import { checkInterval, type MonitorOptions, type TrendOptions } from "./monitor-options.ts";
import { Phase, type PhaseHost } from "./phase.ts";
import { PressureGauge, type PressureLevel } from "./pressure.ts";
import { RapidGrowthAlarm } from "./rapid-growth.ts";
import { delta, MEMORY_COLUMNS, type MemoryColumn, type MemoryDelta, type MemorySample } from "./sample.ts";
import { type MemorySizes, type MemorySource, processSource } from "./sample.ts";

/** What a {@link Monitor} saw so far. */
export interface MonitorStats {
  /** How many readings were taken. */
  readonly samples: number;
  /** When the monitor was made, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Since then. */
  readonly elapsedMs: number;
  /** Extremes and newest value of each size. */
  readonly sizes: Readonly<Record<MemoryColumn, ColumnStats>>;
  /** Collections that were observed. */
  readonly collections: CollectionCounts;
  /** Bytes of the monitor's own history. */
  readonly ownBytes: number;
}

/** Highest values so far. */
export interface MemoryPeak extends MemorySizes {
  /** The kernel's high-water mark of resident memory: of the whole life of the process, and between readings as well. */
  readonly highWaterBytes: number;
}

/** Resident memory that moves less between readings is no reason for closer looks. */
const QUIET_BYTES = 2 ** 20;

const WORDS: Readonly<Record<MemoryColumn | "heapFloorBytes", string>> = {
  rssBytes: "resident memory",
  heapUsedBytes: "the used heap",
  heapTotalBytes: "the heap",
  externalBytes: "external memory",
  arrayBuffersBytes: "memory of array buffers",
  nativeBytes: "native memory",
  heapFloorBytes: "the heap after collections",
};

/** Watches the memory of the program it runs in. */
export class Monitor implements Disposable {
  readonly #intervalMs: number;
  readonly #idleIntervalMs: number;
  readonly #clock: Clock;
  readonly #source: MemorySource;
  readonly #line: LimitLine;
  readonly #gauge: PressureGauge;
  readonly #alarm: RapidGrowthAlarm;
  readonly #observer: CollectionObserver;
  readonly #observes: boolean;
  readonly #history: History;
  readonly #aborts = new AbortLines();
  readonly #phases = new Set<Phase>();
  readonly #topics: MonitorTopics = createTopics();
  readonly #phaseHost: PhaseHost = {
    sample: () => this.sample(),
    highWaterBytes: () => this.#source.highWaterBytes(),
    open: (phase) => {
      for (const other of this.#phases) {
        other.meet(phase);
        phase.meet(other);
      }
      this.#phases.add(phase);
    },
    close: (phase, report) => {
      this.#phases.delete(phase);
      this.#topics.phase.emit(() => report);
    },
  };
  #cadence: Disposable | undefined;

  /**
   * Takes a first reading; {@link Monitor.start} takes more.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` for an interval below 10 ms or thresholds out of order.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` for a limit that is no size, or a share where nothing limits the process.
   */
  constructor(options: MonitorOptions = {}) {
    this.#intervalMs = checkInterval("intervalMs", options.intervalMs ?? 100);
    this.#idleIntervalMs = checkInterval("idleIntervalMs", options.idleIntervalMs ?? 1000);
    this.#clock = options.clock ?? systemClock;
    this.#source = options.source ?? processSource;
    this.#line = new LimitLine(options.limit ?? "100%", () => this.#source.readLimits());
    this.#gauge = new PressureGauge(options.pressure);
    this.#alarm = new RapidGrowthAlarm(options.rapidGrowth);
    this.#observes = options.observeCollections ?? true;
    this.#observer = new CollectionObserver(
      () => this.#source.createProfiler(),
      (collection) => this.#topics.collection.emit(() => collection),
    );
    this.#history = new History(this.#read());
  }

  /** Begins to take readings on a timer, which never keeps the program alive. Does nothing when already started. */
  start(): this {
    if (this.#cadence) return this;
    if (this.#observes) this.#observer.tick(this.#clock.now());
    this.#cadence = startCadence(
      { clock: this.#clock, intervalMs: this.#intervalMs, idleIntervalMs: this.#idleIntervalMs },
      () => this.#tick(),
    );
    return this;
  }

  /** Takes no more readings; what was seen stays. */
  stop(): void {
    this.#cadence?.[Symbol.dispose]();
    this.#cadence = undefined;
    this.#observer.stop(this.#clock.now());
  }

  /** The same as {@link Monitor.stop}. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** Takes a reading now, as the timer does. */
  sample(): MemorySample {
    const sample = this.#read();
    this.#history.add(sample);
    if (this.#phases.size > 0) for (const phase of this.#phases) phase.see(sample);
    this.#topics.sample.emit(() => sample);
    const growth = this.#alarm.update(sample.timeMs, sample.rssBytes);
    if (growth) this.#topics.growth.emit(() => growth);
    this.#updatePressure(sample);
    this.#aborts.update(sample.rssBytes);
    return sample;
  }

  /**
   * Begins a named stretch of the program, to be ended with `end()` or by `using`.
   *
   * @param name - for the report; nest with the phase's own `phase(name)`.
   */
  phase(name: string): Phase {
    return new Phase(this.#phaseHost, name);
  }

  /**
   * What changed between two readings.
   *
   * @param from - the earlier.
   * @param to - the later. Default: a new one.
   */
  delta(from: MemorySample, to: MemorySample = this.sample()): MemoryDelta {
    return delta(from, to);
  }

  /** What was seen so far. */
  stats(): MonitorStats {
    const history = this.#history;
    const stats = MEMORY_COLUMNS.map((column) => [column, history.stats(column)] as const);
    return {
      samples: history.count,
      startedAtMs: history.first.timeMs,
      elapsedMs: history.last.timeMs - history.first.timeMs,
      sizes: Object.fromEntries(stats) as Record<MemoryColumn, ColumnStats>,
      collections: this.#observer.counts,
      ownBytes: history.byteLength + this.#observer.byteLength,
    };
  }

  /** Highest values so far. */
  get peak(): MemoryPeak {
    return { ...this.#history.max, highWaterBytes: this.#source.highWaterBytes() };
  }

  /** Room below the nearest limit, from a new reading; `undefined` when nothing limits the program. */
  headroom(): Headroom | undefined {
    const sample = this.sample();
    return this.#line.measure(sample, sample.timeMs);
  }

  /** How near the limit is, as of the last reading. */
  get pressure(): PressureLevel {
    return this.#gauge.level;
  }

  /** Where memory is heading, and when it meets the limit. */
  trend({ of = "rssBytes", windowMs = 300_000 }: TrendOptions = {}): Trend {
    const nowMs = this.#clock.now();
    const isFloor = of === "heapFloorBytes";
    const points = isFloor
      ? this.floors(nowMs - windowMs).map((floor) => ({ timeMs: floor.timeMs, bytes: floor.usedBytes }))
      : this.#history.floors(of, nowMs - windowMs);
    const isHeap = isFloor || of === "heapUsedBytes" || of === "heapTotalBytes";
    return forecast(points, { what: WORDS[of], limit: isHeap ? this.#line.heap(nowMs) : this.#line.process(nowMs) });
  }

  /**
   * The heap right after major collections, oldest first; empty unless collections are observed.
   *
   * @param sinceMs - only from this time on. Default: all.
   */
  floors(sinceMs?: number): HeapFloor[] {
    return this.#observer.floors(sinceMs);
  }

  /**
   * Throws when memory is over a limit, for loops that can stop between steps.
   *
   * @param limit - a size of resident memory, or a share of the line. Default: the nearest limit.
   * @throws PlimsollError `ERR_PLIMSOLL_OVER_LIMIT` with the figures.
   */
  checkLimit(limit?: SizeInput): void {
    const { rssBytes } = this.sample();
    const room = this.#line.measure(this.#history.last, this.#clock.now());
    if (limit !== undefined) {
      const bytes = this.#parse(limit);
      if (rssBytes > bytes) throw overLimit(rssBytes, bytes);
    } else if (room && room.freeBytes < 0) {
      const what = room.bounds === "heap" ? "the used heap" : "resident memory";
      throw overLimit(room.usedBytes, room.limitBytes, what);
    }
  }

  /**
   * A signal that aborts once resident memory exceeds a size; starts the monitor. All callers with one size share one signal.
   *
   * @param limit - a size, or a share of the line.
   * @returns aborts with a PlimsollError `ERR_PLIMSOLL_OVER_LIMIT`.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when it is no size, or a share where nothing limits the process.
   */
  abortIfExceeds(limit: SizeInput): AbortSignal {
    const signal = this.#aborts.signal(this.#parse(limit));
    this.start();
    this.sample();
    return signal;
  }

  /** Past readings, oldest first; the older, the more of them are merged into one. */
  getSnapshots(options?: SnapshotOptions): MemorySample[] {
    return this.#history.snapshots(options);
  }

  /**
   * Listens; the same events are published on `diagnostics_channel`s.
   *
   * @param event - which.
   * @param listener - called with each.
   * @returns ends it when disposed.
   */
  on<Name extends keyof MonitorEvents>(event: Name, listener: (event: MonitorEvents[Name]) => void): Disposable {
    return this.#topics[event].subscribe(listener);
  }

  #read(): MemorySample {
    return { timeMs: this.#clock.now(), ...this.#source.read() };
  }

  #parse(limit: SizeInput): number {
    return parseBytes(limit, this.#line.process(this.#clock.now())?.bytes);
  }

  #tick(): boolean {
    const before = this.#history.last;
    const sample = this.sample();
    if (this.#observes) this.#observer.tick(sample.timeMs);
    return Math.abs(sample.rssBytes - before.rssBytes) < QUIET_BYTES;
  }

  #updatePressure(sample: MemorySample): void {
    const from = this.#gauge.level;
    if (!this.#gauge.update(this.#line.usedRatio(sample, sample.timeMs))) return;
    const headroom = this.#line.measure(sample, sample.timeMs);
    if (headroom) this.#topics.pressure.emit(() => ({ timeMs: sample.timeMs, from, to: this.#gauge.level, headroom }));
  }
}
