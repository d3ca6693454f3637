/**
 * A first-in, first-out queue that holds so many bytes in memory and puts the rest on disk. Values are encoded when they are
 * pushed: so memory is counted exactly, and what comes out does not depend on whether it went through the disk. Up to the
 * first spill the disk is not touched.
 */
import { type ByteLease } from "../../base/byte-budget.ts";
import { memoryAtHand, openLease, type StoreMemory } from "../open-lease.ts";
import { type Codec, structuredCodec } from "./codec.ts";
import { QueueLog, type QueueRecovery } from "./queue-log.ts";
import { type QueuePlace } from "./read-cursor.ts";
import { RecordBlock } from "./record-block.ts";
import { spillClosed, spillCorrupt } from "./spill-errors.ts";

/** Options of a {@link SpillQueue}. */
export interface SpillQueueOptions<T> {
  /** Bytes to hold in memory, or a budget to share with others; one block more where nothing is left. */
  readonly memory: StoreMemory;
  /** Shown by the budget. Default: `queue`. */
  readonly name?: string;
  /** Default: {@link structuredCodec}. */
  readonly codec?: Codec<T>;
  /** Where files go that do not outlive the process. Default: the system's folder for temporary files. */
  readonly directory?: string;
  /** A folder of the queue's own, in which it outlives the process: see {@link SpillQueue.flush}. Default: none. */
  readonly folder?: string;
  /** Size of the files, each of which is removed when it was read. Default: 64 MiB. */
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
const LARGEST_BLOCK_BYTES = 256 * 1024;
const SMALLEST_BLOCK_BYTES = 512;
const BLOCKS_IN_MEMORY = 16;

/** The queue. */
export class SpillQueue<T> implements Disposable {
  readonly #codec: Codec<T>;
  readonly #log: QueueLog;
  readonly #lease: ByteLease;
  readonly #blockBytes: number;
  /** Oldest: taken from memory, or read back from disk. */
  #head: RecordBlock[] = [];
  /** Where the first of them was on disk. Default: it was not. */
  #headPlace: QueuePlace | undefined;
  /** Newest: behind what is on disk. */
  #tail: RecordBlock[] = [];
  /** An empty one, so that blocks are not made and collected all the time; it is not counted. */
  #spare: RecordBlock | undefined;
  #heldBytes = 0;
  #length = 0;
  #isBusy = false;
  #isClosed = false;
  #flushing: Promise<void> | undefined;
  #nextFlush: Promise<void> | undefined;

  /** @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE`; with a `folder` also `ERR_PLIMSOLL_SPILL_CLOSED`, `ERR_PLIMSOLL_SPILL_FAILED` */
  constructor(options: SpillQueueOptions<T>) {
    const { memory, name = "queue", codec = structuredCodec<T>(), directory, folder } = options;
    const share = Math.floor(memoryAtHand(memory) / BLOCKS_IN_MEMORY);
    this.#codec = codec;
    this.#blockBytes = Math.min(LARGEST_BLOCK_BYTES, Math.max(SMALLEST_BLOCK_BYTES, share));
    this.#log = new QueueLog({ directory, folder, segmentBytes: options.segmentBytes ?? SEGMENT_BYTES });
    this.#length = this.#log.recovery.records;
    this.#lease = openLease(memory, { name, shrink: () => this.#shrink() });
  }

  /** Values in it. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that its values take. */
  get memoryBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes on disk that wait to be read. */
  get diskBytes(): number {
    return this.#log.unreadBytes;
  }

  /** What was found in its folder when it was opened. */
  get recovery(): QueueRecovery {
    return this.#log.recovery;
  }

  /**
   * Adds a value at the end.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` when it does not fit into memory and the disk takes no more: the value is not in
   * the queue then, and everything before it still is.
   */
  push(value: T): void {
    this.#refuseClosed();
    const payload = this.#codec.encode(value);
    let block = this.#newest;
    if (!block?.hasRoom(payload.length)) {
      block = this.#addBlock(Math.max(this.#blockBytes, RecordBlock.bytesOf(payload.length)));
    }
    block.add(payload);
    this.#length += 1;
  }

