/**
 * What a part that caches asks a byte budget for. The interface stands here so that a part which must
 * run in a browser (`history`) can be given the budget that `plimsoll/budget` keeps on Node.js without
 * importing it.
 */

/** Somebody who holds bytes on a budget and can give some of them back. */
export interface ByteConsumer {
  /** Shown in reports and errors. */
  readonly name: string;
  /**
   * Gives bytes back, because somebody else needs them: it frees memory and lowers its lease by what it
   * freed.
   *
   * @param bytes - how many are wanted; freeing fewer, or none, is allowed.
   * @returns The bytes that were freed.
   */
  shrink(bytes: number): number;
}

/** The bytes that one consumer holds. */
export interface ByteLease extends Disposable {
  /** Bytes held now. */
  readonly bytes: number;
  /**
   * Changes what is held.
   *
   * @param bytes - the new total.
   * @returns False when it does not fit; nothing has changed then.
   */
  tryResize(bytes: number): boolean;
  /** Gives everything back. A second call does nothing. */
  release(): void;
}

/** A limit in bytes that several consumers share. */
export interface ByteBudget {
  /** Bytes that nobody holds, before anybody is asked to shrink. */
  headroom(): number;
  /** Opens a lease of 0 bytes for `consumer`. */
  register(consumer: ByteConsumer): ByteLease;
}
