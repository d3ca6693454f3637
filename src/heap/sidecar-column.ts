/** A column of a sidecar that is unpacked block by block, as it is asked for. */
import type { NumberBlock } from "./packed-numbers.ts";
import { ROWS_A_BLOCK, unpackNumbers } from "./packed-numbers.ts";
import type { SidecarColumn } from "./sidecar-file.ts";
import type { SnapshotFile } from "./snapshot-file.ts";

/** Values of a packed column. */
export class LazyColumn {
  readonly #file: SnapshotFile;
  readonly #column: SidecarColumn;
  readonly #blocks: (NumberBlock | undefined)[] = [];

  /** @param file - the sidecar. */
  constructor(file: SnapshotFile, column: SidecarColumn) {
    this.#file = file;
    this.#column = column;
  }

  /** Number of values. */
  get rows(): number {
    return this.#column.rows;
  }

  /** The value of a row. Default: 0, where there is no such row. */
  at(row: number): number {
    const index = Math.floor(row / ROWS_A_BLOCK);
    const block = (this.#blocks[index] ??= this.#unpack(index));
    return block[row % ROWS_A_BLOCK] ?? 0;
  }

  /** All values. */
  all(): Float64Array {
    return Float64Array.from({ length: this.rows }, (_, row) => this.at(row));
  }

  #unpack(index: number): NumberBlock {
    const { form, rows, places } = this.#column;
    const [at = 0, end] = places.slice(index, index + 2);
    if (end === undefined) return new Uint32Array();
    const firstRow = index * ROWS_A_BLOCK;
    return unpackNumbers(this.#file.read(at, end - at), form, firstRow, Math.min(ROWS_A_BLOCK, rows - firstRow));
  }
}
