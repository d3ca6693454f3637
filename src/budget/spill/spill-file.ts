/**
 * An append-only file with positioned reads. All is synchronous: a budget that asks for bytes needs them when the call returns,
 * and a store is never in a half-written state while other code runs. Space is asked for beforehand, and a write that
 * failed leaves the file as it was.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { formatBytes } from "../../base/bytes.ts";
import { scratchFolder } from "./scratch-folder.ts";
import { reasonOf, spillClosed, spillCorrupt, spillFailed } from "./spill-errors.ts";

const sync = promisify(fdatasync);

/** A file of a store. */
export class SpillFile implements Disposable {
  /** Where it is, or was before it lost its name. */
  readonly path: string;
  #descriptor: number | undefined;
  #end: number;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#end = fstatSync(descriptor).size;
  }

  /**
   * A file without a name, gone with the process.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`
   */
  static scratch(parent?: string): SpillFile {
    const path = join(scratchFolder(parent), randomUUID());
    const file = SpillFile.#openAt(path, "wx+");
    rmSync(path, { force: true });
    return file;
  }

  /**
   * A file that stays.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`
   */
  static named(path: string, flags: "wx+" | "r+"): SpillFile {
    return SpillFile.#openAt(path, flags);
  }

  static #openAt(path: string, flags: "wx+" | "r+"): SpillFile {
    try {
      return new SpillFile(path, openSync(path, flags, 0o600));
    } catch (error) {
      throw spillFailed(path, 0, reasonOf(error), error);
    }
  }

  /** Bytes in it. */
  get size(): number {
    return this.#end;
  }

  /**
   * Writes at the end.
   *
   * @returns where the bytes begin.
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`; the file is as it was.
   */
  append(bytes: Uint8Array): number {
    const at = this.#end;
    this.writeAt(at, bytes);
    return at;
  }

  /**
   * Writes at a position up to the end.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`; bytes past the old end are cut off again.
   */
  writeAt(at: number, bytes: Uint8Array): void {
    const descriptor = this.#open();
    this.#requireSpace(at + bytes.length - this.#end);
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(descriptor, bytes, done, bytes.length - done, at + done);
    } catch (error) {
      ftruncateSync(descriptor, this.#end);
      throw spillFailed(this.path, bytes.length, reasonOf(error), error);
    }
    this.#end = Math.max(this.#end, at + bytes.length);
  }

  /** Reads `length` bytes, fewer at the end of the file; gives the bytes read. Default: all that `target` takes. */
  read(target: Uint8Array, position: number, length: number = target.length): number {
    const descriptor = this.#open();
    const wanted = Math.max(0, Math.min(length, this.#end - position));
    for (let done = 0; done < wanted;) {
      const read = readSync(descriptor, target, done, wanted - done, position + done);
      if (read === 0) throw spillCorrupt(this.path, position + done, "the file is shorter than what was written");
      done += read;
    }
    return wanted;
  }

  /** Cuts off everything from `end` on. */
  truncate(end: number): void {
    ftruncateSync(this.#open(), end);
    this.#end = end;
  }

  /** Waits until what was written is on the disk. */
  async sync(): Promise<void> {
    await sync(this.#open());
  }

  /** The same, and blocks. */
  syncNow(): void {
    fdatasyncSync(this.#open());
  }

  /** Closes it and removes its name if it still has one. */
  remove(): void {
    this[Symbol.dispose]();
    rmSync(this.path, { force: true });
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #requireSpace(bytes: number): void {
    if (bytes <= 0) return;
    const free = freeBytes(dirname(this.path));
    if (free < bytes) throw spillFailed(this.path, bytes, `${formatBytes(free)} are free there`);
  }

  #open(): number {
    if (this.#descriptor === undefined) throw spillClosed(this.path, "is closed");
    return this.#descriptor;
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY; // the folder was removed from under its nameless files; the write itself will tell
  }
}
