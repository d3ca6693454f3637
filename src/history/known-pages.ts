/**
 * Finds a page that was written before with the same content, so that it is stored once: a state that goes back to
 * what it was, or a branch that comes to what another has, costs no pages. A checksum only points at candidates; the
 * bytes themselves are compared. The table is bounded: a newer page takes the row of an older one.
 */
import type { Place } from "./page-table.ts";

/** Rows; a row takes 16 bytes. */
const ROWS = 8192;

/** Where pages lie, by their checksums and lengths. */
export class KnownPages {
  readonly #checksums = new Uint32Array(ROWS);
  readonly #lengths = new Uint32Array(ROWS);
  readonly #positions = new Float64Array(ROWS);

  /** A page that may be the same; `undefined` when there is none. */
  find(checksum: number, length: number): Place | undefined {
    const row = rowOf(checksum, length);
    if (this.#checksums[row] !== checksum || this.#lengths[row] !== length) return undefined;
    return { position: this.#positions[row] as number, length };
  }

  /** Notes a page. */
  add(checksum: number, { position, length }: Place): void {
    const row = rowOf(checksum, length);
    this.#checksums[row] = checksum;
    this.#lengths[row] = length;
    this.#positions[row] = position;
  }
}

function rowOf(checksum: number, length: number): number {
  return (checksum ^ (checksum >>> 16) ^ length) & (ROWS - 1);
}
