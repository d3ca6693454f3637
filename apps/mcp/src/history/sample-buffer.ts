/**
 * Gathers samples and hands them on every few seconds, so that a database is written to seldom and a slow one delays nobody. Bounded: while
 * a place does not take them, the oldest are dropped and counted.
 */
import type { HistorySample, SampleHistory } from "./sample-history.ts";

const WRITE_MS = 5_000;
const MOST_WAITING = 3_000;
const KEEP_MS = 7 * 24 * 3_600_000;
const FORGET_MS = 3_600_000;

/** Between the watches and the history. */
export class SampleBuffer implements AsyncDisposable {
  readonly #history: SampleHistory;
  readonly #timer: NodeJS.Timeout;
  #waiting: HistorySample[] = [];
  #writing: Promise<void> = Promise.resolve();
  #forgotMs = 0;
  /** Samples that were dropped because the place did not take them. */
  lost = 0;

  constructor(history: SampleHistory) {
    this.#history = history;
    this.#timer = setInterval(() => void this.flush(), WRITE_MS).unref();
  }

  /** Takes a sample. */
  add(sample: HistorySample): void {
    this.#waiting.push(sample);
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      this.lost += 1;
    }
  }

  /** Writes what waits. Never rejects. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    await this.#history[Symbol.asyncDispose]();
  }

  async #write(): Promise<void> {
    const samples = this.#waiting;
    this.#waiting = [];
    try {
      if (samples.length > 0) await this.#history.append(samples);
      if (Date.now() - this.#forgotMs > FORGET_MS) {
        this.#forgotMs = Date.now();
        await this.#history.forgetBefore(Date.now() - KEEP_MS);
      }
    } catch {
      const room = Math.max(0, MOST_WAITING - this.#waiting.length);
      this.lost += Math.max(0, samples.length - room);
      this.#waiting = [...samples.slice(-room || samples.length), ...this.#waiting].slice(-MOST_WAITING);
    }
  }
}
