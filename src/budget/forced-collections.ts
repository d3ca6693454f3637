/**
 * Collections on demand, at a bounded share of the time. Who waits for memory has to be able to end the wait: without new work
 * V8 has no reason to collect, and what is dead stays.
 */
import type { Clock } from "../base/clock.ts";
import type { MemoryGauge } from "./memory-gauge.ts";

/** How many were forced, and how long the thread stood still. */
export interface ForcedTotal {
  /** Collections. */
  readonly count: number;
  /** All pauses. */
  readonly pauseMs: number;
}

/** Forces collections, not too often. */
export class ForcedCollections {
  readonly #gauge: MemoryGauge;
  readonly #clock: Clock;
  #total: ForcedTotal = { count: 0, pauseMs: 0 };
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(gauge: MemoryGauge, clock: Clock) {
    this.#gauge = gauge;
    this.#clock = clock;
  }

  /** Since the beginning. */
  get total(): ForcedTotal {
    return this.#total;
  }

  /** True when the last one is long enough ago. */
  get isDue(): boolean {
    return this.#clock.now() >= this.#notBeforeMs;
  }

  /**
   * Collects.
   *
   * @param share - of the time that they may take: the next one is due no sooner.
   * @param leastMs - until the next one in any case. Default: 0.
   * @returns how long the thread stood still.
   */
  collect(share: number, leastMs = 0): number {
    const startMs = this.#clock.now();
    this.#gauge.collect();
    const endMs = this.#clock.now();
    const pauseMs = endMs - startMs;
    this.#total = { count: this.#total.count + 1, pauseMs: this.#total.pauseMs + pauseMs };
    this.#notBeforeMs = endMs + Math.max(leastMs, pauseMs / share);
    return pauseMs;
  }
}
