/**
 * Where the bytes of a history lie. A driver keeps a few append-only files by name and knows nothing of
 * steps, pages or checksums: one format, one recovery and one set of tests serve them all. A driver that
 * can answer at once does (files, OPFS in a worker); one that cannot returns promises (IndexedDB, Postgres).
 */

/** A value now, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** A file of a storage. */
export interface StoredFile {
  /** Letters, digits and `-`. */
  readonly name: string;
  /** Its length. */
  readonly bytes: number;
}

/** An opened place with append-only files. Operations are called one after the other for writing; reads may run beside them. */
export interface HistoryStorage {
  /** Every file. */
  list(): Awaitable<readonly StoredFile[]>;
  /** Reads `length` bytes; fewer where the file ends, none where it does not exist. The result is the caller's. */
  read(name: string, offset: number, length: number): Awaitable<Uint8Array>;
  /**
   * Appends to a file, which it makes when there is none. When it fails, part of the bytes may be there.
   *
   * @param bytes - must be copied, or written, before the call returns.
   */
  append(name: string, bytes: Uint8Array): Awaitable<void>;
  /** Resolves when all that was appended would survive a loss of power. */
  sync(): Awaitable<void>;
  /** Cuts a file to `bytes`. */
  truncate(name: string, bytes: number): Awaitable<void>;
  /** Removes a file; one that is not there is removed already. */
  remove(name: string): Awaitable<void>;
  /** Gives the place free for another writer. A second call does nothing. */
  close(): Awaitable<void>;
}

/** A kind of storage. */
export interface HistoryDriver {
  /** Shown in errors, e.g. the path of a file. */
  readonly name: string;
  /**
   * Opens the place, and makes it when a writer finds none.
   *
   * @param mode - one writer at a time, any number of readers.
   * @throws PlimsollError `ERR_PLIMSOLL_HISTORY_LOCKED` when somebody else writes.
   */
  open(mode: "read" | "write"): Awaitable<HistoryStorage>;
}
