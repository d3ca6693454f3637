/**
 * The mutable map: a table in SQLite behind a buffer of changes that are written a transaction at a time, which is what makes a
 * tree on disk fast. A transaction that fails changes nothing, and its changes stay in the buffer. In a file of
 * its own it can be opened again.
 */
import { rmSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type ByteLease } from "../../base/byte-budget.ts";
import { memoryAtHand, openLease, type StoreMemory } from "../open-lease.ts";
import { type Codec, structuredCodec } from "./codec.ts";
import { bytesOfKey, keyOfBytes } from "./key-bytes.ts";
import { scratchFolder } from "./scratch-folder.ts";
import { DurableFolder } from "./durable-folder.ts";
import { reasonOf, spillClosed, spillCorrupt, spillFailed } from "./spill-errors.ts";
import { type SpillKey, type SpillMap } from "./spill-map.ts";
import { openSqlite, type SqliteDatabase, type SqliteEngine, type SqliteStatement } from "./sqlite-driver.ts";

/** Options of {@link SqliteMap.open}. */
export interface SqliteMapOptions<V> {
  /** Bytes to hold in memory, or a budget to share with others. Default: 64 MiB. */
  readonly memory?: StoreMemory;
  /** Shown by the budget. Default: `map`. */
  readonly name?: string;
  /** Of values. Default: {@link structuredCodec}. */
  readonly codec?: Codec<V>;
  /** Where the file goes that does not outlive the process. Default: the system's folder for temporary files. */
  readonly directory?: string;
  /** A folder of the map's own, in which it outlives the process: see {@link SqliteMap.flush}. Default: none. */
  readonly folder?: string;
  /** Default: `node:sqlite` where it exists, else `better-sqlite3`. */
  readonly engine?: SqliteEngine;
}

const DEFAULT_MEMORY = "64mb";
/** Beside its bytes, a change takes an entry of a Map and two numbers. */
const CHANGE_BYTES = 80;
/** Instead of a place among the values that wait. */
const REMOVED = -1;
const LENGTH_BYTES = 4;
const FIRST_WAITING_BYTES = 64 * 1024;
const ROWS_A_PAGE = 256;
/** Of a map that does not outlive the process: its journal is in memory, and has a page of 4 KB for each change. */
const CHANGES_AT_ONCE = 1000;
const SCRATCH = "pragma journal_mode = memory; pragma synchronous = off; pragma locking_mode = exclusive;";
const DURABLE = "pragma journal_mode = wal; pragma synchronous = full;";
const TABLE =
  "create table if not exists entries (key blob primary key, sum integer not null, value blob not null) without rowid;";

interface Row {
  readonly key: Uint8Array;
  readonly sum: number;
  readonly value: Uint8Array;
}

/** The map. */
export class SqliteMap<K extends SpillKey, V> implements SpillMap<K, V> {
  readonly #path: string;
  readonly #folder: DurableFolder | undefined;
  readonly #database: SqliteDatabase;
  readonly #statements: Readonly<Record<"add" | "replace" | "remove" | "one" | "page", SqliteStatement>>;
  readonly #codec: Codec<V>;
  readonly #lease: ByteLease;
  readonly #cacheBytes: number;
  /** What is not yet in the table, as a place in `#waiting`; or `REMOVED`. */
  readonly #changes = new Map<K, number>();
  /** The values of changes one behind the other, in one buffer for all time: else each would be garbage that V8 is slow to collect. */
  #waiting = Buffer.allocUnsafeSlow(FIRST_WAITING_BYTES);
  #waitingEnd = 0;
  /** Also of changes that a later one has replaced. */
  #changeBytes = 0;
  #rows: number;
  #isBusy = false;
  #isClosed = false;

