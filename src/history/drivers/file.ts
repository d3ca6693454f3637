/**
 * A history in a folder. Writing is synchronous, into the operating system's cache, from where it survives
 * a crash of the process; `sync` makes it survive a loss of power. One process writes, which a lock file
 * with its pid says; any number may read.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PlimsollError } from "../../base/errors.ts";
import type { HistoryDriver, HistoryStorage, StoredFile } from "../driver.ts";

const syncFile = promisify(fdatasync);
const LOCK = "lock";
/** Open files at a time; the one used longest ago is closed. */
const MAX_OPEN = 32;
/** A read of more is looked at before. */
const LARGE_BYTES = 64 * 1024;

/**
 * A history in the folder `path`, which is made when it is not there.
 *
 * @param path - the folder; nothing else belongs into it.
 */
export function fileHistory(path: string): HistoryDriver {
  return {
    name: path,
    open(mode) {
      if (mode === "write") {
        mkdirSync(path, { recursive: true, mode: 0o700 });
        lock(path);
      }
      return new FileStorage(path, mode === "write");
    },
  };
}

class FileStorage implements HistoryStorage {
  readonly #path: string;
  readonly #isWriter: boolean;
  readonly #open = new Map<string, number>();
  readonly #unsynced = new Set<string>();
  /** The file that is being synced. */
  #inSync: string | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #folderChanged = false;
  #isClosed = false;

  constructor(path: string, isWriter: boolean) {
    this.#path = path;
    this.#isWriter = isWriter;
  }

  list(): StoredFile[] {
    if (!existsSync(this.#path)) return [];
    return readdirSync(this.#path)
      .filter((name) => !name.startsWith(LOCK))
      .map((name) => ({ name, bytes: statSync(join(this.#path, name)).size }));
  }

  read(name: string, offset: number, length: number): Uint8Array {
    const file = this.#descriptor(name, false);
    if (file === undefined) return new Uint8Array();
    // The size of the file is asked for where much memory may be wanted for nothing.
    const size = length > LARGE_BYTES ? fstatSync(file).size - offset : length;
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size)));
    let read = 0;
    while (read < bytes.length) {
      const count = readSync(file, bytes, read, bytes.length - read, offset + read);
      if (count === 0) return bytes.subarray(0, read);
      read += count;
    }
    return bytes;
  }

  append(name: string, bytes: Uint8Array): void {
    const file = this.#descriptor(name, true) ?? -1;
    this.#unsynced.add(name);
    for (let written = 0; written < bytes.length;) {
      written += writeSync(file, bytes, written, bytes.length - written);
    }
  }

  sync(): Promise<void> {
    const syncing = this.#syncing.then(() => this.#syncAll());
    this.#syncing = syncing.catch(() => undefined);
    return syncing;
  }

  /** Beside the event loop: a disk can take long. */
  async #syncAll(): Promise<void> {
    const names = [...this.#unsynced];
    try {
      for (const name of names) {
        const file = this.#descriptor(name, false);
        this.#unsynced.delete(name);
        this.#inSync = name;
        if (file !== undefined) await syncFile(file);
      }
    } catch (error) {
      for (const name of names) this.#unsynced.add(name);
      throw error;
    } finally {
      this.#inSync = undefined;
    }
    if (!this.#folderChanged) return;
    this.#folderChanged = false;
    await syncFolder(this.#path);
  }

  truncate(name: string, bytes: number): void {
    const file = this.#descriptor(name, true);
    if (file === undefined) return;
    ftruncateSync(file, bytes);
    this.#unsynced.add(name);
  }

  async remove(name: string): Promise<void> {
    await this.#syncing;
    this.#unsynced.delete(name);
    this.#close(name);
    this.#folderChanged = true;
    await rm(join(this.#path, name), { force: true });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const name of [...this.#open.keys()]) this.#close(name);
    if (this.#isWriter) rmSync(join(this.#path, LOCK), { force: true });
  }

  /** An open file; the writer's may be appended to. */
  #descriptor(name: string, make: boolean): number | undefined {
    const known = this.#open.get(name);
    if (known !== undefined) {
      this.#open.delete(name);
      this.#open.set(name, known);
      return known;
    }
    const path = join(this.#path, name);
    const isThere = existsSync(path);
    if (!isThere && !make) return undefined;
    const file = openSync(path, this.#isWriter ? "a+" : "r", 0o600);
    if (!isThere) this.#folderChanged = true;
    this.#open.set(name, file);
    if (this.#open.size > MAX_OPEN) {
      // Closing what is not synced would wait for the disk.
      const isFree = (one: string): boolean => one !== name && one !== this.#inSync && !this.#unsynced.has(one);
      const oldest = [...this.#open.keys()].find(isFree);
      if (oldest !== undefined) this.#close(oldest);
    }
    return file;
  }

  #close(name: string): void {
    const file = this.#open.get(name);
    if (file === undefined) return;
    if (this.#unsynced.delete(name)) fdatasyncSync(file);
    this.#open.delete(name);
    closeSync(file);
  }
}

/** A file that was made is lost with the power when its folder was not synced. Windows cannot, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    await syncFile(folder);
  } finally {
    closeSync(folder);
  }
}

/** Takes the lock, also from a process that is no more. The link makes it appear whole. */
function lock(path: string): void {
  const file = join(path, LOCK);
  const own = join(path, `${LOCK}-${process.pid}-${Math.random().toString(36).slice(2)}`);
  writeFileSync(own, identity(process.pid), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        linkSync(own, file);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readHolder(file);
      if (holder === undefined) continue;
      if (identity(holder.pid) === holder.text) throw locked(path, holder.pid);
      rmSync(file, { force: true });
    }
    throw locked(path, 0);
  } finally {
    rmSync(own, { force: true });
  }
}

function readHolder(file: string): { readonly pid: number; readonly text: string } | undefined {
  try {
    const text = readFileSync(file, "utf8");
    return { pid: Number.parseInt(text, 10), text };
  } catch {
    return undefined;
  }
}

/** The pid, and on Linux when the process began, since pids are used again. A process that is gone has another text. */
function identity(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "";
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}\n`;
  } catch {
    return `${pid}\n`;
  }
}

function locked(path: string, pid: number): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_HISTORY_LOCKED",
    `The history in ${path} is being written by process ${pid}. Close it there, or open with readOnly: true.`,
    { details: { path, pid } },
  );
}
