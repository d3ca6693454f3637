/**
 * What running tasks still take after they have started. A task that allocates all at once has taken it when the next one is
 * decided on; one that reads a stream into buffers goes on, and holding others back does not stop it. Seen where it shows alone:
 * as the rise of the resident set while no task starts.
 */

/** What remains after each reading: half of it after some 350 readings. */
const DECAY = 0.998;

/** Remembers the highest rise. */
export class LateGrowth {
  #bytes = 0;
  #fromBytes: number | undefined;

  /** How far the resident set may still rise when no further task starts. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Tasks are held back.
   *
   * @param residentBytes - the resident set now.
   * @param appearingBytes - what is known to appear in it soon.
   */
  hold(residentBytes: number, appearingBytes: number): void {
    this.#fromBytes ??= residentBytes + appearingBytes;
    this.#bytes = Math.max(this.#bytes, residentBytes - this.#fromBytes);
  }

  /** A task starts: what rises from here on may be its own. */
  start(): void {
    this.#fromBytes = undefined;
  }

  /** A collection was read. */
  fade(): void {
    this.#bytes *= DECAY;
  }
}
