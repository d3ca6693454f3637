/**
 * A sorted run on disk: records one behind the other in blocks, each of which has a checksum. A block is the unit that is
 * written and read; a record that is larger than a block has one of its own.
 */
import { FRAME_HEADER_BYTES, isFrameWhole, sealFrame } from "./frame.ts";
import { spillCorrupt } from "./spill-errors.ts";
import type { SpillFile } from "./spill-file.ts";

/** Before each record: its length. */
const LENGTH_BYTES = 4;

/** Writes a run. */
export class RunWriter {
  /** What is written to. */
  readonly file: SpillFile;
  readonly #blockBytes: number;
  #block: Buffer;
  #end = FRAME_HEADER_BYTES;

  /** @param blockBytes - without the header of a block. */
  constructor(file: SpillFile, blockBytes: number) {
    this.file = file;
    this.#blockBytes = blockBytes;
    this.#block = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + blockBytes);
  }

  /** @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  add(record: Uint8Array): void {
    if (this.#end + LENGTH_BYTES + record.length > this.#block.length) this.#makeRoom(LENGTH_BYTES + record.length);
    this.#block.writeUInt32LE(record.length, this.#end);
    this.#block.set(record, this.#end + LENGTH_BYTES);
    this.#end += LENGTH_BYTES + record.length;
  }

  /** Writes what is left. @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  finish(): void {
    const length = this.#end - FRAME_HEADER_BYTES;
    if (length === 0) return;
    sealFrame(this.#block, 0, length);
    this.file.append(this.#block.subarray(0, this.#end));
    this.#end = FRAME_HEADER_BYTES;
  }

  #makeRoom(bytes: number): void {
    this.finish();
    const wanted = FRAME_HEADER_BYTES + Math.max(bytes, this.#blockBytes);
    if (this.#block.length !== wanted) this.#block = Buffer.allocUnsafeSlow(wanted);
  }
}

/** Reads a run from its start. */
export class RunReader {
  readonly #file: SpillFile;
  #block: Buffer;
  #position = 0;
  #next = 0;
  #end = 0;

  constructor(file: SpillFile, blockBytes: number) {
    this.#file = file;
    this.#block = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + blockBytes);
  }

  /** The next record, lent until the one behind it is asked for. @throws PlimsollError `ERR_PLIMSOLL_SPILL_CORRUPT` */
  next(): Uint8Array | undefined {
    if (this.#next === this.#end && !this.#load()) return undefined;
    const from = this.#next + LENGTH_BYTES;
    this.#next = from + this.#block.readUInt32LE(this.#next);
    return this.#block.subarray(from, this.#next);
  }

  #load(): boolean {
    const at = this.#position;
    let read = this.#file.read(this.#block, at);
    if (read === 0) return false;
    const length = read < FRAME_HEADER_BYTES ? this.#file.size : this.#block.readUInt32LE(0);
    const whole = FRAME_HEADER_BYTES + length;
    if (at + whole > this.#file.size)
      throw spillCorrupt(this.#file.path, at, `a block of ${length} bytes cannot be there`);
    if (whole > read) {
      this.#block = Buffer.allocUnsafeSlow(whole);
      read = this.#file.read(this.#block, at);
    }
    if (!isFrameWhole(this.#block, 0, length)) throw spillCorrupt(this.#file.path, at, "a block's checksum is wrong");
    this.#position = at + whole;
    this.#next = FRAME_HEADER_BYTES;
    this.#end = whole;
    return true;
  }
}
