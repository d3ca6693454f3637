/**
 * Where values come from, for a few of them: every one at first, later one in 64, rarer still when many live at once.
 * A sample goes when its value is released, so what stays is what lives. It holds the value through a WeakMap
 * only: one WeakRef a value would itself keep values alive until the event-loop turn ends.
 */
import { markSite, type StackSite } from "./stack-site.ts";

/** Values whose place is noted before the sampling thins out. */
const ALL_AT_FIRST = 64;
/** One in so many is noted afterwards, at uneven distances: even ones would beat with a program's own rhythm and miss a place for ever. */
const INTERVAL = 64;
/** More samples than these are never held; the interval doubles then. */
const BOUND = 2048;

/** One value that was noted when it was created. */
export interface CreationSample {
  /** Where; unformatted. */
  readonly mark: Error;
  /** The same, once somebody has looked: formatting it is what costs. */
  site?: StackSite;
  /** When, in milliseconds since the epoch. */
  readonly createdMs: number;
  /** Values that it stands for. */
  weight: number;
  /** Bytes that the value itself holds, once they could be read. */
  bytes: number | undefined;
}

/** Samples of the living values of one library. */
export class CreationSamples {
  readonly #live = new Set<CreationSample>();
  readonly #of = new WeakMap<object, CreationSample>();
  readonly #bytes: ((value: object) => number | undefined) | undefined;
  readonly #now: () => number;
  #unread: { value: object; sample: CreationSample } | undefined;
  #interval = 1;
  #untilNext = 1;
  #seen = 0;
  #state = 0x2545f491;

  /**
   * @param bytes - reads the bytes of a finished value.
   * @param now - milliseconds since the epoch.
   */
  constructor(bytes: ((value: object) => number | undefined) | undefined, now: () => number) {
    this.#bytes = bytes;
    this.#now = now;
  }

  /** Notes every value from now on, until {@link CreationSamples.noteSome}. */
  noteAll(): void {
    this.#interval = 1;
    this.#untilNext = 1;
    this.#seen = Number.NEGATIVE_INFINITY;
  }

  /** Notes some of the values again. */
  noteSome(): void {
    this.#interval = INTERVAL;
    this.#seen = ALL_AT_FIRST;
  }

  /** Takes in a new value. */
  add(value: object): void {
    if (--this.#untilNext > 0) return;
    this.#readBytes();
    if (++this.#seen === ALL_AT_FIRST) this.#interval = Math.max(this.#interval, INTERVAL);
    this.#untilNext = this.#interval === 1 ? 1 : 1 + (this.#random() % (2 * this.#interval - 1));
    if (this.#live.size >= BOUND) this.#thin();
    const sample = { mark: markSite(), createdMs: this.#now(), weight: this.#interval, bytes: undefined };
    this.#live.add(sample);
    this.#of.set(value, sample);
    // Its constructor may still be running: the bytes are read at the next sample, or when somebody looks.
    if (this.#bytes) this.#unread = { value, sample };
  }

  /** Lets go of a value that is gone. */
  delete(value: object): void {
    if (this.#unread?.value === value) this.#unread = undefined;
    const sample = this.#of.get(value);
    if (!sample) return;
    this.#of.delete(value);
    this.#live.delete(sample);
  }

  /** The samples of what lives, oldest first. */
  list(): readonly CreationSample[] {
    this.#readBytes();
    return [...this.#live];
  }

  /** Marsaglia's xorshift with 32 bits. */
  #random(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  #readBytes(): void {
    if (!this.#unread) return;
    const { value, sample } = this.#unread;
    this.#unread = undefined;
    sample.bytes = this.#bytes?.(value);
  }

  /** Every second one goes, the others stand for it too. */
  #thin(): void {
    let isKept = false;
    for (const sample of this.#live) {
      isKept = !isKept;
      if (isKept) sample.weight *= 2;
      else this.#live.delete(sample);
    }
    this.#interval *= 2;
  }
}
