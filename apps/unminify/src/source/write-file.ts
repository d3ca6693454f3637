/**
 * Writes the edited text piece by piece into a file beside its place, which takes that place only when
 * it is complete: a full disk or a killed process leaves what was there before.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { UnminifyError } from "../unminify-error.ts";
import type { Edit } from "../rename/edits.ts";
import type { Source } from "./source.ts";

/** Default: 64 KiB are gathered before they are written. */
export const DEFAULT_CHUNK_CHARACTERS = 64 * 1024;

/** A text with its edits, given out from the start to the end in pieces of at least `chunkCharacters` (but for the last of each part). */
export class EditedText {
  readonly #text: string;
  readonly #edits: Iterator<Edit>;
  readonly #chunkCharacters: number;
  #next: Edit | undefined;
  #at = 0;

  constructor(text: string, edits: Iterable<Edit>, chunkCharacters = DEFAULT_CHUNK_CHARACTERS) {
    this.#text = text;
    this.#edits = edits[Symbol.iterator]();
    this.#chunkCharacters = chunkCharacters;
    this.#advance();
  }

  #advance(): void {
    const { done, value } = this.#edits.next();
    this.#next = done === true ? undefined : value;
  }

  /** What stands before an offset of the source and was not given out yet; no edit may reach across it. */
  *until(end = this.#text.length): Generator<string> {
    let chunk = "";
    for (let edit = this.#next; edit !== undefined && edit.position < end; edit = this.#next) {
      while (edit.position - this.#at > this.#chunkCharacters) {
        yield chunk + this.#text.slice(this.#at, this.#at + this.#chunkCharacters);
        this.#at += this.#chunkCharacters;
        chunk = "";
      }
      chunk += this.#text.slice(this.#at, edit.position) + edit.text;
      this.#at = edit.position + edit.length;
      this.#advance();
      if (chunk.length < this.#chunkCharacters) continue;
      yield chunk;
      chunk = "";
    }
    yield chunk;
    for (; this.#at < end; this.#at = Math.min(end, this.#at + this.#chunkCharacters))
      yield this.#text.slice(this.#at, Math.min(end, this.#at + this.#chunkCharacters));
  }
}

/** Writes pieces of text one behind the other. */
export class PieceWriter implements Disposable {
  readonly #file: number;
  readonly #encoding: Source["encoding"];
  #isOpen = true;
  /** Bytes that were written. */
  bytes = 0;
  /** Pieces that were written. */
  pieces = 0;
  /** Bytes behind each of the first pieces. */
  readonly ends: number[] = [];

  constructor(path: string, encoding: Source["encoding"]) {
    this.#file = openSync(path, "w");
    this.#encoding = encoding;
  }

  /** Writes all pieces. */
  write(pieces: Iterable<string>): void {
    for (const piece of pieces) {
      if (piece === "") continue;
      const length = Buffer.byteLength(piece, this.#encoding);
      if (length > buffer.length) buffer = Buffer.allocUnsafeSlow(length);
      buffer.write(piece, this.#encoding);
      for (let written = 0; written < length;) written += writeSync(this.#file, buffer, written, length - written);
      this.bytes += length;
      this.pieces++;
      if (this.ends.length < MAX_ENDS) this.ends.push(this.bytes);
    }
  }

  /** Sees to it that the disk has all. */
  flush(): void {
    fsyncSync(this.#file);
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/** One for all pieces: a new one for each would wait, outside of the heap, until V8 collects. */
let buffer = Buffer.alloc(0);

/** Of so many pieces it is told where they end. */
const MAX_ENDS = 256;

/** What was written. */
export interface WrittenFile {
  readonly bytes: number;
  /** In how many pieces. */
  readonly pieces: number;
  /** Bytes of the output behind each of the first 256 pieces. */
  readonly ends: readonly number[];
}

/**
 * Writes pieces of text to a file.
 *
 * @throws UNWRITABLE when the disk is full or the place may not be written; nothing is left behind.
 */
export function writePieces(path: string, pieces: Iterable<string>, encoding: Source["encoding"]): WrittenFile {
  // A device or a pipe is written as it is; only a file can be put in the place of another.
  const isFile = !isDevice(path);
  const draft = isFile ? `${path}.${process.pid}.part` : path;
  try {
    using writer = new PieceWriter(draft, encoding);
    writer.write(pieces);
    if (isFile) writer.flush();
    writer[Symbol.dispose]();
    if (isFile) renameSync(draft, path);
    return { bytes: writer.bytes, pieces: writer.pieces, ends: writer.ends };
  } catch (error) {
    if (isFile) rmSync(draft, { force: true });
    throw unwritable(path, error);
  } finally {
    buffer = Buffer.alloc(0);
  }
}

/** The error of a place that cannot be written. */
export function unwritable(path: string, error: unknown): UnminifyError {
  if (error instanceof UnminifyError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new UnminifyError("UNWRITABLE", `${path} cannot be written: ${reason}. Nothing was left behind.`, error);
}

/** True for what exists and is neither a file nor a folder. */
export function isDevice(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && !status.isFile() && !status.isDirectory();
}
