/**
 * Packs a snapshot while V8 writes it: pieces of its text go in, the compact form comes out on disk, and in memory is one block
 * at a time. The numbers are read as they pass, without regard to line breaks; nothing else of the text is changed.
 */
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import {
  COMPACT_MAGIC,
  COMPACT_ROWS,
  COMPACT_TRAILER_BYTES,
  COMPACT_VERSION,
  type CompactBlock,
  packRows,
  packText,
  type RowShape,
} from "./compact-form.ts";
import { partialName } from "./finished-snapshot.ts";
import type { NumberForm } from "./packed-numbers.ts";

const TEXT_BYTES = 256 * 1024;
const TAIL_BYTES = 16;
/** In the order in which they come. */
const SECTIONS = ["nodes", "edges"] as const;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COMMA = 0x2c;
const SPACE = 0x20;
const CLOSING = 0x5d;

/** Rows that are being read. */
interface OpenRows {
  readonly forms: readonly NumberForm[];
  readonly divisors: readonly number[];
  readonly numbers: Float64Array;
  count: number;
  textBytes: number;
  isFirst: boolean;
}

/** Writes one file, which has its name only once it is whole. */
export class CompactWriter implements Disposable {
  readonly #path: string;
  readonly #blocks: CompactBlock[] = [];
  #descriptor: number | undefined;
  #at = 0;
  #text = Buffer.alloc(0);
  #sections = 0;
  #fields: Readonly<Record<(typeof SECTIONS)[number], readonly string[]>> = { nodes: [], edges: [] };
  #rows: OpenRows | undefined;
  #value = -1;

  /** @throws the system's error when it cannot be written there. */
  constructor(path: string) {
    this.#path = path;
    rmSync(partialName(path), { force: true });
    this.#descriptor = openSync(partialName(path), "wx", 0o600);
    this.#put(Buffer.from(COMPACT_MAGIC, "latin1"));
  }

