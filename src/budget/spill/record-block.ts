/** Records one behind the other in memory, in the form in which they go to disk: see frame.ts. */
import { FRAME_HEADER_BYTES, isFrameWhole, sealFrame } from "./frame.ts";

/** A block that is filled at its end and emptied from its start. */
export class RecordBlock {
  readonly #bytes: Buffer;
  #start = 0;
  #end = 0;

  /** @param bytes - that it may hold, headers included. */
  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Bytes that a record of `length` takes. */
  static bytesOf(length: number): number {
    return FRAME_HEADER_BYTES + length;
  }

  /** Bytes that it takes in memory. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Bytes of records not yet taken. */
  get remaining(): number {
    return this.#end - this.#start;
  }

  /** Where the next record begins. */
  get start(): number {
    return this.#start;
  }

  /** True when a record of so many bytes still fits. */
  hasRoom(length: number): boolean {
    return this.#end + FRAME_HEADER_BYTES + length <= this.#bytes.length;
  }

  /** Adds a record; its checksum comes with {@link seal}. */
  add(payload: Uint8Array): void {
    this.#bytes.writeUInt32LE(payload.length, this.#end);
    this.#bytes.set(payload, this.#end + FRAME_HEADER_BYTES);
    this.#end += FRAME_HEADER_BYTES + payload.length;
  }

  /** Length of the next record, `undefined` when it is not whole: the block ends before it does. */
  peekLength(): number | undefined {
    if (this.remaining < FRAME_HEADER_BYTES) return undefined;
    const length = this.#bytes.readUInt32LE(this.#start);
    return this.remaining < FRAME_HEADER_BYTES + length ? undefined : length;
  }

  /** Cuts off a record at the end that is not whole; gives the bytes that are left. */
  trim(): number {
    const from = this.#start;
    for (let length = this.peekLength(); length !== undefined; length = this.peekLength()) this.skip(length);
    this.#end = this.#start;
    this.#start = from;
    return this.remaining;
  }

  /** Bytes that the next record needs with its header, as far as can be seen: 0 when not even its header is there. */
  neededForNext(): number {
    return this.remaining < FRAME_HEADER_BYTES ? 0 : FRAME_HEADER_BYTES + this.#bytes.readUInt32LE(this.#start);
  }

  /** True when the next record, of that length, is what was written. */
  isNextWhole(length: number): boolean {
    return isFrameWhole(this.#bytes, this.#start, length);
  }

  /** The bytes of the next record, lent. */
  peek(length: number): Uint8Array {
    const from = this.#start + FRAME_HEADER_BYTES;
    return this.#bytes.subarray(from, from + length);
  }

  /** Goes behind the next record. */
  skip(length: number): void {
    this.#start += FRAME_HEADER_BYTES + length;
  }

  /** Takes what `read` puts into it, whole records or not. */
  fill(read: (target: Buffer) => number): void {
    this.#start = 0;
    this.#end = read(this.#bytes);
  }

  /** Makes an empty block ready to be filled again. */
  reset(): void {
    this.#start = 0;
    this.#end = 0;
  }

  /** The records not yet taken, with their checksums. */
  seal(): Uint8Array {
    for (let at = this.#start; at < this.#end;) {
      const length = this.#bytes.readUInt32LE(at);
      sealFrame(this.#bytes, at, length);
      at += FRAME_HEADER_BYTES + length;
    }
    return this.#bytes.subarray(this.#start, this.#end);
  }
}
