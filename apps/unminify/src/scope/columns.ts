/**
 * A column of 32-bit numbers that grows. A bundle of 14 MB has half a million identifiers: as objects
 * they would be the heap that this program is there to avoid, as columns they are 4 bytes each.
 */

const FIRST_CAPACITY = 1024;

/** Numbers from 0 to 2^32 - 1, appended and read by index. */
export class Column {
  #values = new Uint32Array(FIRST_CAPACITY);
  /** How many there are. */
  length = 0;

  /** Appends `value` and returns its index. */
  push(value: number): number {
    if (this.length === this.#values.length) {
      const grown = new Uint32Array(Math.max(FIRST_CAPACITY, Math.ceil(this.length * 1.5)));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length] = value;
    return this.length++;
  }

  /** The value at `index`, 0 beyond the end. */
  get(index: number): number {
    return index < this.length ? (this.#values[index] ?? 0) : 0;
  }

  /** Replaces the value at `index`, which must exist. */
  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** Drops everything from `length` on. */
  truncate(length: number): void {
    this.length = length;
  }

  /** Takes these values instead of its own, without a copy. */
  fill(values: Uint32Array<ArrayBuffer>): void {
    this.#values = values;
    this.length = values.length;
  }

  /** The values, without a copy: valid until the next `push`. */
  view(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }
}
