/**
 * Memory that tasks will take that started lately, and that does not show in the resident set yet. A task is assumed to have
 * allocated after 100 ms at the latest; what the program has allocated meanwhile has appeared already, and is not counted twice.
 */
import type { MemoryGauge } from "./memory-gauge.ts";

const WINDOW_MS = 50;

/** What tasks are expected to take that started within one window. */
interface StartedWindow {
  readonly expectedBytes: number;
  /** All that the program had allocated when the window began. */
  readonly allocatedBytes: number;
}

/** Counts it. Has no timer: it is told the time. */
export class Appearing {
  readonly #gauge: Pick<MemoryGauge, "allocatedBytes">;
  #now: StartedWindow;
  #before: StartedWindow;
  #sinceMs = 0;

  constructor(gauge: Pick<MemoryGauge, "allocatedBytes">) {
    this.#gauge = gauge;
    this.#now = { expectedBytes: 0, allocatedBytes: gauge.allocatedBytes() };
    this.#before = this.#now;
  }

  /** Bytes that are still to appear. */
  get bytes(): number {
    const expectedBytes = this.#before.expectedBytes + this.#now.expectedBytes;
    if (expectedBytes === 0) return 0;
    const seenBytes = Math.max(0, this.#gauge.allocatedBytes() - this.#before.allocatedBytes);
    return Math.max(0, expectedBytes - seenBytes);
  }

  /** A task starts that is expected to take so much. */
  start(bytes: number, nowMs: number): void {
    this.passTime(nowMs);
    this.#now = { ...this.#now, expectedBytes: this.#now.expectedBytes + bytes };
  }

  /** Forgets tasks that started long ago. */
  passTime(nowMs: number): void {
    const sinceMs = nowMs - this.#sinceMs;
    if (sinceMs < WINDOW_MS) return;
    const next = { expectedBytes: 0, allocatedBytes: this.#gauge.allocatedBytes() };
    this.#before = sinceMs < 2 * WINDOW_MS ? this.#now : next;
    this.#now = next;
    this.#sinceMs = nowMs;
  }
}
