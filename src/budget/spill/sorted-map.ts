/**
 * A map that is filled first and read then: entries are sorted on disk by a hash of their key, and the index in memory is some bytes for
 * each block of them. It is much faster to fill than a tree that is kept in order; once it was read it takes nothing more.
 */
import { crc32 } from "node:zlib";
import { type ByteLease } from "../../base/byte-budget.ts";
import { memoryAtHand, openLease, type StoreMemory } from "../open-lease.ts";
import { type Codec, structuredCodec } from "./codec.ts";
import { bytesOfKey, keyOfBytes } from "./key-bytes.ts";
import { ENTRY_HEADER_BYTES, SortedBlocks } from "./sorted-blocks.ts";
import { SortedRuns } from "./sorted-runs.ts";
import { spillClosed } from "./spill-errors.ts";
import { type SpillKey, type SpillMap } from "./spill-map.ts";

/** Options of a {@link SortedMap}. */
export interface SortedMapOptions<V> {
  /** Bytes to hold in memory, or a budget to lend them from. Default: 64 MiB. */
  readonly memory?: StoreMemory;
  /** Shown by the budget. Default: `map`. */
  readonly name?: string;
  /** Of values. Default: {@link structuredCodec}. */
  readonly codec?: Codec<V>;
  /** Where files go, which do not outlive the process. Default: the system's folder for temporary files. */
  readonly directory?: string;
}

const DEFAULT_MEMORY = "64mb";
const MOST_FROM_BUDGET = 64 * 1024 * 1024;
const LEAST_BYTES = 64 * 1024;

/** Entries as the bytes that they are. */
const lentBytes: Codec<Buffer> = {
  encode: (bytes) => bytes,
  decode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
};

/** The map: {@link SpillMap.set} until the first time that it is read. */
export class SortedMap<K extends SpillKey, V> implements SpillMap<K, V> {
  readonly #codec: Codec<V>;
  readonly #directory: string | undefined;
  readonly #lease: ByteLease;
  #runs: SortedRuns<Buffer> | undefined;
  #blocks: SortedBlocks | undefined;
  #entry = Buffer.allocUnsafeSlow(1024);
  #size = 0;
  #isClosed = false;

  /** @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` */
  constructor(options: SortedMapOptions<V> = {}) {
    const { memory = DEFAULT_MEMORY, name = "map", codec = structuredCodec<V>(), directory } = options;
    const most = typeof memory === "object" ? MOST_FROM_BUDGET : Number.POSITIVE_INFINITY;
    const bytes = Math.max(LEAST_BYTES, Math.min(most, memoryAtHand(memory)));
    this.#codec = codec;
    this.#directory = directory;
    this.#lease = openLease(memory, { name, shrink: () => 0 });
    this.#lease.tryResize(bytes);
    this.#runs = new SortedRuns(bytes, { key: (entry) => entry.readUInt32LE(0), codec: lentBytes, directory });
  }

  /** Entries in it. The first look at it ends the filling. @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED`; what was set is still there. */
  get size(): number {
    this.#read();
    return this.#size;
  }

  /** Bytes of memory that its index takes, once it is read. */
  get indexBytes(): number {
    return this.#blocks?.memoryBytes ?? 0;
  }

  /**
   * Adds a value, or replaces it.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_CLOSED` once the map was read; `ERR_PLIMSOLL_SPILL_FAILED` when the disk takes no more: the
   * value is not in the map then, and everything before it still is.
   */
  set(key: K, value: V): void {
    if (!this.#runs)
      throw spillClosed("The map", this.#isClosed ? "is closed" : "was read, and takes nothing more then");
    this.#runs.add(this.#encode(key, value));
  }

  /** A copy of the value, `undefined` when there is none. @throws PlimsollError as {@link SortedMap.size}, and `ERR_PLIMSOLL_SPILL_CORRUPT` */
  get(key: K): V | undefined {
    const found = this.#find(key);
    return found && this.#codec.decode(found);
  }

  /** True when there is a value. @throws PlimsollError as {@link SortedMap.get} */
  has(key: K): boolean {
    return this.#find(key) !== undefined;
  }

  /** Every entry, in no particular order. @throws PlimsollError as {@link SortedMap.get} */
  *entries(): Generator<[K, V]> {
    for (const { key, value } of this.#read().entries()) yield [keyOfBytes(key) as K, this.#codec.decode(value)];
  }

  /** Lets memory and files go. */
  close(): void {
    this.#isClosed = true;
    this.#runs?.[Symbol.dispose]();
    this.#blocks?.[Symbol.dispose]();
    this.#runs = undefined;
    this.#blocks = undefined;
    this.#lease.release();
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #find(key: K): Uint8Array | undefined {
    const blocks = this.#read();
    const bytes = bytesOfKey(key);
    return blocks.find(crc32(bytes), bytes);
  }

  #encode(key: K, value: V): Buffer {
    const keyBytes = bytesOfKey(key);
    const valueBytes = this.#codec.encode(value);
    const end = ENTRY_HEADER_BYTES + keyBytes.length + valueBytes.length;
    if (this.#entry.length < end) this.#entry = Buffer.allocUnsafeSlow(2 * end);
    const entry = this.#entry;
    entry.writeUInt32LE(crc32(keyBytes), 0);
    entry.writeUInt32LE(keyBytes.length, 4);
    entry.writeUInt32LE(valueBytes.length, 8);
    entry.set(keyBytes, ENTRY_HEADER_BYTES);
    entry.set(valueBytes, ENTRY_HEADER_BYTES + keyBytes.length);
    return entry.subarray(0, end);
  }

  /** Turns what was set into what can be read. @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  #read(): SortedBlocks {
    if (this.#blocks) return this.#blocks;
    if (!this.#runs) throw spillClosed("The map", "is closed");
    const blocks = new SortedBlocks(this.#directory);
    try {
      this.#size = 0;
      for (const entry of newestOfEach(this.#runs.records())) {
        blocks.add(entry);
        this.#size += 1;
      }
      blocks.finish();
    } catch (error) {
      blocks[Symbol.dispose](); // the runs are still there
      throw error;
    }
    this.#runs[Symbol.dispose]();
    this.#runs = undefined;
    this.#blocks = blocks;
    this.#lease.tryResize(blocks.memoryBytes);
    return blocks;
  }
}

/** Of the entries of one key, which stand together with others of the same hash, the last. */
function* newestOfEach(entries: Iterable<Uint8Array>): Generator<Buffer> {
  let group: Buffer[] = [];
  for (const lent of entries) {
    const entry = Buffer.from(lent);
    if (group[0]?.readUInt32LE(0) === entry.readUInt32LE(0)) {
      const same = group.findIndex((other) => keyOf(other).equals(keyOf(entry)));
      if (same < 0) group.push(entry);
      else group[same] = entry;
    } else {
      yield* group;
      group = [entry];
    }
  }
  yield* group;
}

function keyOf(entry: Buffer): Buffer {
  return entry.subarray(ENTRY_HEADER_BYTES, ENTRY_HEADER_BYTES + entry.readUInt32LE(4));
}
