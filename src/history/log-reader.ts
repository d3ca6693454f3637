/**
 * Reads a log: records in their order, pages by their place. Every byte passes its checksum before
 * anybody sees it.
 */
import { ByteReader } from "./byte-reader.ts";
import { crc32 } from "./checksum.ts";
import type { Awaitable, HistoryStorage } from "./driver.ts";
import { Page } from "./page.ts";
import type { PageCache } from "./page-cache.ts";
import type { Place } from "./page-table.ts";
import {
  damaged,
  HEADER_BYTES,
  type LogRecord,
  offsetOf,
  openRecord,
  positionOf,
  segmentName,
  segmentOf,
} from "./record.ts";

const WINDOW_BYTES = 256 * 1024;

/** Reads one generation of a log. */
export class LogReader {
  readonly #storage: HistoryStorage;
  readonly #where: string;
  /** Its pages; positions are its own. */
  readonly cache: PageCache;
  readonly generation: number;
  /** True when another log has taken the place of this one. */
  isRetired = false;

  /** @param where - the storage's name, for errors. */
  constructor(storage: HistoryStorage, where: string, generation: number, cache: PageCache) {
    this.#storage = storage;
    this.#where = where;
    this.generation = generation;
    this.cache = cache;
  }

  /** Says that another log has taken the place of this one. */
  retire(): void {
    this.isRetired = true;
    this.cache.release();
  }

  /**
   * The records from a position to the end.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_HISTORY_DAMAGED` at the first one that is not whole.
   */
  async *records(from: number, end: number): AsyncGenerator<LogRecord> {
    let at = from;
    let window = WINDOW_BYTES;
    while (at < end) {
      const segment = segmentOf(at);
      const name = segmentName(this.generation, segment);
      const wanted = segment === segmentOf(end) ? Math.min(window, end - at) : window;
      const read = this.#storage.read(name, offsetOf(at), wanted);
      const bytes = read instanceof Promise ? await read : read;
      if (bytes.length === 0 && segment < segmentOf(end)) {
        at = positionOf(segment + 1, 0);
        continue;
      }
      let taken = 0;
      let missing = HEADER_BYTES;
      while (taken + HEADER_BYTES <= bytes.length) {
        missing = HEADER_BYTES + new ByteReader(bytes, taken + 4).u32();
        if (taken + missing > bytes.length) break;
        const record = openRecord(bytes, taken, at + taken);
        if (!record) throw this.damage("A record", at + taken);
        yield record;
        taken += missing;
        missing = HEADER_BYTES;
      }
      // A record larger than the window is read again, whole; one that the file ends in is damaged.
      if (taken === 0 && (bytes.length < wanted || window >= missing)) throw this.damage("A record", at);
      window = Math.max(WINDOW_BYTES, taken === 0 ? missing : 0);
      at += taken;
    }
  }

  /** Bytes as they are. */
  bytes(position: number, length: number): Awaitable<Uint8Array> {
    return this.#storage.read(segmentName(this.generation, segmentOf(position)), offsetOf(position), length);
  }

  /** A page, or a node of the table above. */
  page({ position, length }: Place): Awaitable<Page> {
    const cached = this.cache.get(position);
    if (cached) return cached;
    const read = this.bytes(position, length);
    return read instanceof Promise
      ? read.then((bytes) => this.#open(bytes, position, length))
      : this.#open(read, position, length);
  }

  /** The error for a place in this log. */
  damage(what: string, position: number): Error {
    return damaged(what, this.#where, segmentName(this.generation, segmentOf(position)), offsetOf(position));
  }

  #open(bytes: Uint8Array, position: number, length: number): Page {
    if (bytes.length < length || crc32(bytes, 4) !== new ByteReader(bytes).u32()) {
      throw this.damage("A page", position);
    }
    const page = new Page(bytes.subarray(4));
    this.cache.set(position, page);
    return page;
  }
}