  private constructor(
    path: string,
    folder: DurableFolder | undefined,
    database: SqliteDatabase,
    options: SqliteMapOptions<V>,
  ) {
    const { memory = DEFAULT_MEMORY, name = "map", codec = structuredCodec<V>() } = options;
    this.#path = path;
    this.#folder = folder;
    this.#database = database;
    this.#codec = codec;
    // Half for SQLite's pages, half for changes; SQLite wants some pages whatever happens.
    this.#cacheBytes = Math.max(64 * 1024, Math.min(16 * 1024 * 1024, Math.floor(memoryAtHand(memory) / 2)));
    database.exec(
      `${folder ? DURABLE : SCRATCH} pragma cache_size = -${Math.floor(this.#cacheBytes / 1024)}; ${TABLE}`,
    );
    this.#statements = {
      add: database.prepare("insert or ignore into entries values (?, ?, ?)"),
      replace: database.prepare("update entries set sum = ?, value = ? where key = ?"),
      remove: database.prepare("delete from entries where key = ?"),
      one: database.prepare("select key, sum, value from entries where key = ?"),
      page: database.prepare(`select key, sum, value from entries where key > ? order by key limit ${ROWS_A_PAGE}`),
    };
    this.#rows = Number((database.prepare("select count(*) as rows from entries").get() as { rows: number }).rows);
    this.#lease = openLease(memory, { name, shrink: () => this.#shrink() });
    this.#lease.tryResize(this.#cacheBytes);
  }

  /**
   * Opens a map.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_MISSING_PEER` without an SQLite, `ERR_PLIMSOLL_SPILL_FAILED` when its file cannot be made or is none,
   * `ERR_PLIMSOLL_SPILL_CLOSED` when a running process has its folder.
   */
  static async open<K extends SpillKey, V>(options: SqliteMapOptions<V> = {}): Promise<SqliteMap<K, V>> {
    const folder = options.folder === undefined ? undefined : new DurableFolder(options.folder);
    const path = folder ? join(folder.path, "map.sqlite") : join(scratchFolder(options.directory), randomUUID());
    let database: SqliteDatabase | undefined;
    try {
      database = await openSqlite(path, options.engine);
      const map = new SqliteMap<K, V>(path, folder, database, options);
      if (!folder) removeName(path);
      return map;
    } catch (error) {
      database?.close();
      folder?.[Symbol.dispose]();
      if (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PLIMSOLL")) throw error;
      throw spillFailed(path, 0, reasonOf(error), error);
    }
  }

  /** Entries in it. @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`, as changes are written first */
  get size(): number {
    this.#write();
    return this.#rows;
  }

  /** Bytes of memory for changes that wait and for SQLite's pages. */
  get memoryBytes(): number {
    return this.#changeBytes + this.#cacheBytes;
  }

  /**
   * Adds a value, or replaces it.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` when it does not fit into memory and the disk takes no more: the map is as it was.
   */
  set(key: K, value: V): void {
    this.#refuseClosed();
    this.#change(key, this.#codec.encode(value));
  }

  /** Removes a value; true when there was one. @throws PlimsollError as {@link SqliteMap.set} */
  delete(key: K): boolean {
    const had = this.has(key);
    if (had) this.#change(key, undefined);
    return had;
  }

  /** A copy of the value, `undefined` when there is none. @throws PlimsollError `ERR_PLIMSOLL_SPILL_CORRUPT` */
  get(key: K): V | undefined {
    this.#refuseClosed();
    const place = this.#changes.get(key);
    if (place === REMOVED) return undefined;
    if (place !== undefined) return this.#codec.decode(this.#waitingAt(place));
    const row = this.#statements.one.get(bytesOfKey(key)) as Row | undefined;
    return row && this.#decode(row);
  }

  /** True when there is a value. */
  has(key: K): boolean {
    this.#refuseClosed();
    const place = this.#changes.get(key);
    if (place !== undefined) return place !== REMOVED;
    return this.#statements.one.get(bytesOfKey(key)) !== undefined;
  }

  /** Every entry, in no particular order; the map may be changed meanwhile. @throws PlimsollError as {@link SqliteMap.size} and {@link SqliteMap.get} */
  *entries(): Generator<[K, V]> {
    let last: Uint8Array = new Uint8Array();
    for (;;) {
      this.#write();
      const rows = this.#statements.page.all(last) as Row[];
      for (const row of rows) yield [keyOfBytes(row.key) as K, this.#decode(row)];
      if (rows.length < ROWS_A_PAGE) return;
      last = rows.at(-1)?.key ?? last;
    }
  }

  /**
   * Writes every change; with a `folder`, what was set before survives a killed process and a machine without power from then on.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`; the changes are still in memory.
   */
  async flush(): Promise<void> {
    this.#write();
  }

  /**
   * Lets memory and file go. With a `folder` every change is written before.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`; the map is open then, with everything in it.
   */
  close(): void {
    if (this.#isClosed) return;
    if (this.#folder) this.#write();
    this.#isClosed = true;
    this.#changes.clear();
    this.#database.close();
    this.#folder?.[Symbol.dispose]();
    this.#lease.release();
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #change(key: K, value: Uint8Array | undefined): void {
    const bytes =
      CHANGE_BYTES + (typeof key === "string" ? 2 * key.length : 0) + (value ? LENGTH_BYTES + value.length : 0);
    if (!this.#resize(this.#changeBytes + bytes)) {
      this.#write();
      this.#resize(bytes); // one change always goes
    }
    this.#changes.set(key, value ? this.#wait(value) : REMOVED);
    this.#changeBytes += bytes;
  }

  /** Puts a value behind those that wait; gives its place. */
  #wait(value: Uint8Array): number {
    const place = this.#waitingEnd;
    const end = place + LENGTH_BYTES + value.length;
    if (end > this.#waiting.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#waiting.length));
      this.#waiting.copy(larger, 0, 0, place);
      this.#waiting = larger;
    }
    this.#waiting.writeUInt32LE(value.length, place);
    this.#waiting.set(value, place + LENGTH_BYTES);
    this.#waitingEnd = end;
    return place;
  }

  #waitingAt(place: number): Uint8Array {
    const from = place + LENGTH_BYTES;
    return this.#waiting.subarray(from, from + this.#waiting.readUInt32LE(place));
  }

  #resize(changeBytes: number): boolean {
    this.#isBusy = true;
    try {
      return this.#lease.tryResize(this.#cacheBytes + changeBytes);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Writes the changes; in a folder all in one transaction, or none of them. */
  #write(): void {
    this.#refuseClosed();
    const most = this.#folder ? this.#changes.size : CHANGES_AT_ONCE;
    while (this.#changes.size > 0) this.#writeSome(most);
    this.#changeBytes = 0;
    this.#waitingEnd = 0;
    this.#resize(0);
  }

  #writeSome(most: number): void {
    const some = [...take(this.#changes, most)];
    let rows = this.#rows;
    try {
      this.#database.exec("begin immediate");
      for (const [key, place] of some) rows += this.#writeOne(bytesOfKey(key), place);
      this.#database.exec("commit");
    } catch (error) {
      this.#rollBack();
      throw spillFailed(this.#path, this.#changeBytes, reasonOf(error), error);
    }
    this.#rows = rows;
    for (const [key] of some) this.#changes.delete(key);
  }

  /** Gives by how many the rows have become more. */
  #writeOne(key: Uint8Array, place: number): number {
    const { add, replace, remove } = this.#statements;
    if (place === REMOVED) return -Number(remove.run(key).changes);
    const value = this.#waitingAt(place);
    const sum = sumOf(key, value);
    if (Number(add.run(key, sum, value).changes) === 1) return 1;
    replace.run(sum, value, key);
    return 0;
  }

  #rollBack(): void {
    try {
      this.#database.exec("rollback");
    } catch {
      // SQLite did so itself, as it does when the disk is full
    }
  }

  #decode(row: Row): V {
    if (Number(row.sum) !== sumOf(row.key, row.value)) throw spillCorrupt(this.#path, 0, "a value's checksum is wrong");
    return this.#codec.decode(row.value);
  }

  #shrink(): number {
    if (this.#isBusy || this.#isClosed) return 0;
    const before = this.#changeBytes;
    try {
      this.#write();
    } catch {
      // the disk is full: the changes stay
    }
    return before - this.#changeBytes;
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw spillClosed("The map", "is closed");
  }
}

function* take<T>(values: Iterable<T>, most: number): Generator<T> {
  let taken = 0;
  for (const value of values) {
    if (taken === most) return;
    taken += 1;
    yield value;
  }
}

function sumOf(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}

/** Its space is free then when the process ends, however it does; where an open file keeps its name, it is removed at exit. */
function removeName(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Windows
  }
}
