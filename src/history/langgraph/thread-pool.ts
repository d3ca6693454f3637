/**
 * The histories of many threads on one storage, a few of them open at a time. What is done with one thread is done
 * in order; threads do not wait for each other. A catalogue, itself a history, says which threads there are.
 */
import type { ByteBudget } from "../../base/byte-budget.ts";
import { type SizeInput, parseBytes } from "../../base/bytes.ts";
import { PlimsollError } from "../../base/errors.ts";
import { byteLimit } from "../byte-limit.ts";
import type { HistoryDriver } from "../driver.ts";
import { HistoryStore } from "../history-store.ts";
import { patch } from "../patch.ts";
import { PartitionedStorage } from "./partition.ts";
import { type Commit, ThreadHistory, type ThreadState } from "./thread-history.ts";

/** Open histories cost buffers beside their budget. */
const MAX_OPEN = 16;
const CATALOGUE = "threads";
/** Threads made and deleted after which the catalogue is written anew. */
const CATALOGUE_STEPS = 10_000;

/** What the catalogue holds. */
interface Catalogue {
  readonly threads: Map<string, number>;
  readonly next: number;
}

/** A thread in use. */
interface Entry {
  readonly thread: string;
  history: ThreadHistory | undefined;
  tail: Promise<unknown>;
  users: number;
}

/** The histories of many threads. */
export class ThreadPool {
  readonly #storage: PartitionedStorage;
  readonly #budget: ByteBudget;
  readonly #catalogue: HistoryStore<Catalogue>;
  readonly #threads: Map<string, number>;
  #next: number;
  /** In use or open, least recently used first. */
  readonly #entries = new Map<string, Entry>();

  private constructor(
    storage: PartitionedStorage,
    budget: ByteBudget,
    catalogue: HistoryStore<Catalogue>,
    { threads, next }: Catalogue,
  ) {
    this.#storage = storage;
    this.#budget = budget;
    this.#catalogue = catalogue;
    this.#threads = threads;
    this.#next = next;
  }

  /** Opens the storage, and removes what a crash has left of deleted threads. */
  static async open(driver: HistoryDriver, memory: SizeInput | ByteBudget): Promise<ThreadPool> {
    const budget = typeof memory === "object" ? memory : byteLimit(parseBytes(memory));
    const storage = await PartitionedStorage.open(driver);
    let catalogue: HistoryStore<Catalogue> | undefined;
    try {
      catalogue = await HistoryStore.open<Catalogue>({ driver: storage.driver(CATALOGUE), memory: budget });
      if (catalogue.step === 0) catalogue.save({ threads: new Map(), next: 1 });
      if (catalogue.size > CATALOGUE_STEPS) await catalogue.thin({ last: 1 });
      const known = await catalogue.load();
      const wanted = new Set([CATALOGUE, ...[...known.threads.values()].map(prefixOf)]);
      await storage.removeOthers((prefix) => wanted.has(prefix));
      return new ThreadPool(storage, budget, catalogue, known);
    } catch (error) {
      await catalogue?.close();
      await storage.close();
      throw error;
    }
  }

  /** Every thread. */
  get threads(): string[] {
    return [...this.#threads.keys()];
  }

  /** Does something with a thread; `undefined` when there is none. */
  async read<R>(thread: string, work: (history: ThreadHistory) => Promise<R>): Promise<R | undefined> {
    return this.#queue(thread, async (entry) => {
      const number = this.#threads.get(thread);
      return number === undefined ? undefined : work(await this.#open(entry, number));
    });
  }

  /** Changes a thread, which is made when there is none, and resolves when that is safe. */
  async write(thread: string, work: (history: ThreadHistory) => Promise<Commit>): Promise<void> {
    await this.#queue(thread, async (entry) => {
      const history = await this.#open(entry, this.#threads.get(thread) ?? (await this.#add(thread)));
      const commit = await this.#withRoom(entry, () => work(history));
      await history.store.flush();
      commit();
    });
  }

  /** Deletes a thread with its files. */
  async delete(thread: string): Promise<void> {
    await this.#queue(thread, async (entry) => {
      const number = this.#threads.get(thread);
      if (number === undefined) return;
      this.#catalogue.save(patch().delete(["threads", thread]));
      await this.#catalogue.flush();
      this.#threads.delete(thread);
      await this.#close(entry);
      await this.#storage.removeOthers((prefix) => prefix !== prefixOf(number));
    });
  }

  /** Closes every history, then the storage. */
  async close(): Promise<void> {
    try {
      for (const { thread } of [...this.#entries.values()]) await this.#queue(thread, (entry) => this.#close(entry));
      await this.#catalogue.close();
    } finally {
      await this.#storage.close();
    }
  }

  async #queue<R>(thread: string, work: (entry: Entry) => Promise<R>): Promise<R> {
    const entry = this.#entries.get(thread) ?? { thread, history: undefined, tail: Promise.resolve(), users: 0 };
    this.#entries.delete(thread);
    this.#entries.set(thread, entry);
    entry.users++;
    const done = entry.tail.then(() => work(entry));
    entry.tail = done.catch(() => undefined);
    try {
      return await done;
    } finally {
      entry.users--;
      if (entry.users === 0 && !entry.history) this.#entries.delete(thread);
    }
  }

  async #open(entry: Entry, number: number): Promise<ThreadHistory> {
    if (entry.history) return entry.history;
    while (this.#isFull()) if (!(await this.#closeIdle(entry))) break;
    const options = { driver: this.#storage.driver(prefixOf(number)), memory: this.#budget };
    const store = await this.#withRoom(entry, () => HistoryStore.open<ThreadState>(options));
    try {
      entry.history = await this.#withRoom(entry, () => ThreadHistory.open(store));
      return entry.history;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  #isFull(): boolean {
    let open = 0;
    for (const { history } of this.#entries.values()) if (history) open++;
    return open >= MAX_OPEN;
  }

  async #add(thread: string): Promise<number> {
    const number = this.#next++;
    this.#catalogue.save(patch().set(["threads", thread], number).set("next", this.#next));
    await this.#catalogue.flush();
    this.#threads.set(thread, number);
    return number;
  }

  /** Tries again with the memory of threads that nobody uses. */
  async #withRoom<R>(entry: Entry, work: () => Promise<R>): Promise<R> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!PlimsollError.is(error, "ERR_PLIMSOLL_OVER_LIMIT") || !(await this.#closeIdle(entry))) throw error;
      }
    }
  }

  /** Closes the open thread that was used longest ago. False when all are in use. */
  async #closeIdle(except: Entry): Promise<boolean> {
    const idle = [...this.#entries.values()].find((one) => one !== except && one.users === 0 && one.history);
    if (!idle) return false;
    await this.#queue(idle.thread, (entry) => this.#close(entry));
    return true;
  }

  async #close(entry: Entry): Promise<void> {
    const { history } = entry;
    entry.history = undefined;
    // What is not safe has been reported to whom it belongs.
    await history?.store.close().catch(() => undefined);
  }
}

function prefixOf(number: number): string {
  return `t${number}`;
}
