/**
 * Many histories on one storage: each has a prefix for the names of its files. The storage is listed once, since
 * one writer has it, and one lock covers them all. After an append that failed it takes no more until it is opened anew.
 */
import type { HistoryDriver, HistoryStorage, StoredFile } from "../driver.ts";

/** A storage that is cut into histories. */
export class PartitionedStorage {
  readonly #storage: HistoryStorage;
  readonly #name: string;
  readonly #sizes: Map<string, number>;
  /** Why the sizes are not known any more. */
  #failure: Error | undefined;

  private constructor(storage: HistoryStorage, name: string, files: readonly StoredFile[]) {
    this.#storage = storage;
    this.#name = name;
    this.#sizes = new Map(files.map((file) => [file.name, file.bytes]));
  }

  /** Opens a storage for writing. */
  static async open(driver: HistoryDriver): Promise<PartitionedStorage> {
    const storage = await driver.open("write");
    try {
      return new PartitionedStorage(storage, driver.name, await storage.list());
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  /** The driver of one history. Only one store at a time may stand on it. */
  driver(prefix: string): HistoryDriver {
    return { name: this.#name, open: () => this.#part(`${prefix}-`) };
  }

  /** Removes every file of the histories whose prefix is not wanted. */
  async removeOthers(isWanted: (prefix: string) => boolean): Promise<void> {
    for (const name of [...this.#sizes.keys()]) {
      const [prefix = ""] = name.split("-", 1);
      if (!isWanted(prefix)) await this.#remove(name);
    }
  }

  /** Gives the storage free. */
  async close(): Promise<void> {
    await this.#storage.close();
  }

  #part(prefix: string): HistoryStorage {
    if (this.#failure) throw this.#failure;
    const storage = this.#storage;
    const sizes = this.#sizes;
    return {
      list: () =>
        [...sizes]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, bytes]) => ({ name: name.slice(prefix.length), bytes })),
      read: (name, offset, length) => storage.read(prefix + name, offset, length),
      append: (name, bytes) => {
        if (this.#failure) throw this.#failure;
        sizes.set(prefix + name, (sizes.get(prefix + name) ?? 0) + bytes.length);
        try {
          const taken = storage.append(prefix + name, bytes);
          return taken instanceof Promise ? taken.catch((error: unknown) => this.#fail(error)) : taken;
        } catch (error) {
          this.#fail(error);
        }
      },
      sync: () => storage.sync(),
      truncate(name, bytes) {
        sizes.set(prefix + name, bytes);
        return storage.truncate(prefix + name, bytes);
      },
      remove: (name) => this.#remove(prefix + name),
      close: () => undefined,
    };
  }

  #fail(error: unknown): never {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    throw this.#failure;
  }

  async #remove(name: string): Promise<void> {
    this.#sizes.delete(name);
    await this.#storage.remove(name);
  }
}
