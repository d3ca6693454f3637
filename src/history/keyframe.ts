/**
 * A version as a whole: the pages that changed since the keyframe before, and the nodes of the table above
 * them, as far as the log does not hold the same already. One record; its last 32 bytes say where the table
 * begins and have a checksum of their own.
 */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { crc32 } from "./checksum.ts";
import type { Graph } from "./graph.ts";
import { KnownPages } from "./known-pages.ts";
import { PageWriter } from "./page-writer.ts";
import type { PageTable, Place } from "./page-table.ts";
import { writeTableNode } from "./page-table.ts";

/** Bytes at the end of the record. */
export const TRAILER_BYTES = 32;

/** What the end of the record says. */
export interface Trailer {
  readonly step: number;
  readonly root: Place;
  readonly nextCell: number;
}

/** Gives the bytes at a place of the log, checksum included, when that takes no waiting. */
export type Recall = (place: Place) => Uint8Array | undefined;

/** Writes keyframes. */
export class KeyframeWriter {
  readonly #recall: Recall;
  readonly #known = new KnownPages();
  readonly #out = new ByteWriter(2 ** 16);
  readonly #pages = new PageWriter();
  /** Bytes of a page, on average; a guess before the first. */
  pageBytes = 700;

  constructor(recall: Recall) {
    this.#recall = recall;
  }

  /**
   * The content of a record for the graph's state, a page at each turn, so that others can run between.
   *
   * @param base - the position that its first byte will have.
   * @returns the content, valid until the next is written.
   */
  *write(graph: Graph, table: PageTable, step: number, base: number): Generator<void, Uint8Array> {
    const out = this.#out;
    out.clear();
    for (const page of graph.dirtyPages) {
      const start = this.#begin();
      const isThere = this.#pages.write(out, graph, page);
      if (!isThere) out.truncate(start);
      table.set(page, isThere ? this.#end(start, base) : undefined);
      yield;
    }
    if (graph.dirtyPages.size > 0) this.pageBytes = Math.max(100, out.length / graph.dirtyPages.size);
    graph.dirtyPages.clear();
    const root = table.flush((places) => {
      const start = this.#begin();
      writeTableNode(out, places);
      return this.#end(start, base);
    });
    const trailer = out.length;
    out.f64(step);
    out.f64(root.position);
    out.u32(root.length);
    out.f64(graph.nextCell);
    out.u32(crc32(out.view(trailer)));
    return out.view();
  }

  #begin(): number {
    const start = this.#out.length;
    this.#out.u32(0);
    return start;
  }

  /** Ends a page. What the log holds already is taken back. */
  #end(start: number, base: number): Place {
    const out = this.#out;
    const checksum = crc32(out.view(start + 4));
    out.patchU32(start, checksum);
    const place = { position: base + start, length: out.length - start };
    const known = this.#known.find(checksum, place.length);
    if (known) {
      const at = known.position - base;
      const bytes = at >= 0 ? out.view(at).subarray(0, known.length) : this.#recall(known);
      if (bytes && isEqual(bytes, out.view(start))) {
        out.truncate(start);
        return known;
      }
    }
    this.#known.add(checksum, place);
    return place;
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** Reads the last bytes of a record; `undefined` when their checksum is wrong. */
export function readTrailer(bytes: Uint8Array): Trailer | undefined {
  const trailer = bytes.subarray(bytes.length - TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) return undefined;
  const input = new ByteReader(trailer);
  const step = input.f64();
  const root = { position: input.f64(), length: input.u32() };
  const nextCell = input.f64();
  return input.u32() === crc32(trailer, 0, TRAILER_BYTES - 4) ? { step, root, nextCell } : undefined;
}
