/**
 * Walks the chunks of one heap segment, from header to header: a chunk's size word tells where the next begins, and the next
 * one's lowest bit whether this one is in use. Memory is read in windows, because small ones stay in the processor's
 * cache and skip more of large free chunks. A walk that loses its way looks for the next run of plausible chunks and counts
 * what lies between as unknown. Source: glibc malloc/malloc.c (struct malloc_chunk).
 */
import type { ChunkTally } from "./chunk-tally.ts";
import type { ThreadCacheKey } from "./free-lists.ts";
import type { AddressRange } from "./mappings.ts";
import { type MemoryReader, Words } from "./memory-reader.ts";
import type { OwnerSampler } from "./owner-sampler.ts";
import { sizeClassOf } from "./size-class.ts";

const WINDOW_BYTES = 2 ** 18;
const HEADER_BYTES = 16;
const MIN_CHUNK_BYTES = 32;
const MAX_FENCE_BYTES = 48;
/** Larger chunks never lie in a thread's cache. */
const MAX_CACHED_BYTES = 1040;
const PLAUSIBLE_RUN = 12;
/** Header and contents that a sample looks at. */
const SAMPLED_BYTES = 160;
const HIGH = 2 ** 32;
/** Bits of the low half of a size word. */
const IN_USE = 1;
const MAPPED = 2;
const NOT_MAIN = 4;
const UNALIGNED = 8;

/** What a walk needs besides the memory. */
export interface ChunkWalkOptions {
  readonly isMain: boolean;
  /** Default: chunks in thread caches count as used. */
  readonly threadCacheKey?: ThreadCacheKey | undefined;
  /** Default: no owners are looked for. */
  readonly sampler?: OwnerSampler | undefined;
  /** Default: resident pages are not counted. */
  readonly countResident?: ((start: number, end: number) => number) | undefined;
  /** Where the segment ends now, asked when a chunk reaches beyond what was its end. Default: where it ended. */
  readonly endNow?: (() => number) | undefined;
}

/** Walks segments with one window of memory (256 KiB) for all of them. */
export class ChunkWalker {
  readonly #reader: MemoryReader;
  readonly #window = new Words(WINDOW_BYTES);
  readonly #peek = new Words(HEADER_BYTES);
  #windowStart = 0;
  #windowEnd = 0;

  constructor(reader: MemoryReader) {
    this.#reader = reader;
  }

