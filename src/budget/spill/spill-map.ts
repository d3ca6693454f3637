/** What the two spilling maps have in common: the write-once one of sorted runs, and the mutable one on SQLite. */

/** A key, compared as a `Map` compares it. */
export type SpillKey = string | number;

/** A map whose values move to disk beyond what it may hold in memory. */
export interface SpillMap<K extends SpillKey, V> extends Disposable {
  /** Entries in it. */
  readonly size: number;
  /**
   * Adds or replaces a value.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` when it does not fit into memory and the disk takes no more: the entry is as it
   * was before then, and so is every other.
   */
  set(key: K, value: V): void;
  /** A copy of the value, `undefined` when there is none. @throws PlimsollError `ERR_PLIMSOLL_SPILL_CORRUPT` */
  get(key: K): V | undefined;
  /** True when there is a value. */
  has(key: K): boolean;
  /** Every entry, in no particular order. */
  entries(): Iterable<[K, V]>;
  /** Lets memory and files go. */
  close(): void;
}
