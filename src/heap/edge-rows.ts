/** Edges with their types and names, read again from the text: they are asked for only where something is to be shown. */
import type { HeapEdge, HeapEdgeType } from "./heap-graph.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import type { SnapshotLayout } from "./snapshot-layout.ts";
import type { StringTable } from "./string-table.ts";

/** Every so many rows the place in the file is noted. */
export const ROWS_A_MARK = 4096;
const PIECE = 64 * 1024;
/** Blocks that are kept, 48 KiB each. */
const MAX_BLOCKS = 64;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** `]`, which ends the section. */
const CLOSING = 0x5d;

/** An edge as it stands in the file. */
export interface EdgeRow {
  /** In V8's own words. */
  readonly type: HeapEdgeType;
  /** A string's index, or the number itself for elements and hidden slots. */
  readonly name: number;
  /** Where it leads. */
  readonly to: number;
}

/** Reads rows of edges from a file. */
export class EdgeRows {
  readonly #file: SnapshotFile;
  readonly #layout: SnapshotLayout;
  readonly #marks: Float64Array;
  readonly #blocks = new Map<number, Uint32Array>();

  /** @param marks - where each {@link ROWS_A_MARK}th row begins. */
  constructor(file: SnapshotFile, layout: SnapshotLayout, marks: Float64Array) {
    this.#file = file;
    this.#layout = layout;
    this.#marks = marks;
  }

  /** Rows from `first` on, up to `end`. */
  *read(first: number, end: number): Generator<EdgeRow> {
    for (let row = first; row < end;) {
      const mark = Math.floor(row / ROWS_A_MARK);
      const block = this.#block(mark);
      const start = mark * ROWS_A_MARK;
      const last = Math.min(end, start + block.length / 3);
      if (row >= last) return;
      for (; row < last; row += 1) {
        const at = (row - start) * 3;
        yield this.#row(block[at] ?? 0, block[at + 1] ?? 0, block[at + 2] ?? 0);
      }
    }
  }

  /** The rows from one mark to the next; neighbours are asked for together, so the last few blocks are kept. */
  #block(mark: number): Uint32Array {
    const known = this.#blocks.get(mark);
    if (known) {
      this.#blocks.delete(mark);
      this.#blocks.set(mark, known);
      return known;
    }
    const block = this.#parse(this.#marks[mark] ?? 0);
    this.#blocks.set(mark, block);
    if (this.#blocks.size > MAX_BLOCKS) {
      for (const oldest of this.#blocks.keys()) {
        this.#blocks.delete(oldest);
        break;
      }
    }
    return block;
  }

  #parse(begin: number): Uint32Array {
    const numbers = new Uint32Array(ROWS_A_MARK * 3);
    let count = 0;
    let value = -1;
    for (let at = begin; ; at += PIECE) {
      const piece = this.#file.read(at, PIECE);
      for (const byte of piece) {
        if (byte >= DIGIT_0 && byte <= DIGIT_9) {
          value = (value < 0 ? 0 : value * 10) + byte - DIGIT_0;
          continue;
        }
        if (value >= 0) numbers[count++] = value;
        value = -1;
        if (byte === CLOSING || count === numbers.length) return numbers.subarray(0, count - (count % 3));
      }
      if (piece.length < PIECE) return numbers.subarray(0, count - (count % 3));
    }
  }

  #row(type: number, name: number, to: number): EdgeRow {
    // The file's own word; an unknown one is treated like a property.
    const word = (this.#layout.edgeTypes[type] ?? "property") as HeapEdgeType;
    return { type: word, name, to: to / this.#layout.nodeFields.length };
  }
}

/** An edge in words. */
export function describeEdge(row: EdgeRow, from: number, strings: StringTable): HeapEdge {
  const isNumber = row.type === "element" || row.type === "hidden";
  return { type: row.type, name: isNumber ? row.name : strings.text(row.name), from, to: row.to };
}
