/**
 * A page that was read: 64 cells, decoded when they are asked for. The decoded cells of a page that is used
 * again are kept, since the keys of a large map are the same in a thousand versions of it.
 */
import { ByteReader } from "./byte-reader.ts";
import type { Cell } from "./cell-codec.ts";
import { readCell } from "./cell-reader.ts";
import { EMPTY } from "./graph-node.ts";
import { FANOUT, type Place, readTableNode } from "./page-table.ts";

/** Decoded, a cell takes about this many bytes more than its content. */
const CELL_BYTES = 24;

/** Of the page that is being read. */
const lengths = new Int32Array(FANOUT);

/** A page of cells, or a node of the table above the pages. */
export class Page {
  readonly bytes: Uint8Array;
  readonly #start: number;
  /** True when what it has decoded stays in memory. */
  keepsCells = false;
  /** True when it was asked for since the cache looked at it last. */
  isUsed = false;
  #cells: readonly Cell[] | undefined;
  #places: readonly (Place | undefined)[] | undefined;

  /** @param start - where its content begins in `bytes`. */
  constructor(bytes: Uint8Array, start: number) {
    this.bytes = bytes;
    this.#start = start;
  }

  /** What decoded cells take, in bytes; estimated. */
  get cellBytes(): number {
    return this.bytes.length + FANOUT * CELL_BYTES;
  }

  /** The content of one of its 64 cells. */
  cell(index: number): Cell {
    if (this.#cells) return this.#cells[index];
    const { bytes } = this;
    const input = new ByteReader(bytes, this.#start + FANOUT / 8);
    let before = 0;
    let start = 0;
    let end = 0;
    for (let i = 0; i < FANOUT; i++) {
      const length = this.#has(i) ? input.varint() : 0;
      if (i < index) before += length;
      else if (i === index) end = length;
    }
    start = input.at + before;
    return readCell(bytes, start, start + end);
  }

  /** The contents of all its cells. */
  cells(): readonly Cell[] {
    if (this.#cells) return this.#cells;
    const { bytes } = this;
    const input = new ByteReader(bytes, this.#start + FANOUT / 8);
    const cells = new Array<Cell>(FANOUT).fill(EMPTY);
    for (let i = 0; i < FANOUT; i++) lengths[i] = this.#has(i) ? input.varint() : 0;
    let { at } = input;
    for (let i = 0; i < FANOUT; i++) {
      const length = lengths[i] as number;
      if (length > 0) cells[i] = readCell(bytes, at, at + length);
      at += length;
    }
    if (this.keepsCells) this.#cells = cells;
    return cells;
  }

  /** As a node of the table. */
  get places(): readonly (Place | undefined)[] {
    const places = this.#places ?? readTableNode(new ByteReader(this.bytes, this.#start));
    if (this.keepsCells) this.#places = places;
    return places;
  }

  #has(index: number): boolean {
    return (((this.bytes[this.#start + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1;
  }
}
