/**
 * Chunks that are free but look used to their neighbours: those in an arena's fast bins, whose lists are followed, and
 * those kept for one thread, which carry a secret word that is the same in the whole process. Both lists hold
 * disguised pointers: the address of the pointer, shifted by 12, xor the pointer. Source: glibc malloc/malloc.c (PROTECT_PTR, tcache_key).
 */
import type { Arena } from "./arenas.ts";
import type { GlibcLayout } from "./glibc-layout.ts";
import { isWithin } from "./mappings.ts";
import { type MemoryReader, Words } from "./memory-reader.ts";

/** The word that marks chunks in thread caches, in halves. */
export interface ThreadCacheKey {
  readonly low: number;
  readonly high: number;
}

/** Chunks in the fast bins of one arena. */
export interface FastChunks {
  /** How many there are of each size in bytes. */
  readonly counts: ReadonlyMap<number, number>;
  /** Sizes whose list broke off, because it changed or is too long: more of them may be free. */
  readonly incomplete: readonly number[];
}

const MAX_FAST_CHUNKS = 4 * 2 ** 20;
const MAX_REMEMBERED = 2 ** 16;
const HIGH = 2 ** 32;

/** Undoes the disguise of a pointer that lies at `position`. */
export function revealPointer(position: number, low: number, high: number): number {
  const positionLow = (position % HIGH) | 0;
  const positionHigh = Math.floor(position / HIGH);
  const shiftedLow = (positionLow >>> 12) | (positionHigh << 20);
  const shiftedHigh = positionHigh >>> 12;
  return ((low ^ shiftedLow) >>> 0) + ((high ^ shiftedHigh) >>> 0) * HIGH;
}

/**
 * Follows the fast bins of an arena.
 *
 * @param remember - takes the addresses of the first 65,536 chunks, so that no owner is looked for in them.
 */
export function followFastBins(
  arena: Arena,
  layout: GlibcLayout,
  reader: MemoryReader,
  remember: Set<number>,
): FastChunks {
  const counts = new Map<number, number>();
  const incomplete: number[] = [];
  const pages = new PageCache(reader);
  const segments = [...arena.segments].sort((a, b) => a.start - b.start);
  let left = MAX_FAST_CHUNKS;
  for (let bin = 0; bin < layout.fastBinCount; bin += 1) {
    const bytes = 32 + bin * 16;
    let chunk = arena.state.at(layout.fastBinsAt + bin * 8);
    let count = 0;
    for (; chunk !== 0 && left > 0; left -= 1) {
      if (chunk % 16 !== 0 || !isWithin(segments, chunk)) break;
      if (pages.low(chunk + 8) >>> 4 !== bytes >>> 4) break;
      if (remember.size < MAX_REMEMBERED) remember.add(chunk);
      count += 1;
      chunk = revealPointer(chunk + 16, pages.low(chunk + 16), pages.low(chunk + 20));
    }
    if (count > 0) counts.set(bytes, count);
    if (chunk !== 0) incomplete.push(bytes);
  }
  return { counts, incomplete };
}

/** Recently read pages: chunks that were freed one after the other often lie side by side. */
class PageCache {
  static readonly #slots = 512;
  static readonly #pageBytes = 4096;
  readonly #reader: MemoryReader;
  readonly #pages: Words[] = [];
  readonly #addresses = new Float64Array(PageCache.#slots).fill(-1);

  constructor(reader: MemoryReader) {
    this.#reader = reader;
  }

  /** 32 bits at an address that is a multiple of 4; 0 where nothing is mapped. */
  low(address: number): number {
    const offset = address % PageCache.#pageBytes;
    const page = address - offset;
    const slot = (page / PageCache.#pageBytes) % PageCache.#slots;
    const words = (this.#pages[slot] ??= new Words(PageCache.#pageBytes));
    if (this.#addresses[slot] !== page) {
      this.#addresses[slot] = page;
      if (words.load(this.#reader, page) < PageCache.#pageBytes) words.halves.fill(0);
    }
    return words.halves[offset / 4] ?? 0;
  }
}

/**
 * Finds the word that marks chunks in thread caches, from the cache of the thread that first used an arena: it is the
 * arena's first chunk. Of each list the first chunk must have the list's size and all must carry the same word.
 *
 * @returns `undefined` when all of them are empty or turned off.
 */
export function findThreadCacheKey(
  arenas: readonly Arena[],
  layout: GlibcLayout,
  reader: MemoryReader,
): ThreadCacheKey | undefined {
  const votes = new Map<string, { key: ThreadCacheKey; count: number }>();
  const cache = new Words(layout.threadCacheBytes);
  const chunk = new Words(32);
  for (const { segments } of arenas) {
    const first = segments.at(-1)?.start;
    if (first === undefined || cache.load(reader, first) < layout.threadCacheBytes) continue;
    if (cache.at(8) - (cache.at(8) % 8) !== layout.threadCacheBytes) continue;
    for (let list = 0; list < layout.threadCacheLists; list += 1) {
      const entry = cache.at(layout.threadCacheEntriesAt + list * 8);
      if (entry === 0 || entry % 16 !== 0 || chunk.load(reader, entry - 16) < 32) continue;
      if (chunk.at(8) - (chunk.at(8) % 8) !== 32 + list * 16) continue;
      const key = { low: chunk.halves[6] ?? 0, high: chunk.halves[7] ?? 0 };
      const vote = votes.get(`${key.high}:${key.low}`) ?? { key, count: 0 };
      vote.count += 1;
      votes.set(`${key.high}:${key.low}`, vote);
    }
  }
  const best = [...votes.values()].sort((a, b) => b.count - a.count)[0];
  // A word of zeros would mark half of all chunks; a single witness may be a chunk that was just handed out.
  return best && best.count > 1 && (best.key.low !== 0 || best.key.high !== 0) ? best.key : undefined;
}
