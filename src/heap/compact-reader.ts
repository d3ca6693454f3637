/** Reads the compact form as if it were the snapshot's text: whoever asks for a place in the text gets it, a block unpacked at a time. */
import { fstatSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import {
  COMPACT_MAGIC,
  COMPACT_TRAILER_BYTES,
  COMPACT_VERSION,
  type CompactBlock,
  unpackBlock,
} from "./compact-form.ts";

/** Blocks that are kept unpacked, up to 0.7 MB each. */
const MAX_BLOCKS = 16;

/** The text of a file in the compact form. */
export class CompactReader {
  /** Length of the text. */
  readonly sizeBytes: number;
  readonly #descriptor: number;
  readonly #blocks: readonly CompactBlock[];
  /** Where each block's text begins. */
  readonly #starts: Float64Array;
  readonly #unpacked = new Map<number, Buffer>();

  private constructor(descriptor: number, blocks: readonly CompactBlock[]) {
    this.#descriptor = descriptor;
    this.#blocks = blocks;
    this.#starts = new Float64Array(blocks.length);
    let at = 0;
    for (const [nth, { textBytes }] of blocks.entries()) {
      this.#starts[nth] = at;
      at += textBytes;
    }
    this.sizeBytes = at;
  }

  /**
   * Looks whether an open file is in the compact form. Default: it is not.
   *
   * @throws Error when it is, but was cut off or is of another version.
   */
  static open(descriptor: number): CompactReader | undefined {
    if (readAt(descriptor, COMPACT_MAGIC.length, 0).toString("latin1") !== COMPACT_MAGIC) return undefined;
    const { size } = fstatSync(descriptor);
    const trailer = readAt(descriptor, COMPACT_TRAILER_BYTES, Math.max(0, size - COMPACT_TRAILER_BYTES));
    if (size < 2 * COMPACT_TRAILER_BYTES || trailer.toString("latin1", 0, COMPACT_MAGIC.length) !== COMPACT_MAGIC)
      throw new Error("it was cut off");
    const version = trailer.readUInt32LE(8);
    if (version !== COMPACT_VERSION) throw new Error(`it has version ${version} of the compact form`);
    const length = trailer.readUInt32LE(12);
    const directory = readAt(descriptor, length, Math.max(0, size - COMPACT_TRAILER_BYTES - length));
    if (crc32(directory) !== trailer.readUInt32LE(16)) throw new Error("the checksum of its directory is wrong");
    // Its checksum has been found right: this version has written it.
    return new CompactReader(descriptor, JSON.parse(directory.toString()) as CompactBlock[]);
  }

  /**
   * Reads text into `target` from `at` on.
   *
   * @returns bytes read; fewer only at the end of the text.
   * @throws Error when a block is not what was written.
   */
  readInto(target: Uint8Array, at: number): number {
    let taken = 0;
    for (let nth = this.#find(at); taken < target.length && nth < this.#blocks.length; nth++) {
      const from = at + taken - (this.#starts[nth] ?? 0);
      const part = this.#text(nth).subarray(from, from + target.length - taken);
      target.set(part, taken);
      taken += part.length;
    }
    return taken;
  }

  /** The last block that begins at a place or before it. */
  #find(at: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #text(nth: number): Buffer {
    const known = this.#unpacked.get(nth);
    if (known) {
      this.#unpacked.delete(nth);
      this.#unpacked.set(nth, known);
      return known;
    }
    const block = this.#blocks[nth];
    if (!block) return Buffer.alloc(0);
    const packed = readAt(this.#descriptor, block.bytes, block.at);
    if (packed.length !== block.bytes || crc32(packed) !== block.checksum)
      throw new Error(`the checksum of block ${nth} is wrong`);
    const text = unpackBlock(packed, block);
    this.#unpacked.set(nth, text);
    for (const oldest of this.#unpacked.keys()) {
      if (this.#unpacked.size <= MAX_BLOCKS) break;
      this.#unpacked.delete(oldest);
    }
    return text;
  }
}

function readAt(descriptor: number, length: number, at: number): Buffer {
  const target = Buffer.allocUnsafe(length);
  let done = 0;
  for (let read = -1; done < length && read !== 0; done += read) {
    read = readSync(descriptor, target, done, length - done, at + done);
  }
  return target.subarray(0, done);
}