  /**
   * Takes the oldest value, `undefined` when there is none.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_CORRUPT` when its bytes on disk are not what was written; it stays there. With a `folder`
   * also `ERR_PLIMSOLL_SPILL_FAILED`, since every value goes through it.
   */
  shift(): T | undefined {
    this.#refuseClosed();
    if (this.#length === 0) return undefined;
    const block = this.#head[0] ?? this.#nextHead();
    const length = block?.peekLength();
    if (!block || length === undefined) return undefined;
    const from = this.#headPlace;
    if (from && !block.isNextWhole(length)) {
      throw spillCorrupt(this.#log.pathOf(from.segment), from.offset + block.start, "a record's checksum is wrong");
    }
    const value = this.#codec.decode(block.peek(length));
    block.skip(length);
    this.#length -= 1;
    if (block.remaining === 0) {
      this.#head.shift();
      this.#release(block);
    }
    return value;
  }

  /** Takes value after value until there is none, also those pushed meanwhile. */
  *drain(): Generator<T, void, undefined> {
    while (this.#length > 0) yield this.shift() as T;
  }

  /**
   * Writes everything to the queue's folder and waits until it is on the disk: from then on what was pushed before survives a killed
   * process and a machine without power, and what was taken before does not come again. What is taken later may come
   * again after a crash. Without a `folder` it does nothing. Calls that wait share one write.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`; what was not written is still in memory.
   */
  async flush(): Promise<void> {
    this.#refuseClosed();
    if (!this.#log.isDurable) return;
    this.#writeAll();
    if (!this.#flushing) return this.#startFlush();
    this.#nextFlush ??= this.#flushing.then(
      () => this.#startFlush(),
      () => this.#startFlush(),
    );
    await this.#nextFlush;
  }

  /**
   * Lets memory and files go. With a `folder` everything is written to it before.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`; the queue is open then, with everything in it.
   */
  close(): void {
    if (this.#isClosed) return;
    if (this.#log.isDurable) {
      this.#writeAll();
      this.#log.flushNow(this.#place);
    }
    this.#isClosed = true;
    this.#log[Symbol.dispose]();
    this.#head = [];
    this.#tail = [];
    this.#spare = undefined;
    this.#length = 0;
    this.#heldBytes = 0;
    this.#lease.release();
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The block that is filled: the last in memory, when nothing on disk is behind it. */
  get #newest(): RecordBlock | undefined {
    if (this.#tail.length > 0) return this.#tail.at(-1);
    return this.#headPlace || !this.#log.isEmpty ? undefined : this.#head.at(-1);
  }

  get #place(): QueuePlace {
    const [block] = this.#head;
    const from = this.#headPlace;
    return block && from ? { segment: from.segment, offset: from.offset + block.start } : this.#log.place;
  }

  async #startFlush(): Promise<void> {
    this.#nextFlush = undefined;
    if (this.#isClosed) return; // closing wrote everything
    const flushing = this.#log.flush(this.#place).catch((error: unknown) => {
      if (!this.#isClosed) throw error;
    });
    this.#flushing = flushing;
    try {
      await flushing;
    } finally {
      if (this.#flushing === flushing) this.#flushing = undefined;
    }
  }

  #nextHead(): RecordBlock | undefined {
    // In its own folder the file has every record, so that after a crash none is missing between others.
    if (this.#log.isDurable && this.#log.isEmpty) this.#writeAll();
    const loaded = this.#log.take(this.#blockBytes, this.#spare);
    if (loaded) {
      if (loaded.block === this.#spare) this.#spare = undefined;
      this.#head = [loaded.block];
      this.#headPlace = loaded.place;
      this.#hold(loaded.block.capacity);
    } else {
      this.#head = this.#tail;
      this.#headPlace = undefined;
      this.#tail = [];
    }
    return this.#head[0];
  }

  #release(block: RecordBlock): void {
    this.#hold(-block.capacity);
    if (block.capacity !== this.#blockBytes) return;
    block.reset();
    this.#spare = block;
  }

  /** Counts bytes, also beyond what the budget gives. */
  #hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#isBusy = true;
    this.#lease.tryResize(this.#heldBytes);
    this.#isBusy = false;
  }

  /** Makes a block at the end; where it does not fit, what is newest goes to disk first. */
  #addBlock(bytes: number): RecordBlock {
    this.#isBusy = true;
    try {
      if (!this.#lease.tryResize(this.#heldBytes + bytes)) this.#spill();
    } finally {
      this.#isBusy = false;
    }
    this.#hold(bytes);
    let block = this.#spare;
    if (block?.capacity === bytes) this.#spare = undefined;
    else block = new RecordBlock(bytes);
    this.#tail.push(block);
    return block;
  }

  /** The older half stays, where nothing older is on disk: it will be wanted first. */
  #spill(): void {
    if (this.#log.isDurable || this.#head.length > 0 || !this.#log.isEmpty) return this.#writeAll();
    const kept = Math.floor(this.#tail.length / 2);
    this.#head = this.#tail.splice(0, kept);
    this.#headPlace = undefined;
    this.#writeAll();
  }

  /** Moves the newest to disk, a block at a time. */
  #writeAll(): void {
    for (let block = this.#tail[0]; block; block = this.#tail[0]) {
      this.#log.append(block.seal());
      this.#tail.shift();
      this.#release(block);
    }
  }

  #shrink(): number {
    if (this.#isBusy || this.#isClosed) return 0;
    const before = this.#heldBytes;
    try {
      this.#writeAll();
    } catch {
      // The disk is full: what was written is freed, the rest is kept.
    }
    return before - this.#heldBytes;
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw spillClosed("The queue", "is closed");
  }
}
