/**
 * What a run did to memory, over time: readings every tenth of a second, in bounded space. When there are too many, neighbours are
 * merged, and the higher one stays.
 */
import type { Executor } from "../execute/executor.ts";
import type { RunProgress } from "../execute/run-state.ts";

/** One reading. */
export interface Reading {
  readonly ms: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Large values in memory, and in files. */
  readonly heldBytes: number;
  readonly fileBytes: number;
  /** Tasks at once. */
  readonly inFlight: number;
  readonly finished: number;
}

const INTERVAL_MS = 100;
const MOST_READINGS = 600;

/** Takes readings until it is disposed of. */
export class Timeline implements Disposable {
  readonly #executor: Executor;
  readonly #startMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #readings: Reading[] = [];
  #step = 1;
  #ticks = 0;
  #finished = 0;
  /** How often memory held tasks back, in readings, and why last. */
  #holds = 0;

  constructor(executor: Executor) {
    this.#executor = executor;
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS).unref();
  }

  /** To be told of progress. */
  update({ finished }: RunProgress): void {
    this.#finished = finished;
  }

  /** The readings so far, in their order. */
  get readings(): readonly Reading[] {
    return this.#readings;
  }

  /** Share of the time in which memory, and nothing else, held tasks back: 0..1. */
  get heldRatio(): number {
    return this.#ticks === 0 ? 0 : this.#holds / this.#ticks;
  }

  /** One more reading now. */
  read(): Reading {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { values, limiter } = this.#executor.status();
    const reading = {
      ms: performance.now() - this.#startMs,
      rssBytes: rss,
      heapBytes: heapUsed,
      externalBytes: external,
      heldBytes: values.heldBytes,
      fileBytes: values.fileBytes,
      inFlight: limiter.inFlight,
      finished: this.#finished,
    };
    this.#readings.push(reading);
    return reading;
  }

  /** Takes no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { hold } = this.#executor.status().limiter;
    if (hold?.reason === "heap" || hold?.reason === "resident") this.#holds++;
    if (this.#ticks++ % this.#step !== 0) return;
    this.read();
    if (this.#readings.length < MOST_READINGS) return;
    this.#step *= 2;
    this.#readings = this.#readings.flatMap((reading, at, all) => {
      const before = at % 2 === 1 ? all[at - 1] : undefined;
      return before ? [higher(before, reading)] : [];
    });
  }
}

function higher(a: Reading, b: Reading): Reading {
  return a.rssBytes > b.rssBytes ? { ...a, finished: b.finished } : b;
}
