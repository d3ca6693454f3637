/**
 * Columns of numbers, a row a node, that the graph algorithms do not need: in memory for small snapshots, else in a file that
 * has no name any more, so that nothing is left behind whatever happens.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Bytes a row takes in each column. */
const WIDTHS = { type: 1, detached: 1, name: 4, id: 4, selfSize: 4, start: 4, cameFrom: 4 } as const;

/** A column's name. */
export type ColumnName = keyof typeof WIDTHS;

const ROW_BYTES = Object.values(WIDTHS).reduce((sum, width) => sum + width, 0);
/** Columns larger than this go to a file. */
const LARGEST_IN_MEMORY = 64 * 1024 * 1024;

/** Where columns are kept. */
export class ColumnStore implements Disposable {
  readonly #rows: number;
  readonly #memory: Buffer | undefined;
  #descriptor: number | undefined;

  /**
   * @param rows - of every column.
   * @param beside - a file in whose folder the columns may lie; the system's temporary folder is next.
   */
  constructor(rows: number, beside: string) {
    this.#rows = rows;
    const bytes = rows * ROW_BYTES;
    if (bytes <= LARGEST_IN_MEMORY) this.#memory = Buffer.allocUnsafeSlow(bytes);
    else this.#descriptor = openNameless([dirname(beside), tmpdir()]);
  }

  /** Writes rows of a column from `row` on. */
  write(column: ColumnName, row: number, bytes: Uint8Array): void {
    const at = this.#place(column, row);
    if (this.#memory) this.#memory.set(bytes, at);
    else
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.#open(), bytes, done, bytes.length - done, at + done);
  }

  /** Fills `target` with rows of a column from `row` on. */
  readInto(column: ColumnName, row: number, target: Uint8Array): void {
    const at = this.#place(column, row);
    if (this.#memory) target.set(this.#memory.subarray(at, at + target.length));
    else
      for (let done = 0; done < target.length;) {
        const read = readSync(this.#open(), target, done, target.length - done, at + done);
        if (read === 0) throw new Error(`column ${column} ends before row ${row}`);
        done += read;
      }
  }

  /** `count` numbers of a column of four bytes, from `row` on. */
  numbers(column: ColumnName, row: number, count: number): Uint32Array {
    const numbers = new Uint32Array(count);
    this.readInto(column, row, new Uint8Array(numbers.buffer));
    return numbers;
  }

  /** Lets everything go. */
  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #place(column: ColumnName, row: number): number {
    let before = 0;
    for (const [name, width] of Object.entries(WIDTHS)) {
      if (name === column) break;
      before += width;
    }
    return before * this.#rows + row * WIDTHS[column];
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error("the heap graph was disposed of");
    return this.#descriptor;
  }
}

function openNameless(folders: readonly string[]): number {
  let failure: unknown;
  for (const folder of folders) {
    const path = join(folder, `.plimsoll-columns-${process.pid}-${Math.trunc(performance.now() * 1000)}`);
    try {
      const descriptor = openSync(path, "wx+", 0o600);
      rmSync(path, { force: true });
      return descriptor;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
