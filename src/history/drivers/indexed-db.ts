/**
 * A history in an IndexedDB database: for pages, where OPFS has no synchronous handles. Each append is a chunk under
 * the name of its file and its offset, in one transaction; where the chunks begin is kept in memory. The browser may
 * evict it all: ask navigator.storage.persist().
 */
import type { HistoryDriver, HistoryStorage, StoredFile } from "../driver.ts";
import { explainQuota, lockWriter, unsupported } from "./web-platform.ts";

/** Holds chunks. */
const CHUNKS = "chunks";

type Key = readonly [name: string, offset: number, bytes: number];

/** Written to make the browser sync what was written before. */
const MARK: Key = ["", 0, 0];

interface Request<R> {
  readonly result: R;
  readonly error: Error | null;
  addEventListener(what: "success" | "error" | "upgradeneeded", listen: () => void): void;
}

interface ObjectStore {
  put(value: Uint8Array, key: Key): Request<unknown>;
  get(key: Key): Request<Uint8Array | undefined>;
  getAllKeys(): Request<Key[]>;
  delete(key: Key): Request<undefined>;
}

interface Transaction {
  readonly error: Error | null;
  objectStore(name: string): ObjectStore;
  addEventListener(what: "complete" | "abort", listen: () => void): void;
}

interface Database {
  createObjectStore(name: string): unknown;
  transaction(
    store: string,
    mode: "readonly" | "readwrite",
    options?: { readonly durability: "strict" | "relaxed" },
  ): Transaction;
  close(): void;
}

interface IndexedDb {
  readonly indexedDB?: { open(name: string, version: number): Request<Database> };
}

/**
 * A history in the database `name`, which is made when it is not there.
 *
 * @param name - of the database; nothing else belongs into it.
 */
export function indexedDbHistory(name: string): HistoryDriver {
  return {
    name: `indexed-db:${name}`,
    async open(mode) {
      const release = mode === "write" ? await lockWriter(`indexed-db:${name}`) : (): void => undefined;
      try {
        const database = await openDatabase(name);
        return new DatabaseStorage(database, mode === "write", await readIndex(database), release);
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

/** By the names of files, their chunks in their order. */
type ChunkIndex = Map<string, Key[]>;

class DatabaseStorage implements HistoryStorage {
  readonly #database: Database;
  readonly #isWriter: boolean;
  readonly #release: () => void;
  #index: ChunkIndex;
  #isSynced = true;
  #isClosed = false;

  constructor(database: Database, isWriter: boolean, index: ChunkIndex, release: () => void) {
    this.#database = database;
    this.#isWriter = isWriter;
    this.#index = index;
    this.#release = release;
  }

  async list(): Promise<StoredFile[]> {
    if (!this.#isWriter) this.#index = await readIndex(this.#database);
    return [...this.#index].map(([name, keys]) => ({ name, bytes: endOf(keys) }));
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array> {
    const keys = this.#index.get(name) ?? [];
    const end = Math.min(endOf(keys), offset + length);
    if (end <= offset) return new Uint8Array();
    const first = findChunk(keys, offset);
    const wanted = keys.slice(first, findChunk(keys, end - 1) + 1);
    const chunks = await this.#run("readonly", (store) => wanted.map((key) => store.get(key)));
    const result = new Uint8Array(end - offset);
    for (const [at, { result: chunk }] of chunks.entries()) {
      const start = wanted[at]?.[1] ?? 0;
      // A reader may come for what a compaction has removed.
      if (!chunk) return result.subarray(0, Math.max(0, start - offset));
      const part = chunk.subarray(Math.max(0, offset - start), end - start);
      result.set(part, Math.max(0, start - offset));
    }
    return result;
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const keys = this.#index.get(name) ?? [];
    this.#index.set(name, keys);
    const key: Key = [name, endOf(keys), bytes.length];
    keys.push(key);
    this.#isSynced = false;
    try {
      await this.#run("readwrite", (store) => store.put(bytes.slice(), key));
    } catch (error) {
      const at = keys.indexOf(key);
      if (at >= 0) keys.splice(at);
      throw error;
    }
  }

  async sync(): Promise<void> {
    if (this.#isSynced) return;
    this.#isSynced = true;
    try {
      await this.#run("readwrite", (store) => store.put(new Uint8Array(), MARK), "strict");
    } catch (error) {
      this.#isSynced = false;
      throw error;
    }
  }

  async truncate(name: string, bytes: number): Promise<void> {
    const keys = this.#index.get(name) ?? [];
    if (bytes >= endOf(keys)) return;
    const first = findChunk(keys, bytes);
    const gone = keys.splice(first);
    const [, start = 0] = gone[0] ?? [];
    const kept: Key = [name, start, bytes - start];
    if (bytes > start) keys.push(kept);
    this.#isSynced = false;
    const [split] = await this.#run("readonly", (store) => gone.slice(0, 1).map((key) => store.get(key)));
    await this.#run("readwrite", (store) => {
      for (const key of gone) store.delete(key);
      if (bytes > start && split?.result) store.put(split.result.slice(0, bytes - start), kept);
    });
  }

  async remove(name: string): Promise<void> {
    const keys = this.#index.get(name) ?? [];
    this.#index.delete(name);
    await this.#run("readwrite", (store) => {
      for (const key of keys) store.delete(key);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Waits for what is running.
    await this.#run("readwrite", () => undefined);
    this.#database.close();
    this.#release();
  }

  #run<R>(
    mode: "readonly" | "readwrite",
    work: (store: ObjectStore) => R,
    durability: "strict" | "relaxed" = "relaxed",
  ): Promise<R> {
    return run(this.#database, mode, work, durability);
  }
}

/** Resolves when a transaction is complete. */
function run<R>(
  database: Database,
  mode: "readonly" | "readwrite",
  work: (store: ObjectStore) => R,
  durability: "strict" | "relaxed" = "relaxed",
): Promise<R> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(CHUNKS, mode, { durability });
    const result = work(transaction.objectStore(CHUNKS));
    transaction.addEventListener("complete", () => resolve(result));
    transaction.addEventListener("abort", () =>
      reject(explainQuota(transaction.error ?? new Error("the browser aborted a transaction"))),
    );
  });
}

async function readIndex(database: Database): Promise<ChunkIndex> {
  const { result: keys } = await run(database, "readonly", (store) => store.getAllKeys());
  // In the order of names and offsets.
  const index: ChunkIndex = new Map();
  for (const key of keys) {
    if (key[0] === MARK[0]) continue;
    const known = index.get(key[0]);
    if (known) known.push(key);
    else index.set(key[0], [key]);
  }
  return index;
}

function endOf(keys: readonly Key[]): number {
  const [, start = 0, bytes = 0] = keys.at(-1) ?? [];
  return start + bytes;
}

/** The chunk in which a byte lies. */
function findChunk(keys: readonly Key[], offset: number): number {
  let low = 0;
  let high = keys.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((keys[middle]?.[1] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}

function openDatabase(name: string): Promise<Database> {
  const { indexedDB } = globalThis as IndexedDb;
  if (!indexedDB) throw unsupported("IndexedDB");
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`plimsoll history ${name}`, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(CHUNKS));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(explainQuota(request.error)));
  });
}
