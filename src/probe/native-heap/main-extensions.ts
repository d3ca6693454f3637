/**
 * Finds where glibc's main heap goes on when it could not grow in place: in many mappings among others. Node meets this in
 * some of a thousand starts, because V8 likes to put its code near the main heap. A stretch begins on a page and is a chain
 * of chunks that ends on a page: in the top chunk, or in the two headers with which glibc closes what it leaves behind.
 * Source: glibc malloc/malloc.c (sysmalloc, sysmalloc_mmap_fallback).
 */
import type { AddressRange, Segment } from "./mappings.ts";
import { type MemoryReader, Words } from "./memory-reader.ts";

const PAGE_BYTES = 4096;
const WINDOW_BYTES = 2 ** 18;
const FENCE_BYTES = 16;
const MAX_FENCE_BYTES = 48;
const MIN_CHUNK_BYTES = 32;
const MAX_PAGES_TRIED = 2 ** 17;
const HIGH = 2 ** 32;
/** Bits of the low half of a size word: unaligned, of a thread arena, with a mapping of its own. */
const FORBIDDEN = 14;
const MAPPED = 2;

/** What is looked for. */
export interface ExtensionSearch {
  /** The top chunk of the main arena. */
  readonly top: number;
  /** What the stretches have together; ends the search. */
  readonly bytes: number;
  /** Default: ranges are searched only as long as they begin with the heap's or other blocks. */
  readonly isResident?: ((address: number) => boolean) | undefined;
}

/** Finds the stretches of the main heap in ranges of anonymous memory, highest first. */
export function findMainExtensions(
  ranges: readonly AddressRange[],
  reader: MemoryReader,
  { top, bytes, isResident }: ExtensionSearch,
): Segment[] {
  const headers = new HeaderWindow(reader);
  const found: Segment[] = [];
  let left = bytes;
  let tried = 0;
  for (const { start, end } of ranges.toReversed()) {
    for (let address = start; address < end && left > 0 && tried < MAX_PAGES_TRIED;) {
      const isOpen = isResident?.(address) ?? true;
      if (isOpen) tried += 1;
      const length = isOpen ? headers.chainAt(address, end, top) : undefined;
      if (length !== undefined && length <= left) {
        found.push({ base: address, start: address, end: address + length });
        left -= length;
        address += length;
        continue;
      }
      const block = isOpen ? headers.blockAt(address, end) : undefined;
      if (block === undefined && isResident === undefined) break;
      address += block ?? PAGE_BYTES;
    }
  }
  return found;
}

/** Reads chunk headers through one window of memory. */
class HeaderWindow {
  readonly #reader: MemoryReader;
  readonly #words = new Words(WINDOW_BYTES);
  #start = 0;
  #end = 0;

  constructor(reader: MemoryReader) {
    this.#reader = reader;
  }

  /** Length of the chain of chunks at an address, if it ends as the main heap does. */
  chainAt(start: number, end: number, top: number): number | undefined {
    for (let address = start; address < end;) {
      const low = this.#low(address, end);
      if (low === undefined || (low & FORBIDDEN) !== 0 || (address === start && (low & 1) === 0)) return undefined;
      const bytes = ((low & ~7) >>> 0) + this.#high(address) * HIGH;
      const next = address + bytes;
      if (bytes === FENCE_BYTES) {
        const fence = this.#fenceAt(address, end);
        return fence === undefined ? undefined : address + fence - start;
      }
      if (bytes < MIN_CHUNK_BYTES || next > end) return undefined;
      if (address === top) return next % PAGE_BYTES === 0 ? next - start : undefined;
      address = next;
    }
    return undefined;
  }

  /** Length of two headers that end on a page, or of three where the rest before them was too small to be a chunk. */
  #fenceAt(start: number, end: number): number | undefined {
    const bytes = PAGE_BYTES - (start % PAGE_BYTES);
    if (bytes > MAX_FENCE_BYTES || bytes === FENCE_BYTES || start + bytes > end) return undefined;
    for (let address = start + FENCE_BYTES; address < start + bytes; address += FENCE_BYTES) {
      if (((this.#low(address, end) ?? 0) & ~7) !== FENCE_BYTES) return undefined;
    }
    return bytes;
  }

  /** Length of the block with a mapping of its own at an address, if there is one. */
  blockAt(address: number, end: number): number | undefined {
    const low = this.#low(address, end) ?? 0;
    const bytes = low - MAPPED + this.#high(address) * HIGH;
    return (low & (PAGE_BYTES - 1)) === MAPPED && bytes > 0 && address + bytes <= end ? bytes : undefined;
  }

  #low(address: number, end: number): number | undefined {
    if (address < this.#start || address + FENCE_BYTES > this.#end) {
      this.#start = address;
      this.#end = address + this.#words.load(this.#reader, address, Math.min(WINDOW_BYTES, end - address));
      if (address + FENCE_BYTES > this.#end) return undefined;
    }
    return this.#words.halves[(address - this.#start) / 4 + 2];
  }

  #high(address: number): number {
    return this.#words.halves[(address - this.#start) / 4 + 3] ?? 0;
  }
}
