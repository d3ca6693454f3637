/**
 * A task that is many times as large as the average shows in the heap as soon as it has started, and in the account of what lives only after
 * the next collection. Until then, two of them might start one after the other.
 */

/** Weight of the newest look at what the heap has grown beyond what was expected. */
const WEIGHT = 0.01;

/** Compares what the heap has grown with what was expected. */
export class HeapExcess {
  #usualBytes = 0;

  /**
   * How much further than usual the growth goes beyond what was expected. Usual is garbage.
   *
   * @param grownBytes - of the heap since the last collection, garbage included.
   * @param expectedBytes - of what has started since then.
   */
  look(grownBytes: number, expectedBytes: number): number {
    const bytes = grownBytes - expectedBytes;
    this.#usualBytes += WEIGHT * (bytes - this.#usualBytes);
    return Math.max(0, bytes - Math.max(0, this.#usualBytes));
  }
}
