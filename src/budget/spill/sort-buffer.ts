/**
 * What a sort holds in memory until it is full. With numeric keys it is bytes: records in one buffer, their keys and places in two
 * arrays of numbers, no object each; with a comparison it is the values themselves, and their size is an estimate.
 */
import { PlimsollError } from "../../base/errors.ts";
import { estimateBytes } from "../estimate-bytes.ts";
import { type Codec } from "./codec.ts";
import { orderKeys } from "./key-order.ts";

/** Values that are collected, sorted and given away. */
export interface SortBuffer<T> {
  /** Values in it. */
  readonly length: number;
  /** Adds one; false when there is no room for it, or the others were sorted already. */
  add(value: T): boolean;
  /** Every value, in order. */
  values(): Iterable<T>;
  /** The same as bytes, each lent until the next. */
  records(): Iterable<Uint8Array>;
  /** Makes it empty. */
  clear(): void;
}

/** Bytes of a buffer for each entry of the two arrays: smaller records fill the arrays first. */
const BYTES_AN_ENTRY = 32;
const ARRAYS_SHARE = 12 / BYTES_AN_ENTRY;

/** Sorts by a number. */
export class KeyedBuffer<T> implements SortBuffer<T> {
  readonly #codec: Codec<T>;
  readonly #key: (value: T) => number;
  #bytes: Buffer;
  readonly #keys: Float64Array;
  /** Where each record ends. */
  readonly #ends: Uint32Array;
  #count = 0;
  #end = 0;
  /** Once the keys are sorted, and lost by that. */
  #positionAt: ((place: number) => number) | undefined;

  constructor(memoryBytes: number, codec: Codec<T>, key: (value: T) => number) {
    this.#codec = codec;
    this.#key = key;
    // Pages of a large buffer are taken from the system only when they are first written.
    this.#bytes = Buffer.allocUnsafeSlow(Math.floor(memoryBytes / (1 + ARRAYS_SHARE)));
    const entries = Math.ceil(this.#bytes.length / BYTES_AN_ENTRY);
    this.#keys = new Float64Array(entries);
    this.#ends = new Uint32Array(entries);
  }

  get length(): number {
    return this.#count;
  }

  add(value: T): boolean {
    const key = this.#key(value);
    if (Number.isNaN(key)) throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", "key gave NaN, which has no order.");
    if (this.#positionAt) return false;
    const record = this.#codec.encode(value);
    const end = this.#end + record.length;
    if (end > this.#bytes.length || this.#count === this.#keys.length) {
      if (this.#count > 0) return false;
      this.#bytes = Buffer.allocUnsafeSlow(end);
    }
    this.#bytes.set(record, this.#end);
    this.#keys[this.#count] = key;
    this.#ends[this.#count] = end;
    this.#end = end;
    this.#count += 1;
    return true;
  }

  *values(): Generator<T> {
    for (const record of this.records()) yield this.#codec.decode(record);
  }

  *records(): Generator<Uint8Array> {
    const positionAt = (this.#positionAt ??= orderKeys(this.#keys, this.#count));
    for (let place = 0; place < this.#count; place += 1) {
      const position = positionAt(place);
      yield this.#bytes.subarray(position === 0 ? 0 : this.#ends[position - 1], this.#ends[position]);
    }
  }

  clear(): void {
    this.#count = 0;
    this.#end = 0;
    this.#positionAt = undefined;
  }
}

/** Sorts by a comparison. */
export class ComparedBuffer<T> implements SortBuffer<T> {
  readonly #memoryBytes: number;
  readonly #codec: Codec<T>;
  readonly #compare: (a: T, b: T) => number;
  #values: T[] = [];
  #bytes = 0;

  constructor(memoryBytes: number, codec: Codec<T>, compare: (a: T, b: T) => number) {
    this.#memoryBytes = memoryBytes;
    this.#codec = codec;
    this.#compare = compare;
  }

  get length(): number {
    return this.#values.length;
  }

  add(value: T): boolean {
    const bytes = 8 + estimateBytes(value);
    if (this.#bytes + bytes > this.#memoryBytes && this.#values.length > 0) return false;
    this.#values.push(value);
    this.#bytes += bytes;
    return true;
  }

  values(): Iterable<T> {
    return this.#values.sort(this.#compare);
  }

  *records(): Generator<Uint8Array> {
    for (const value of this.values()) yield this.#codec.encode(value);
  }

  clear(): void {
    this.#values = [];
    this.#bytes = 0;
  }
}
