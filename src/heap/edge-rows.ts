/** Edges with their types and names, read again from the text: they are asked for only where something is to be shown. */
import type { HeapEdge, HeapEdgeType } from "./heap-graph.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import type { SnapshotLayout } from "./snapshot-layout.ts";
import type { StringTable } from "./string-table.ts";

/** Every so many rows the place in the file is noted. */
export const ROWS_A_MARK = 4096;
const PIECE = 64 * 1024;

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

  /** @param marks - where each {@link ROWS_A_MARK}th row begins. */
  constructor(file: SnapshotFile, layout: SnapshotLayout, marks: Float64Array) {
    this.#file = file;
    this.#layout = layout;
    this.#marks = marks;
  }

  /** Rows from `first` on, up to `end`. */
  *read(first: number, end: number): Generator<EdgeRow> {
    if (first >= end) return;
    const mark = Math.floor(first / ROWS_A_MARK);
    let at = this.#marks[mark] ?? 0;
    let row = mark * ROWS_A_MARK;
    let carried = "";
    const numbers: number[] = [];
    while (row < end) {
      const text = carried + this.#file.read(at, PIECE).toString("latin1");
      at += PIECE;
      const last = text.search(/[^0-9][0-9]*$/);
      carried = text.slice(last);
      for (const [digits] of text.slice(0, last).matchAll(/[0-9]+/g)) {
        numbers.push(Number(digits));
        if (numbers.length < 3) continue;
        const [type = 0, name = 0, to = 0] = numbers.splice(0);
        if (row >= first) yield this.#row(type, name, to);
        if (++row >= end) return;
      }
      if (last < 0) return;
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
