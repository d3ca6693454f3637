/**
 * Bytes in the making, and bytes that are read: varints of 7 bits, little-endian doubles, text. Written for the inner loop of a
 * history, which spends most of its time here.
 */
import { failure } from "../data/errors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const SURROGATE = /[\ud800-\udfff]/;

/** A buffer that grows. */
export class Bytes {
  /** The content, and room after it. */
  buffer = new Uint8Array(1 << 16);
  /** How much of it is content. */
  length = 0;

  /** Makes room for so many bytes more. */
  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  /** One byte. */
  byte(value: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    if (value < 128 && this.length < this.buffer.length) {
      this.buffer[this.length++] = value;
      return;
    }
    let rest = value;
    if (this.length + 8 > this.buffer.length) this.reserve(8);
    while (rest > 0x7fff_ffff) {
      this.buffer[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.buffer[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.buffer[this.length++] = rest;
  }

  /** A double. */
  double(value: number): void {
    this.reserve(8);
    new DataView(this.buffer.buffer).setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Bytes with their number before them. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Bytes alone. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Any text: UTF-8, or code units when half a surrogate pair may be in it. */
  text(text: string): void {
    if (SURROGATE.test(text)) {
      this.varint(2 * text.length + 1);
      for (let index = 0; index < text.length; index++) this.varint(text.charCodeAt(index));
      return;
    }
    const bytes = encoder.encode(text);
    this.varint(2 * bytes.length);
    this.raw(bytes);
  }

  /** A copy of the content. */
  take(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  /** Forgets the content, and large rooms. */
  clear(): void {
    this.length = 0;
    if (this.buffer.length > 1 << 22) this.buffer = new Uint8Array(1 << 16);
  }
}

/** A place in bytes. */
export class Cursor {
  /** What is read. */
  readonly bytes: Uint8Array;
  /** The next byte. */
  at: number;
  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** One byte. @throws `LispError` of kind `image` at the end. */
  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw failure("image", `the saved bytes end at ${this.bytes.length}`);
    return value;
  }

  /** A whole number. */
  varint(): number {
    let byte = this.byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    do {
      byte = this.byte();
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return value;
  }

  /** A double. */
  double(): number {
    const part = this.raw(8);
    return new DataView(part.buffer, part.byteOffset, 8).getFloat64(0, true);
  }

  /** Bytes with their number before them; not copied. */
  block(): Uint8Array {
    return this.raw(this.varint());
  }

  /** So many bytes; not copied. @throws `LispError` of kind `image` when there are fewer. */
  raw(length: number): Uint8Array {
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw failure("image", `the saved bytes end at ${this.bytes.length}`);
    return this.bytes.subarray(start, this.at);
  }

  /** A text. */
  text(): string {
    const length = this.varint();
    if (length % 2 === 0) return decoder.decode(this.raw(length / 2));
    let text = "";
    for (let left = (length - 1) / 2; left > 0; left--) text += String.fromCharCode(this.varint());
    return text;
  }
}
