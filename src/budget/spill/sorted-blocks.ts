/**
 * The entries of a map on disk, in the order of a hash of their keys, in small blocks; in memory only the first hash of each block
 * and where it is. A get is a binary search in memory, one positioned read, and a walk through one block.
 */
import { FRAME_HEADER_BYTES, isFrameWhole, sealFrame } from "./frame.ts";
import { spillCorrupt } from "./spill-errors.ts";
import { SpillFile } from "./spill-file.ts";

/** The hash, the length of the key, the length of the value; then both. */
export const ENTRY_HEADER_BYTES = 12;
const BLOCK_BYTES = 1024;
const BUFFER_BYTES = 256 * 1024;

/** An entry in the bytes that it was read from: lent until the next is asked for. */
interface FoundEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Blocks that are written once, in the order of the hash, and read then. */
export class SortedBlocks implements Disposable {
  readonly #file: SpillFile;
  #hashes = new Uint32Array(256);
  /** Where each block begins, and the last ends. */
  #starts = new Float64Array(257);
  #count = 0;
  #open: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** Of the open buffer: where the open block begins, and where it ends. */
  #from = 0;
  #end = FRAME_HEADER_BYTES;
  #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #loaded = -1;

  /** @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  constructor(directory: string | undefined) {
    this.#file = SpillFile.scratch(directory);
  }

  /** Bytes of memory that it takes. */
  get memoryBytes(): number {
    return this.#hashes.byteLength + this.#starts.byteLength + this.#open.length + this.#block.length;
  }

  /** Adds an entry, header and all. @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  add(entry: Buffer): void {
    const inBlock = this.#end - this.#from;
    if (inBlock > FRAME_HEADER_BYTES && inBlock + entry.length > BLOCK_BYTES) this.#closeBlock();
    if (this.#end + entry.length > this.#open.length) this.#makeRoom(entry.length);
    if (this.#end - this.#from === FRAME_HEADER_BYTES) this.#hashes[this.#count] = entry.readUInt32LE(0);
    this.#open.set(entry, this.#end);
    this.#end += entry.length;
  }

  /** Writes what is left. @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  finish(): void {
    if (this.#end - this.#from > FRAME_HEADER_BYTES) this.#closeBlock();
    this.#write();
    this.#open = Buffer.alloc(0);
  }

  /** The value of a key, lent. @throws PlimsollError `ERR_PLIMSOLL_SPILL_CORRUPT` */
  find(hash: number, key: Buffer): Uint8Array | undefined {
    for (let at = this.#lastBlockFrom(hash); at >= 0; at -= 1) {
      const block = this.#load(at);
      const end = this.#blockEnd(at);
      for (let entry = FRAME_HEADER_BYTES; entry < end; entry += entryBytes(block, entry)) {
        if (block.readUInt32LE(entry) === hash && hasKey(block, entry, key)) return valueAt(block, entry);
      }
      // Keys of one hash may go on from the block before.
      if (this.#hashes[at] !== hash) return undefined;
    }
    return undefined;
  }

  /** Every entry. @throws PlimsollError `ERR_PLIMSOLL_SPILL_CORRUPT` */
  *entries(): Generator<FoundEntry> {
    for (let at = 0; at < this.#count; at += 1) {
      for (let entry = FRAME_HEADER_BYTES; entry < this.#blockEnd(at);) {
        const block = this.#load(at); // another get may have read another block meanwhile
        yield entryAt(block, entry);
        entry += entryBytes(this.#load(at), entry);
      }
    }
  }

  /** Closes its file, which has no name. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #closeBlock(): void {
    sealFrame(this.#open, this.#from, this.#end - this.#from - FRAME_HEADER_BYTES);
    this.#count += 1;
    if (this.#count === this.#hashes.length) this.#grow();
    this.#starts[this.#count] = (this.#starts[this.#count - 1] ?? 0) + this.#end - this.#from;
    this.#from = this.#end;
    this.#end += FRAME_HEADER_BYTES;
  }

  /** Writes the closed blocks, and takes the open one to the start of the buffer. */
  #makeRoom(bytes: number): void {
    this.#write();
    if (this.#end + bytes <= this.#open.length) return;
    const larger = Buffer.allocUnsafeSlow(this.#end + bytes);
    this.#open.copy(larger, 0, 0, this.#end);
    this.#open = larger;
  }

  #write(): void {
    if (this.#from === 0) return;
    this.#file.append(this.#open.subarray(0, this.#from));
    this.#open.copyWithin(0, this.#from, Math.min(this.#end, this.#open.length));
    this.#end -= this.#from;
    this.#from = 0;
  }

  #grow(): void {
    const hashes = new Uint32Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const starts = new Float64Array(hashes.length + 1);
    starts.set(this.#starts);
    this.#starts = starts;
  }

  /** The last block that begins with this hash or a smaller one; -1 when there is none. */
  #lastBlockFrom(hash: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hashes[middle] ?? 0) <= hash) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #blockEnd(at: number): number {
    return (this.#starts[at + 1] ?? 0) - (this.#starts[at] ?? 0);
  }

  #load(at: number): Buffer {
    if (at === this.#loaded) return this.#block;
    const start = this.#starts[at] ?? 0;
    const bytes = this.#blockEnd(at);
    if (this.#block.length < bytes) this.#block = Buffer.allocUnsafeSlow(bytes);
    const block = this.#block;
    this.#loaded = -1;
    this.#file.read(block, start, bytes);
    if (block.readUInt32LE(0) !== bytes - FRAME_HEADER_BYTES || !isFrameWhole(block, 0, bytes - FRAME_HEADER_BYTES)) {
      throw spillCorrupt(this.#file.path, start, "a block's checksum is wrong");
    }
    this.#loaded = at;
    return block;
  }
}

function entryBytes(block: Buffer, at: number): number {
  return ENTRY_HEADER_BYTES + block.readUInt32LE(at + 4) + block.readUInt32LE(at + 8);
}

function hasKey(block: Buffer, at: number, key: Buffer): boolean {
  if (block.readUInt32LE(at + 4) !== key.length) return false;
  for (let i = 0; i < key.length; i += 1) if (block[at + ENTRY_HEADER_BYTES + i] !== key[i]) return false;
  return true;
}

function valueAt(block: Buffer, at: number): Uint8Array {
  const value = at + ENTRY_HEADER_BYTES + block.readUInt32LE(at + 4);
  return block.subarray(value, value + block.readUInt32LE(at + 8));
}

function entryAt(block: Buffer, at: number): FoundEntry {
  const key = at + ENTRY_HEADER_BYTES;
  return { key: block.subarray(key, key + block.readUInt32LE(at + 4)), value: valueAt(block, at) };
}
