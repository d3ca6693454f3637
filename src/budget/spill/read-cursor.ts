/**
 * How far a durable queue was read, in a file of two slots that are written in turn: whatever ends the process or the machine in
 * the middle of a write, the other slot holds.
 */
import { existsSync } from "node:fs";
import { FRAME_HEADER_BYTES, isFrameWhole, sealFrame } from "./frame.ts";
import { SpillFile } from "./spill-file.ts";

/** A place in a queue's segments. */
export interface QueuePlace {
  /** Number of the segment. */
  readonly segment: number;
  /** Byte in it at which the next record begins. */
  readonly offset: number;
}

/** What a flush promises. */
export interface FlushedPlaces {
  /** Everything before it was taken. */
  readonly taken: QueuePlace;
  /** Everything before it was written. */
  readonly written: QueuePlace;
}

const PAYLOAD_BYTES = 40;
const SLOT_BYTES = FRAME_HEADER_BYTES + PAYLOAD_BYTES;

/** The file. */
export class ReadCursor implements Disposable {
  readonly #file: SpillFile;
  #writes = 0;
  #places: FlushedPlaces = { taken: { segment: 0, offset: 0 }, written: { segment: 0, offset: 0 } };

  /** Opens or makes it. */
  constructor(path: string) {
    this.#file = SpillFile.named(path, existsSync(path) ? "r+" : "wx+");
    const bytes = Buffer.alloc(2 * SLOT_BYTES);
    if (this.#file.size < bytes.length) this.#file.writeAt(0, bytes);
    else this.#file.read(bytes, 0);
    for (const at of [0, SLOT_BYTES]) {
      const writes = bytes.readDoubleLE(at + FRAME_HEADER_BYTES);
      if (bytes.readUInt32LE(at) !== PAYLOAD_BYTES || !isFrameWhole(bytes, at, PAYLOAD_BYTES)) continue;
      if (writes < this.#writes) continue;
      this.#writes = writes;
      const [takenSegment, takenOffset, writtenSegment, writtenOffset] = [8, 16, 24, 32].map((offset) =>
        bytes.readDoubleLE(at + FRAME_HEADER_BYTES + offset),
      );
      this.#places = {
        taken: { segment: takenSegment ?? 0, offset: takenOffset ?? 0 },
        written: { segment: writtenSegment ?? 0, offset: writtenOffset ?? 0 },
      };
    }
  }

  /** What was written last. */
  get places(): FlushedPlaces {
    return this.#places;
  }

  /** Writes the places; they are safe from the machine's end once {@link sync} is done. */
  write(places: FlushedPlaces): void {
    const { taken, written } = places;
    const slot = Buffer.alloc(SLOT_BYTES);
    const numbers = [this.#writes + 1, taken.segment, taken.offset, written.segment, written.offset];
    for (const [i, number] of numbers.entries()) slot.writeDoubleLE(number, FRAME_HEADER_BYTES + 8 * i);
    sealFrame(slot, 0, PAYLOAD_BYTES);
    this.#file.writeAt(((this.#writes + 1) % 2) * SLOT_BYTES, slot);
    this.#writes += 1;
    this.#places = places;
  }

  /** Waits until it is on the disk. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
