/** A snapshot on disk, read in pieces at given places; never whole. One in the compact form reads like the text that it stands for. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { PlimsollError } from "../base/errors.ts";
import { CompactReader } from "./compact-reader.ts";

const PIECE = 1024 * 1024;

/** An open snapshot file. */
export class SnapshotFile implements Disposable {
  /** As given. */
  readonly path: string;
  /** Of the text, when it was opened. */
  readonly sizeBytes: number;
  readonly #descriptor: number;
  readonly #compact: CompactReader | undefined;
  #isOpen = true;

  /**
   * @throws the system's error when it cannot be opened; PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT` when it is in the compact
   * form, but not whole.
   */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, "r");
    try {
      this.#compact = this.#unpack(() => CompactReader.open(this.#descriptor));
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
    this.sizeBytes = this.#compact?.sizeBytes ?? fstatSync(this.#descriptor).size;
  }

  /** True for the compact form, whose text has no descriptor. */
  get isCompact(): boolean {
    return this.#compact !== undefined;
  }

  /** For reading on another thread; valid until it is closed. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** Reads into `target` from `at` on. @returns bytes read; fewer only at the end of the file. */
  readInto(target: Uint8Array, at: number): number {
    const compact = this.#compact;
    if (compact) return this.#unpack(() => compact.readInto(target, at));
    let taken = 0;
    while (taken < target.length) {
      const read = readSync(this.#descriptor, target, taken, target.length - taken, at + taken);
      if (read === 0) break;
      taken += read;
    }
    return taken;
  }

  /** At most `length` bytes from `at` on. */
  read(at: number, length: number): Buffer {
    const target = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.sizeBytes - at)));
    return target.subarray(0, this.readInto(target, at));
  }

  /** Where `pattern` next stands from `from` on, before `until`. Default: nowhere. */
  find(pattern: string, from: number, until: number = this.sizeBytes): number | undefined {
    const piece = Buffer.allocUnsafe(PIECE);
    for (let at = from; at < until; at += PIECE - pattern.length) {
      const found = piece.subarray(0, this.readInto(piece, at)).indexOf(pattern, 0, "latin1");
      if (found >= 0) return at + found < until ? at + found : undefined;
    }
    return undefined;
  }

  /** Where `pattern` last stands. Default: nowhere. */
  findLast(pattern: string): number | undefined {
    const piece = Buffer.allocUnsafe(PIECE);
    for (let end = this.sizeBytes; end > 0;) {
      const begin = Math.max(0, end - PIECE);
      const found = piece
        .subarray(0, this.readInto(piece.subarray(0, end - begin), begin))
        .lastIndexOf(pattern, undefined, "latin1");
      if (found >= 0) return begin + found;
      if (begin === 0) return undefined;
      end = begin + pattern.length - 1;
    }
    return undefined;
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }

  #unpack<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PlimsollError(
        "ERR_PLIMSOLL_SNAPSHOT_CORRUPT",
        `${this.path} cannot be read as a compact heap snapshot: ${why}. Capture it again.`,
        { cause, details: { path: this.path } },
      );
    }
  }
}
