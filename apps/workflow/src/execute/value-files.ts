/**
 * Where large values lie, each in a file of its own: in a folder that outlives the process, in one that does not, or in PostgreSQL.
 * A file begins with its checksum: what a loss of power has cut off is found when it is read.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { open, readdir, readFile, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { HistoryDriver, HistoryStorage } from "plimsoll/history";
import { WorkflowError, wordsOf } from "../workflow-error.ts";

const SUM_BYTES = 4;

/** Keeps bytes by name. */
export interface ValueFiles {
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** @throws WorkflowError `ERR_WORKFLOW_STORAGE` when they are not there or not what was written. */
  read(name: string): Promise<Uint8Array>;
  /** Writes behind the first `at` bytes; what was there goes, sooner or later. */
  append(name: string, at: number, bytes: Uint8Array): Promise<void>;
  /** The first bytes of what was appended, fewer where there are no more. */
  readUntil(name: string, bytes: number): Promise<Uint8Array>;
  remove(name: string): Promise<void>;
  /** Removes all but those. */
  keepOnly(isKept: (name: string) => boolean): Promise<void>;
  close(): Promise<void>;
}

/** Values in a folder. */
class FolderFiles implements ValueFiles {
  readonly #folder: string;
  readonly #isSynced: boolean;
  readonly #onClose: () => void;

  constructor(folder: string, isSynced: boolean, onClose: () => void) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#isSynced = isSynced;
    this.#onClose = onClose;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.#folder, name);
    try {
      const file = await open(path, "w", 0o600);
      try {
        await file.writev([sumOf(bytes), bytes]);
        if (this.#isSynced) await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw unwritable(path, bytes.length, error);
    }
  }

  async read(name: string): Promise<Uint8Array> {
    const path = join(this.#folder, name);
    return checked(path, await readFile(path).catch(() => undefined));
  }

  async append(name: string, at: number, bytes: Uint8Array): Promise<void> {
    const path = join(this.#folder, name);
    try {
      const file = await open(path, at === 0 ? "w" : "r+", 0o600);
      try {
        await file.write(bytes, 0, bytes.length, at);
        if (this.#isSynced) await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw unwritable(path, bytes.length, error);
    }
  }

  async readUntil(name: string, bytes: number): Promise<Uint8Array> {
    const path = join(this.#folder, name);
    const content = await readFile(path).catch(() => Buffer.alloc(0));
    if (content.length >= bytes) return content.subarray(0, bytes);
    throw new WorkflowError("ERR_WORKFLOW_STORAGE", `${path} has ${content.length} bytes, and should have ${bytes}.`);
  }

  async remove(name: string): Promise<void> {
    try {
      await unlink(join(this.#folder, name));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }

  async keepOnly(isKept: (name: string) => boolean): Promise<void> {
    for (const name of await readdir(this.#folder)) if (!isKept(name)) await this.remove(name);
  }

  async close(): Promise<void> {
    this.#onClose();
  }
}

/** Values in a folder that stays. */
export function folderFiles(folder: string, isSynced: boolean): ValueFiles {
  return new FolderFiles(folder, isSynced, () => undefined);
}

const PREFIX = "plimsoll-workflow-";

/** Values in a folder that goes with the process; what a killed one has left is removed by the next. */
export function scratchFiles(parent: string = tmpdir()): ValueFiles {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (pid > 0 && !isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  return new FolderFiles(folder, false, () => {
    process.removeListener("exit", remove);
    remove();
  });
}

/** Values on the storage of a history, such as a table of PostgreSQL. */
export class StorageFiles implements ValueFiles {
  readonly #driver: HistoryDriver;
  #storage: Promise<HistoryStorage> | undefined;

  constructor(driver: HistoryDriver) {
    this.#driver = driver;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const storage = await this.#open();
    try {
      // It may be there from before the process was killed.
      await storage.remove(name);
      await storage.append(name, Buffer.concat([sumOf(bytes), bytes]));
    } catch (error) {
      throw unwritable(`${this.#driver.name}/${name}`, bytes.length, error);
    }
  }

  async read(name: string): Promise<Uint8Array> {
    const storage = await this.#open();
    return checked(`${this.#driver.name}/${name}`, await storage.read(name, 0, Number.MAX_SAFE_INTEGER));
  }

  async append(name: string, at: number, bytes: Uint8Array): Promise<void> {
    const storage = await this.#open();
    try {
      // Beyond it is what a killed process has written and nobody counts on.
      await storage.truncate(name, at);
      await storage.append(name, bytes);
    } catch (error) {
      throw unwritable(`${this.#driver.name}/${name}`, bytes.length, error);
    }
  }

  async readUntil(name: string, bytes: number): Promise<Uint8Array> {
    return (await this.#open()).read(name, 0, bytes);
  }

  async remove(name: string): Promise<void> {
    await (await this.#open()).remove(name);
  }

  async keepOnly(isKept: (name: string) => boolean): Promise<void> {
    const storage = await this.#open();
    for (const { name } of await storage.list()) if (!isKept(name)) await storage.remove(name);
  }

  async close(): Promise<void> {
    const storage = this.#storage;
    this.#storage = undefined;
    if (storage) await (await storage).close();
  }

  #open(): Promise<HistoryStorage> {
    return (this.#storage ??= Promise.resolve(this.#driver.open("write")));
  }
}

function sumOf(bytes: Uint8Array): Buffer {
  const sum = Buffer.allocUnsafe(SUM_BYTES);
  sum.writeUInt32LE(crc32(bytes));
  return sum;
}

function checked(path: string, bytes: Uint8Array | undefined): Uint8Array {
  const content = bytes?.subarray(SUM_BYTES);
  if (bytes && content && bytes.length >= SUM_BYTES) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, SUM_BYTES);
    if (view.getUint32(0, true) === crc32(content)) return content;
  }
  throw new WorkflowError(
    "ERR_WORKFLOW_STORAGE",
    `The value in ${path} is ${bytes ? "not what was written" : "not there"}.`,
  );
}

function unwritable(path: string, bytes: number, error: unknown): WorkflowError {
  const size = `${(bytes / 2 ** 20).toFixed(1)} MB`;
  return new WorkflowError(
    "ERR_WORKFLOW_STORAGE",
    `A value of ${size} cannot be written to ${path}: ${wordsOf(error)}.`,
    { path, bytes },
    error,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
