/**
 * Reads what ByteWriter wrote. It never reads past its end: a text that ends too early is an error of
 * the caller's data, and the checksums have found that before.
 */

/** A position in bytes. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    const value = this.bytes[this.at];
    if (value === undefined || this.at >= this.end) throw new RangeError(`the record ends at byte ${this.at}`);
    this.at++;
    return value;
  }

  varint(): number {
    let byte = this.u8();
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    do {
      byte = this.u8();
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return value;
  }

  u32(): number {
    const { bytes, at } = this;
    this.#skip(4);
    return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  }

  f64(): number {
    const { bytes, at } = this;
    this.#skip(8);
    return new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  /** The next bytes, not copied. */
  take(length: number): Uint8Array {
    const { at } = this;
    this.#skip(length);
    return this.bytes.subarray(at, at + length);
  }

  #skip(length: number): void {
    if (this.at + length > this.end) throw new RangeError(`the record ends ${this.at + length - this.end} bytes early`);
    this.at += length;
  }
}

/** The varint at `at`, which ends before `end`. */
export function readVarint(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let scale = 1;
  for (let i = at; i < end; i++) {
    const byte = bytes[i] as number;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  throw new RangeError(`the record ends at byte ${end}`);
}
