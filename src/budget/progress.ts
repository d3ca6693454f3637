/**
 * How far a run over many items is, and when it will be done. Published at most once a second, and built only when
 * someone listens. The rate is that of the last seconds, so that a slow start does not weigh on the estimate for ever.
 */
import { publish } from "../base/channels.ts";

/** An event of `plimsoll:limiter:progress`. */
export interface ProgressEvent {
  /** Of the limiter. */
  readonly name: string;
  /** Items that are done. */
  readonly done: number;
  /** All items; `undefined` when not known. */
  readonly total: number | undefined;
  /** Items a second, lately. */
  readonly perSecond: number;
  /** Until all are done; `undefined` when not known. */
  readonly remainingMs: number | undefined;
}

const INTERVAL_MS = 1000;
const SMOOTHING = 0.3;

/** Counts what is done. */
export class Progress implements Disposable {
  readonly #name: string;
  readonly #total: number | undefined;
  readonly #now: () => number;
  #done = 0;
  #perSecond = 0;
  #sinceMs: number;
  #doneBefore = 0;

  /**
   * @param name - of whom.
   * @param total - number of items. Default: not known.
   * @param now - Default: the machine's clock.
   */
  constructor(name: string, total?: number, now: () => number = Date.now) {
    this.#name = name;
    this.#total = total;
    this.#now = now;
    this.#sinceMs = now();
  }

  /** Items are done. */
  end(count = 1): void {
    this.#done += count;
    const nowMs = this.#now();
    if (nowMs - this.#sinceMs < INTERVAL_MS) return;
    const measured = ((this.#done - this.#doneBefore) * 1000) / (nowMs - this.#sinceMs);
    this.#perSecond = this.#perSecond === 0 ? measured : this.#perSecond + SMOOTHING * (measured - this.#perSecond);
    this.#sinceMs = nowMs;
    this.#doneBefore = this.#done;
    this.#publish();
  }

  /** How far it is now. */
  event(): ProgressEvent {
    const left = this.#total === undefined ? undefined : Math.max(0, this.#total - this.#done);
    return {
      name: this.#name,
      done: this.#done,
      total: this.#total,
      perSecond: this.#perSecond,
      remainingMs: left === 0 ? 0 : left && this.#perSecond > 0 ? (left / this.#perSecond) * 1000 : undefined,
    };
  }

  /** Says where it ended. */
  [Symbol.dispose](): void {
    this.#publish();
  }

  #publish(): void {
    publish("plimsoll:limiter:progress", () => this.event());
  }
}