  /**
   * Adds the chunks of a segment to a tally.
   *
   * @returns where the segment ended: later than `segment.end` when it grew meanwhile.
   */
  walk(segment: AddressRange, tally: ChunkTally, options: ChunkWalkOptions): number {
    const { threadCacheKey, sampler } = options;
    const keyLow = threadCacheKey?.low ?? 0;
    const keyHigh = threadCacheKey?.high ?? 0;
    const hasKey = threadCacheKey !== undefined;
    // Free chunks of thread arenas may lack the bit that tells them from the main arena's.
    const forbidden = UNALIGNED | MAPPED | (options.isMain ? NOT_MAIN : 0);
    const halves = this.#window.halves;
    const { usedCounts, usedClassBytes } = tally;
    let { end } = segment;
    let address = segment.start;
    let retried = -1;
    this.#windowEnd = this.#windowStart = 0;
    while (address < end) {
      if (address + HEADER_BYTES > this.#windowEnd && this.#fill(address, end) < HEADER_BYTES) {
        tally.unknownBytes += end - address;
        break;
      }
      let index = (address - this.#windowStart) >>> 2;
      const low = halves[index + 2] ?? 0;
      const bytes = ((low & ~7) >>> 0) + (halves[index + 3] ?? 0) * HIGH;
      if (bytes < MIN_CHUNK_BYTES && end - address <= MAX_FENCE_BYTES) {
        tally.overheadBytes += end - address; // the fence at the end of a heap that is not the arena's last
        break;
      }
      if (address + bytes > end) end = Math.max(end, options.endNow?.() ?? end);
      if ((low & forbidden) !== 0 || bytes < MIN_CHUNK_BYTES || address + bytes > end) {
        if (retried !== address) {
          retried = address; // it may have changed since the window was read
          this.#windowEnd = 0;
          continue;
        }
        const next = this.#resynchronise(address, end, forbidden);
        tally.unknownBytes += next - address;
        address = next;
        continue;
      }
      const next = address + bytes;
      const isCut = next + HEADER_BYTES > this.#windowEnd && next < end && address !== this.#windowStart;
      if (isCut && (bytes + HEADER_BYTES <= WINDOW_BYTES || this.#windowEnd - address < SAMPLED_BYTES)) {
        this.#fill(address, end);
        continue; // read again as a whole, with the header after it; of a large one only the beginning
      }
      const isUsed = next < end && this.#isInUse(next, bytes, tally);
      if (!isUsed) {
        this.#addFree(address, next, tally, options);
      } else {
        index = (address - this.#windowStart) >>> 2;
        if (hasKey && bytes <= MAX_CACHED_BYTES && halves[index + 6] === keyLow && halves[index + 7] === keyHigh) {
          const sizeClass = sizeClassOf(bytes);
          tally.threadCachedBytes += bytes;
          tally.freeCounts[sizeClass] = (tally.freeCounts[sizeClass] ?? 0) + 1;
          tally.freeClassBytes[sizeClass] = (tally.freeClassBytes[sizeClass] ?? 0) + bytes;
        } else {
          const sizeClass = sizeClassOf(bytes);
          tally.usedBytes += bytes;
          usedCounts[sizeClass] = (usedCounts[sizeClass] ?? 0) + 1;
          usedClassBytes[sizeClass] = (usedClassBytes[sizeClass] ?? 0) + bytes;
          if (sampler?.wants(sizeClass) === true) {
            sampler.take(sizeClass, address, halves, index + 4, Math.min(bytes - 8, this.#windowEnd - address - 16));
          }
        }
      }
      address = next;
    }
    return end;
  }

  /** Reads a window that begins at an address. Gives the bytes read. */
  #fill(address: number, end: number): number {
    const length = this.#window.load(this.#reader, address, Math.min(WINDOW_BYTES, end - address));
    this.#windowStart = address;
    this.#windowEnd = address + length;
    return length;
  }

  /** Whether the header at `next` says that the chunk of `bytes` before it is in use; if not, it repeats its size. */
  #isInUse(next: number, bytes: number, tally: ChunkTally): boolean {
    const header = this.#header(next);
    if (header === undefined) return true;
    const { halves, index } = header;
    if (((halves[index + 2] ?? 0) & IN_USE) !== 0) return true;
    if ((halves[index] ?? 0) + (halves[index + 1] ?? 0) * HIGH !== bytes) tally.doubtfulBytes += bytes;
    return false;
  }

  /** Two words at an address: from the window, or read by themselves. */
  #header(address: number): { halves: Uint32Array; index: number } | undefined {
    if (address >= this.#windowStart && address + HEADER_BYTES <= this.#windowEnd) {
      return { halves: this.#window.halves, index: (address - this.#windowStart) >>> 2 };
    }
    const length = this.#peek.load(this.#reader, address);
    return length < HEADER_BYTES ? undefined : { halves: this.#peek.halves, index: 0 };
  }

  #addFree(address: number, next: number, tally: ChunkTally, { countResident }: ChunkWalkOptions): void {
    const bytes = next - address;
    const sizeClass = sizeClassOf(bytes);
    tally.freeBytes += bytes;
    tally.freeCounts[sizeClass] = (tally.freeCounts[sizeClass] ?? 0) + 1;
    tally.freeClassBytes[sizeClass] = (tally.freeClassBytes[sizeClass] ?? 0) + bytes;
    if (countResident) tally.retainedResidentBytes += countResident(address + HEADER_BYTES, next);
  }

  /** The next place from which a run of chunks is plausible, or the end. */
  #resynchronise(address: number, end: number, forbidden: number): number {
    for (let candidate = address + 16; candidate < end; candidate += 16) {
      if (candidate + HEADER_BYTES > this.#windowEnd && this.#fill(candidate, end) < HEADER_BYTES) return end;
      if (this.#isPlausibleRun(candidate, end, forbidden)) return candidate;
    }
    return end;
  }

  #isPlausibleRun(start: number, end: number, forbidden: number): boolean {
    let address = start;
    for (let run = 0; run < PLAUSIBLE_RUN; run += 1) {
      const header = this.#header(address);
      if (header === undefined) return false;
      const low = header.halves[header.index + 2] ?? 0;
      const bytes = ((low & ~7) >>> 0) + (header.halves[header.index + 3] ?? 0) * HIGH;
      if ((low & forbidden) !== 0 || bytes < MIN_CHUNK_BYTES || address + bytes > end) return false;
      address += bytes;
      if (address === end) return run > 0;
    }
    return true;
  }
}
