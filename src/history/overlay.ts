/**
 * Which cells were written since a keyframe, and where: two columns with open addressing. A restore fills it
 * anew each time, and a Map of as many entries would leave many times the garbage.
 */
import type { CellSink } from "./steps-record.ts";

/** Cells and the places of their newest content. */
export class Overlay implements CellSink {
  /** Cells plus 1; 0 where there is none. */
  #cells: Float64Array;
  #places: Int32Array;
  #shift: number;
  #size = 0;
  /** Added to the places that are set. */
  base = 0;

  /** @param logBytes - about how much log will be laid over the keyframe. */
  constructor(logBytes: number) {
    // A written cell takes 8 to 16 bytes of log as a rule.
    const bits = Math.max(4, Math.ceil(Math.log2(logBytes / 8)));
    this.#cells = new Float64Array(2 ** bits);
    this.#places = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
  }

  /** Makes `base + at` the place of a cell. */
  set(cell: number, at: number): void {
    const slot = this.#slotOf(cell);
    if (this.#cells[slot] === 0) {
      this.#cells[slot] = cell + 1;
      if (++this.#size * 2 > this.#cells.length) {
        this.#grow();
        this.set(cell, at);
        return;
      }
    }
    this.#places[slot] = this.base + at;
  }

  /** The place of a cell; -1 when it was not written. */
  get(cell: number): number {
    const slot = this.#slotOf(cell);
    return this.#cells[slot] === 0 ? -1 : (this.#places[slot] as number);
  }

  /** Every cell, in no order. */
  *cells(): Generator<number> {
    for (const cell of this.#cells) if (cell > 0) yield cell - 1;
  }

  #slotOf(cell: number): number {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let slot = Math.imul(cell | 0, 0x9e3779b1) >>> this.#shift;
    while (cells[slot] !== 0 && cells[slot] !== cell + 1) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const cells = this.#cells;
    const places = this.#places;
    this.#cells = new Float64Array(cells.length * 2);
    this.#places = new Int32Array(cells.length * 2);
    this.#shift--;
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at] as number;
      if (cell === 0) continue;
      const slot = this.#slotOf(cell - 1);
      this.#cells[slot] = cell;
      this.#places[slot] = places[at] as number;
    }
  }
}
