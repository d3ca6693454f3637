/**
 * Reads a log: records in their order, pages by their place. Every byte passes its checksum before
 * anybody sees it.
 */
import { ByteReader } from "./byte-reader.ts";
import { crc32 } from "./checksum.ts";
import type { Awaitable, HistoryStorage } from "./driver.ts";
import { Page } from "./page.ts";
import type { PageCache } from "./page-cache.ts";
import { NOWHERE, type Place } from "./page-table.ts";
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
/** Pages with less than this between them are read together: a call costs more than these bytes. */
const GAP_BYTES = 4096;
/** Before each page. */
const CHECKSUM_BYTES = 4;

/** A piece of the log in memory. */
export interface Window {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Reads one generation of a log. */
export class LogReader {
  readonly #storage: HistoryStorage;
  readonly #where: string;
  /** Its pages; positions are its own. */
  readonly cache: PageCache;
  readonly generation: number;
  /** True when the storage was seen to answer with promises. */
  #answersLate = false;
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
   * @param end - where a record begins, or the log ends.
   * @param known - a piece of the log that need not be read again.
   * @throws PlimsollError `ERR_PLIMSOLL_HISTORY_DAMAGED` at the first one that is not whole.
   */
  async *records(from: number, end: number, known?: Window): AsyncGenerator<LogRecord> {
    let at = from;
    let window = WINDOW_BYTES;
    while (at < end) {
      const segment = segmentOf(at);
      const name = segmentName(this.generation, segment);
      const wanted = segment === segmentOf(end) ? Math.min(window, end - at) : window;
      const read = pieceOf(known, at, wanted) ?? this.#storage.read(name, offsetOf(at), wanted);
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

  /** Bytes as they are, with their place. */
  async window(position: number, length: number): Promise<Window> {
    return { position, bytes: await this.bytes(position, length) };
  }

  /**
   * A page, or a node of the table above.
   *
   * @param known - a piece of the log that need not be read again.
   */
  page({ position, length }: Place, known?: Window): Awaitable<Page> {
    const cached = this.cache.get(position);
    if (cached) return cached;
    const piece = pieceOf(known, position, length);
    if (piece) return this.#open(piece.slice(), position);
    const read = this.bytes(position, length);
    return read instanceof Promise ? read.then((bytes) => this.#open(bytes, position)) : this.#open(read, position);
  }

  /** Pages, in the order of `places`; those that lie side by side are read at once. */
  async pages(places: readonly (Place | undefined)[]): Promise<(Page | undefined)[]> {
    const found = places.map((place) => place && this.cache.get(place.position));
    const missing: number[] = [];
    for (let at = 0; at < places.length; at++) if (places[at] && !found[at]) missing.push(at);
    missing.sort((one, other) => (places[one]?.position ?? 0) - (places[other]?.position ?? 0));
    for (let first = 0; first < missing.length;) {
      const start = places[missing[first] ?? 0]?.position ?? 0;
      let end = start;
      let next = first;
      for (; next < missing.length; next++) {
        const { position, length } = places[missing[next] ?? 0] ?? NOWHERE;
        if (next > first && (position - end > GAP_BYTES || position + length - start > WINDOW_BYTES)) break;
        end = position + length;
      }
      const read = this.bytes(start, end - start);
      const bytes = read instanceof Promise ? await read : read;
      for (const at of missing.slice(first, next)) {
        const { position, length } = places[at] ?? NOWHERE;
        found[at] = this.#open(bytes.slice(position - start, position - start + length), position, true);
      }
      first = next;
    }
    return found;
  }

  /** The bytes of a page with its checksum, when that takes no waiting: from the cache, or a storage that answers at once. */
  recall({ position, length }: Place): Uint8Array | undefined {
    const cached = this.cache.peek(position);
    if (cached) return cached.bytes;
    if (this.#answersLate) return undefined;
    const read = this.bytes(position, length);
    if (!(read instanceof Promise)) return read;
    this.#answersLate = true;
    read.catch(() => undefined);
    return undefined;
  }

  /** The error for a place in this log. */
  damage(what: string, position: number): Error {
    return damaged(what, this.#where, segmentName(this.generation, segmentOf(position)), offsetOf(position));
  }

  #open(bytes: Uint8Array, position: number, isScan = false): Page {
    if (bytes.length < CHECKSUM_BYTES || crc32(bytes, CHECKSUM_BYTES) !== new ByteReader(bytes).u32()) {
      throw this.damage("A page", position);
    }
    const page = new Page(bytes, CHECKSUM_BYTES);
    this.cache.set(position, page, isScan);
    return page;
  }
}

/** A part of what is known; `undefined` when it is not all there. */
function pieceOf(known: Window | undefined, position: number, length: number): Uint8Array | undefined {
  const start = position - (known?.position ?? Infinity);
  return known && start >= 0 && start + length <= known.bytes.length
    ? known.bytes.subarray(start, start + length)
    : undefined;
}
