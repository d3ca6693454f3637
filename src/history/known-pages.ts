/**
 * Finds a page that was written before with the same content, so that it is stored once: a state that goes back to
 * what it was, or a branch that comes to what another has, costs no pages. A checksum only points at candidates; the
 * bytes themselves are compared. The table is bounded: four rows are shared by pages of the same hash, and the newest
 * pushes out the oldest.
 */
import type { Place } from "./page-table.ts";

/** Rows; a row takes 16 bytes. */
const ROWS = 8192;

/** Rows that a page can be in: with fewer, some pages of a state push out each other for ever. */
const WAYS = 4;

/** Where pages lie, by their checksums and lengths. */
export class KnownPages {
  readonly #checksums = new Uint32Array(ROWS);
  readonly #lengths = new Uint32Array(ROWS);
  readonly #positions = new Float64Array(ROWS);

  /** A page that may be the same; `undefined` when there is none. */
  find(checksum: number, length: number): Place | undefined {
    const first = rowOf(checksum, length);
    for (let row = first; row < first + WAYS; row++) {
      if (this.#checksums[row] !== checksum || this.#lengths[row] !== length) continue;
      return { position: this.#positions[row] as number, length };
    }
    return undefined;
  }

  /** Notes a page. */
  add(checksum: number, { position, length }: Place): void {
    const row = rowOf(checksum, length);
    for (const column of [this.#checksums, this.#lengths, this.#positions]) {
      column.copyWithin(row + 1, row, row + WAYS - 1);
    }
    this.#checksums[row] = checksum;
    this.#lengths[row] = length;
    this.#positions[row] = position;
  }
}

function rowOf(checksum: number, length: number): number {
  return (checksum ^ (checksum >>> 16) ^ length) & (ROWS - WAYS);
}
