/**
 * A history in the origin private file system of a browser. It writes and reads through synchronous access handles,
 * which only dedicated workers have; a reader needs none and may be anywhere. Opening a file takes a turn of the
 * event loop, so a few handles stay open. The browser may evict it all: ask navigator.storage.persist().
 */
import type { Awaitable, HistoryDriver, HistoryStorage, StoredFile } from "../driver.ts";
import { explainQuota, lockWriter, platform, unsupported } from "./web-platform.ts";

/** Open files at a time; the oldest ones are closed. */
const MAX_OPEN = 32;
/** A file that changes while it is read has to be asked for again. */
const READ_ATTEMPTS = 20;

interface SyncHandle {
  read(bytes: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}

interface FileHandle {
  readonly kind: "file";
  readonly name: string;
  getFile(): Promise<Blob>;
  createSyncAccessHandle?(): Promise<SyncHandle>;
}

interface Directory {
  readonly kind: "directory";
  getDirectoryHandle(name: string, options: { readonly create: boolean }): Promise<Directory>;
  getFileHandle(name: string, options: { readonly create: boolean }): Promise<FileHandle>;
  removeEntry(name: string): Promise<void>;
  values(): AsyncIterable<FileHandle | Directory>;
}

/**
 * A history in the folder `path` of the origin private file system, which is made when it is not there.
 *
 * @param path - names with `/` between them; nothing else belongs into the folder.
 */
export function opfsHistory(path: string): HistoryDriver {
  return {
    name: `opfs:${path}`,
    async open(mode) {
      if (mode === "read") return new ReadStorage(await openFolder(path));
      const release = await lockWriter(`opfs:${path}`);
      try {
        const folder = await openFolder(path);
        return new WriteStorage(folder, await listFiles(folder), release);
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

/** A file of the writer. */
interface OpenFile {
  bytes: number;
  handle: SyncHandle | undefined;
  /** What must be done before: handles are opened asynchronously. */
  tail: Promise<void> | undefined;
  isSynced: boolean;
}

class WriteStorage implements HistoryStorage {
  readonly #folder: Directory;
  readonly #files = new Map<string, OpenFile>();
  readonly #release: () => void;
  #isClosed = false;

  constructor(folder: Directory, files: readonly StoredFile[], release: () => void) {
    this.#folder = folder;
    this.#release = release;
    for (const { name, bytes } of files) this.#add(name, bytes);
  }

  list(): StoredFile[] {
    return [...this.#files].map(([name, { bytes }]) => ({ name, bytes }));
  }

  read(name: string, offset: number, length: number): Awaitable<Uint8Array> {
    const file = this.#files.get(name);
    if (!file) return new Uint8Array();
    return this.#use(name, file, (handle) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, file.bytes - offset)));
      return bytes.subarray(0, handle.read(bytes, { at: offset }));
    });
  }

  append(name: string, bytes: Uint8Array): Awaitable<void> {
    const file = this.#files.get(name) ?? this.#add(name, 0);
    const isNow = file.handle !== undefined && file.tail === undefined;
    const own = isNow ? bytes : bytes.slice();
    return this.#use(name, file, (handle) => {
      file.isSynced = false;
      try {
        for (let written = 0; written < own.length;) {
          const count = handle.write(own.subarray(written), { at: file.bytes });
          // Chromium's private windows return an error code as a large number when the quota is used up.
          if (!(count > 0 && count <= own.length - written))
            throw new Error("the browser takes no more bytes: its quota is used up");
          written += count;
          file.bytes += count;
        }
      } catch (error) {
        throw explainQuota(error);
      }
    });
  }

  async sync(): Promise<void> {
    for (const [name, file] of this.#files) {
      if (!file.isSynced || file.tail) await this.#use(name, file, (handle) => handle.flush());
      file.isSynced = true;
    }
  }

  truncate(name: string, bytes: number): Awaitable<void> {
    const file = this.#files.get(name) ?? this.#add(name, 0);
    return this.#use(name, file, (handle) => {
      handle.truncate(bytes);
      file.bytes = bytes;
      file.isSynced = false;
    });
  }

  async remove(name: string): Promise<void> {
    const file = this.#files.get(name);
    if (!file) return;
    this.#files.delete(name);
    await file.tail;
    file.handle?.close();
    await this.#folder.removeEntry(name);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const file of this.#files.values()) {
      await file.tail;
      file.handle?.close();
      file.handle = undefined;
    }
    this.#release();
  }

  #add(name: string, bytes: number): OpenFile {
    const file: OpenFile = { bytes, handle: undefined, tail: undefined, isSynced: true };
    this.#files.set(name, file);
    return file;
  }

  /** Does something with an open file: at once where it is open, after what was asked before where it is not. */
  #use<R>(name: string, file: OpenFile, work: (handle: SyncHandle) => R): Awaitable<R> {
    if (file.handle && !file.tail) return work(file.handle);
    const done = (file.tail ?? Promise.resolve()).then(async () => work((file.handle ??= await this.#open(name))));
    const tail = done.then(
      () => undefined,
      () => undefined,
    );
    file.tail = tail;
    void tail.then(() => {
      if (file.tail === tail) file.tail = undefined;
    });
    return done;
  }

  async #open(name: string): Promise<SyncHandle> {
    const idle = [...this.#files.values()].filter(({ handle, tail }) => handle && !tail);
    for (const file of idle.slice(0, Math.max(0, idle.length + 1 - MAX_OPEN))) {
      if (!file.isSynced) file.handle?.flush();
      file.isSynced = true;
      file.handle?.close();
      file.handle = undefined;
    }
    const file = await this.#folder.getFileHandle(name, { create: true });
    if (!file.createSyncAccessHandle)
      throw unsupported("createSyncAccessHandle here: open the history in a dedicated worker");
    return file.createSyncAccessHandle();
  }
}

/** Reads beside the writer, through snapshots of its files. */
class ReadStorage implements HistoryStorage {
  readonly #folder: Directory;

  constructor(folder: Directory) {
    this.#folder = folder;
  }

  list(): Promise<StoredFile[]> {
    return listFiles(this.#folder);
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      try {
        const file = await (await this.#folder.getFileHandle(name, { create: false })).getFile();
        return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        const { name: kind } = error as { readonly name?: string };
        if (kind === "NotFoundError") return new Uint8Array();
        if (kind !== "NotReadableError" || attempt === READ_ATTEMPTS) throw error;
      }
    }
  }

  append(): never {
    throw new TypeError("this history was opened for reading");
  }

  sync(): void {}

  truncate(): never {
    throw new TypeError("this history was opened for reading");
  }

  remove(): never {
    throw new TypeError("this history was opened for reading");
  }

  close(): void {}
}

async function openFolder(path: string): Promise<Directory> {
  const { storage } = platform<{ getDirectory?(): Promise<Directory> }>();
  if (!storage?.getDirectory) throw unsupported("origin private file system");
  let folder = await storage.getDirectory();
  for (const name of path.split("/").filter(Boolean)) folder = await folder.getDirectoryHandle(name, { create: true });
  return folder;
}

async function listFiles(folder: Directory): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const entry of folder.values()) {
    if (entry.kind === "file") files.push({ name: entry.name, bytes: (await entry.getFile()).size });
  }
  return files;
}
