/**
 * The file beside a snapshot, `FILE.plimsoll`, with what opening it has found out: packed columns, then a directory, then 20 bytes that
 * say where that is. A checksum covers every byte, and the directory names the snapshot by size, time and ends: a sidecar
 * that is torn, of another version or of another snapshot is as good as none.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { type NumberForm, packNumbers, ROWS_A_BLOCK } from "./packed-numbers.ts";

/** Changes with every change of the format. */
const VERSION = 1;
const MAGIC = "PLIMHEAP";
/** Magic 8, version 4, length of the directory 4, checksum of all before it 4. */
const TRAILER_BYTES = 20;
const CHECKSUM_AT = 16;
const END_BYTES = 64 * 1024;
const PIECE = 4 * 1024 * 1024;

/** A packed column. */
export interface SidecarColumn {
  /** How its values are written. */
  readonly form: NumberForm;
  /** Number of values. */
  readonly rows: number;
  /** Where each block begins in the file, and at last where the final one ends. */
  readonly places: readonly number[];
}

/** What a sidecar holds beside its columns. */
export interface SidecarDirectory {
  /** The snapshot that it belongs to, see {@link fingerprintOf}. */
  readonly fingerprint: string;
  /** By name. */
  readonly columns: Readonly<Record<string, SidecarColumn>>;
  /** Single figures, by name. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Names a snapshot file: changes when the file does. */
export function fingerprintOf(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const { size, mtimeMs } = fstatSync(descriptor);
    const hash = createHash("sha256");
    const piece = Buffer.alloc(END_BYTES);
    for (const at of [0, Math.max(0, size - END_BYTES)]) {
      hash.update(piece.subarray(0, readSync(descriptor, piece, 0, END_BYTES, at)));
    }
    return `${size} ${mtimeMs} ${hash.digest("hex")}`;
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a sidecar, column by column; it has its name only once it is whole. */
export class SidecarWriter implements Disposable {
  readonly #path: string;
  readonly #columns: Record<string, SidecarColumn> = {};
  #descriptor: number | undefined;
  #at = 0;
  #checksum = 0;

  /** @throws the system's error when it cannot be written there. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(`${path}.new`, "w", 0o600);
  }

  /**
   * Adds a column.
   *
   * @param read - gives `count` values from `row` on.
   */
  add(name: string, form: NumberForm, rows: number, read: (row: number, count: number) => ArrayLike<number>): void {
    const places: number[] = [];
    for (let row = 0; row < rows; row += ROWS_A_BLOCK) {
      places.push(this.#at);
      this.#write(packNumbers(read(row, Math.min(ROWS_A_BLOCK, rows - row)), form, row));
    }
    this.#columns[name] = { form, rows, places: [...places, this.#at] };
  }

  /** Writes the directory and gives the file its name. */
  finish(fingerprint: string, figures: Readonly<Record<string, number>>): void {
    const directory: SidecarDirectory = { fingerprint, columns: this.#columns, figures };
    const text = Buffer.from(JSON.stringify(directory));
    this.#write(text);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    trailer.write(MAGIC, "latin1");
    trailer.writeUInt32LE(VERSION, 8);
    trailer.writeUInt32LE(text.length, 12);
    trailer.writeUInt32LE(crc32(trailer.subarray(0, CHECKSUM_AT), this.#checksum), CHECKSUM_AT);
    this.#write(trailer);
    this.#close();
    renameSync(`${this.#path}.new`, this.#path);
  }

  /** Removes what was not finished. */
  [Symbol.dispose](): void {
    if (this.#descriptor === undefined) return;
    this.#close();
    rmSync(`${this.#path}.new`, { force: true });
  }

  #write(bytes: Buffer): void {
    this.#checksum = crc32(bytes, this.#checksum);
    for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor ?? -1, bytes, done);
    this.#at += bytes.length;
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Reads the directory of a sidecar. Default: there is none, or none that can be trusted for this snapshot. */
export function readDirectory(path: string, fingerprint: string): SidecarDirectory | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < TRAILER_BYTES) return undefined;
  const descriptor = openSync(path, "r");
  try {
    const trailer = Buffer.alloc(TRAILER_BYTES);
    readSync(descriptor, trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
    const length = trailer.readUInt32LE(12);
    if (trailer.toString("latin1", 0, 8) !== MAGIC || trailer.readUInt32LE(8) !== VERSION) return undefined;
    const at = size - TRAILER_BYTES - length;
    if (at < 0 || checksumOf(descriptor, size - TRAILER_BYTES + CHECKSUM_AT) !== trailer.readUInt32LE(CHECKSUM_AT))
      return undefined;
    const text = Buffer.alloc(length);
    readSync(descriptor, text, 0, length, at);
    // Its checksum has been found right: this version has written it.
    const directory = JSON.parse(text.toString()) as SidecarDirectory;
    return directory.fingerprint === fingerprint ? directory : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function checksumOf(descriptor: number, length: number): number {
  const piece = Buffer.allocUnsafe(Math.min(PIECE, length));
  let checksum = 0;
  for (let at = 0; at < length;) {
    const read = readSync(descriptor, piece, 0, Math.min(piece.length, length - at), at);
    if (read === 0) break;
    checksum = crc32(piece.subarray(0, read), checksum);
    at += read;
  }
  return checksum;
}
