/**
 * Long work in slices: the event loop gets its turn whenever some milliseconds have passed, in Node.js and in
 * browsers alike.
 */

/** Lets others run when the slice is over; costs a look at the clock otherwise. */
export class Slices {
  readonly #sliceMs: number;
  #endsAt: number;

  /** @param sliceMs - how long the event loop may be blocked at a time. Default: 8. */
  constructor(sliceMs = 8) {
    this.#sliceMs = sliceMs;
    this.#endsAt = performance.now() + sliceMs;
  }

  /** True when it is time to {@link pause}. */
  get isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Ends the turn. */
  async pause(): Promise<void> {
    await new Promise<void>((resolve) => void setTimeout(resolve, 0));
    this.#endsAt = performance.now() + this.#sliceMs;
  }
}
