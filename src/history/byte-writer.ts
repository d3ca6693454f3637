/**
 * A buffer that grows, and the numbers of the format: varints (7 bits a byte, least significant first,
 * up to 2^53 - 1) and little-endian fixed widths. It is reused: `clear` keeps the memory.
 */

const encoder = new TextEncoder();
/** Below this a loop is faster than a call of the encoder. */
const SHORT_TEXT = 40;

/** Bytes in the making. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets the content. A buffer that one large value has blown up is given back. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > 2 ** 20) {
      this.#bytes = new Uint8Array(2 ** 12);
      this.#view = new DataView(this.#bytes.buffer);
    }
  }

  /** The content, valid until the next write. */
  view(from = 0): Uint8Array {
    return this.#bytes.subarray(from, this.#length);
  }

  /** A copy of the content. */
  take(from = 0): Uint8Array {
    return this.#bytes.slice(from, this.#length);
  }

  /** Cuts the content off. */
  truncate(length: number): void {
    this.#length = length;
  }

  u8(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    let rest = value;
    if (this.#length + 8 > this.#bytes.length) this.#reserve(8);
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length);
    this.#bytes.set(source, this.#length);
    this.#length += source.length;
  }

  /** The text as UTF-8, which it must be able to be. Returns true when it was ASCII alone. */
  text(text: string): boolean {
    this.#reserve(text.length * 3);
    const start = this.#length;
    if (text.length < SHORT_TEXT) {
      let code = 0;
      for (let i = 0; i < text.length; i++) {
        code = text.charCodeAt(i);
        if (code > 127) break;
        this.#bytes[start + i] = code;
      }
      if (code <= 127) {
        this.#length += text.length;
        return true;
      }
    }
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(start));
    this.#length += written;
    return written === text.length;
  }

  /** Overwrites a byte that was written before. */
  patchU8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  /** Overwrites four bytes that were written before. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