  /**
   * Takes the next piece of the text.
   *
   * @throws Error when it is no snapshot; the system's error when the disk is full.
   */
  write(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      at = this.#rows ? this.#readRows(this.#rows, piece, at) : this.#readText(piece, at);
    }
  }

  /**
   * Gives the file its name.
   *
   * @returns its size in bytes.
   * @throws Error when the text has not come to its end.
   */
  finish(): number {
    const tail = this.#text.subarray(-TAIL_BYTES).toString("latin1");
    if (this.#sections < SECTIONS.length || this.#rows || !/\]\s*\}\s*\0*$/.test(tail))
      throw new Error("the snapshot was cut off");
    this.#flushText();
    const directory = Buffer.from(JSON.stringify(this.#blocks));
    this.#put(directory);
    const trailer = Buffer.alloc(COMPACT_TRAILER_BYTES);
    trailer.write(COMPACT_MAGIC, "latin1");
    trailer.writeUInt32LE(COMPACT_VERSION, 8);
    trailer.writeUInt32LE(directory.length, 12);
    trailer.writeUInt32LE(crc32(directory), 16);
    this.#put(trailer);
    this.#close();
    renameSync(partialName(this.#path), this.#path);
    return this.#at;
  }

  /** Removes what was not finished. */
  [Symbol.dispose](): void {
    if (this.#descriptor === undefined) return;
    this.#close();
    rmSync(partialName(this.#path), { force: true });
  }

  /** @returns how far it has come: to the end, or to the first row of a section. */
  #readText(piece: Uint8Array, from: number): number {
    const section = SECTIONS[this.#sections];
    const before = this.#text.length;
    const taken = piece.subarray(from, from + TEXT_BYTES);
    this.#text = Buffer.concat([this.#text, taken]);
    const mark = `"${section}":[`;
    const found = section === undefined ? -1 : this.#text.indexOf(mark, Math.max(0, before - mark.length), "latin1");
    if (section === undefined || found < 0) {
      // The tail stays: the mark may have begun in it, and the end is looked at.
      if (this.#sections > 0 && this.#text.length > TEXT_BYTES) this.#flushText(this.#text.length - TEXT_BYTES / 4);
      if (this.#text.length > 16 * TEXT_BYTES) throw new Error("it does not begin like a V8 heap snapshot");
      return from + taken.length;
    }
    if (section === "nodes") this.#fields = readFields(this.#text.toString("latin1", 0, found));
    this.#text = this.#text.subarray(0, found + mark.length);
    this.#flushText();
    this.#sections += 1;
    this.#rows = this.#openRows(section);
    return from + found + mark.length - before;
  }

  #openRows(section: (typeof SECTIONS)[number]): OpenRows {
    const fields = this.#fields[section];
    return {
      forms: fields.map((field) => (field === "id" || field === "to_node" ? "difference" : "plain")),
      divisors: fields.map((field) => (field === "to_node" ? this.#fields.nodes.length : 1)),
      numbers: new Float64Array(COMPACT_ROWS * fields.length),
      count: 0,
      textBytes: 0,
      isFirst: true,
    };
  }

  /** @returns how far it has come: to the end, or to the bracket that closes the section. */
  #readRows(rows: OpenRows, piece: Uint8Array, from: number): number {
    let value = this.#value;
    for (let at = from; at < piece.length; at++) {
      const byte = piece[at] ?? 0;
      if (byte >= DIGIT_0 && byte <= DIGIT_9) {
        value = (value < 0 ? 0 : value * 10) + byte - DIGIT_0;
        rows.textBytes += 1;
        continue;
      }
      if (value >= 0) {
        rows.numbers[rows.count++] = value;
        if (rows.count === rows.numbers.length) this.#flushRows(rows);
        value = -1;
      }
      if (byte === CLOSING) {
        this.#value = -1;
        this.#flushRows(rows);
        this.#rows = undefined;
        return at;
      }
      if (byte !== COMMA && byte > SPACE) throw new Error("its rows are no numbers: this layout is not known");
    }
    this.#value = value;
    return piece.length;
  }

  #flushRows(rows: OpenRows): void {
    const { forms, numbers, count, isFirst } = rows;
    if (count === 0) return;
    if (count % forms.length !== 0) throw new Error("a row was cut off");
    const divisors = rows.divisors.map((divisor, field) => {
      if (divisor === 1) return 1;
      for (let at = field; at < count; at += forms.length) if ((numbers[at] ?? 0) % divisor !== 0) return 1;
      return divisor;
    });
    const shape: RowShape = { count: count / forms.length, isFirst, forms, divisors };
    // A comma before each number but the first of the section.
    this.#add(packRows(numbers, shape), rows.textBytes + count - (isFirst ? 1 : 0), shape);
    rows.count = 0;
    rows.textBytes = 0;
    rows.isFirst = false;
  }

  #flushText(length: number = this.#text.length): void {
    if (length > 0) this.#add(packText(this.#text.subarray(0, length)), length);
    this.#text = this.#text.subarray(length);
  }

  #add(packed: Buffer, textBytes: number, rows?: RowShape): void {
    const block = { at: this.#at, bytes: packed.length, textBytes, checksum: crc32(packed) };
    this.#blocks.push(rows ? { ...block, rows } : block);
    this.#put(packed);
  }

  #put(bytes: Buffer): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor ?? -1, bytes, done);
    this.#at += bytes.length;
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** The fields of a row, from the head. */
function readFields(head: string): { nodes: readonly string[]; edges: readonly string[] } {
  const list = (name: string): readonly string[] =>
    new RegExp(`"${name}"\\s*:\\s*\\[([^\\]]*)\\]`).exec(head)?.[1]?.match(/[a-z_]+/g) ?? [];
  const [nodes, edges] = [list("node_fields"), list("edge_fields")];
  if (nodes.length === 0 || edges.length === 0) throw new Error("its head names no fields: this layout is not known");
  return { nodes, edges };
}
