/**
 * A page that was read: 64 cells, decoded when they are asked for. Decoded cells are kept, since the keys
 * of a large map are the same in a thousand versions of it.
 */
import { ByteReader } from "./byte-reader.ts";
import { type Cell, readCell } from "./cell-codec.ts";
import { EMPTY } from "./graph-node.ts";
import { FANOUT, type Place, readTableNode } from "./page-table.ts";

/** Decoded, a cell takes about this many bytes more than its content. */
const CELL_BYTES = 40;

/** A page of cells, or a node of the table above the pages. */
export class Page {
  readonly #bytes: Uint8Array;
  #ends: Int32Array | undefined;
  #start = 0;
  /** Which cells are decoded: 32 bits each. */
  #low = 0;
  #high = 0;
  #cells: Cell[] | undefined;
  #places: (Place | undefined)[] | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get memoryBytes(): number {
    return this.#bytes.length * 2 + FANOUT * CELL_BYTES;
  }

  /** The content of one of its 64 cells. */
  cell(index: number): Cell {
    this.#cells ??= this.#readEnds();
    const bit = index < 32 ? 1 << index : 1 << (index - 32);
    if (index < 32 ? (this.#low & bit) !== 0 : (this.#high & bit) !== 0) return this.#cells[index];
    const ends = this.#ends ?? new Int32Array(FANOUT);
    const cell = readCell(this.#bytes, index === 0 ? this.#start : (ends[index - 1] ?? 0), ends[index] ?? 0);
    this.#cells[index] = cell;
    if (index < 32) this.#low |= bit;
    else this.#high |= bit;
    return cell;
  }

  /** As a node of the table. */
  get places(): readonly (Place | undefined)[] {
    this.#places ??= readTableNode(new ByteReader(this.#bytes));
    return this.#places;
  }

  #readEnds(): Cell[] {
    const input = new ByteReader(this.#bytes);
    const bits = input.take(FANOUT / 8);
    const ends = new Int32Array(FANOUT);
    for (let i = 0; i < FANOUT; i++) if (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) ends[i] = input.varint();
    this.#start = input.at;
    let at = input.at;
    for (let i = 0; i < FANOUT; i++) {
      at += ends[i] ?? 0;
      ends[i] = at;
    }
    this.#ends = ends;
    return new Array<Cell>(FANOUT).fill(EMPTY);
  }
}
