/**
 * Finds the blocks that glibc gave a mapping of their own: each begins on a page with a header whose second bit is set. They
 * lie side by side in anonymous regions, but so do other mappings; the search ends when as many are found as glibc counts.
 * Where a region does not begin with such a block, only pages that are in memory are looked at.
 * Source: glibc malloc/malloc.c (sysmalloc_mmap).
 */
import type { MappedCount } from "./arenas.ts";
import type { ChunkTally } from "./chunk-tally.ts";
import type { AddressRange } from "./mappings.ts";
import { type MemoryReader, Words } from "./memory-reader.ts";
import type { OwnerSampler } from "./owner-sampler.ts";
import { sizeClassOf } from "./size-class.ts";

const PAGE_BYTES = 4096;
const HEADER_BYTES = 16;
const SAMPLED_BYTES = 160;
const MAX_PAGES_TRIED = 65_536;
const HIGH = 2 ** 32;

/** What a search for mapped blocks needs besides the memory. */
export interface MappedChunkOptions {
  /** Ends the search. */
  readonly expected: MappedCount;
  /** Default: no owners are looked for. */
  readonly sampler?: OwnerSampler | undefined;
  /** Default: regions are searched only as long as block follows block. */
  readonly isResident?: ((address: number) => boolean) | undefined;
}

/** Adds the blocks in some ranges to a tally. Returns how many were found. */
export function findMappedChunks(
  ranges: readonly AddressRange[],
  reader: MemoryReader,
  tally: ChunkTally,
  { expected, sampler, isResident }: MappedChunkOptions,
): number {
  const words = new Words(SAMPLED_BYTES);
  let found = 0;
  /** Takes the block at an address; gives where it ends. */
  const take = (address: number, end: number): number | undefined => {
    if (words.load(reader, address, HEADER_BYTES) < HEADER_BYTES) return undefined;
    const [beforeLow, beforeHigh, low = 0, high = 0] = words.halves;
    if (beforeLow !== 0 || beforeHigh !== 0 || (low & (PAGE_BYTES - 1)) !== 2) return undefined;
    const bytes = low - 2 + high * HIGH;
    if (bytes < PAGE_BYTES || address + bytes > end) return undefined;
    const sizeClass = sizeClassOf(bytes);
    found += 1;
    tally.usedBytes += bytes;
    tally.usedCounts[sizeClass] = (tally.usedCounts[sizeClass] ?? 0) + 1;
    tally.usedClassBytes[sizeClass] = (tally.usedClassBytes[sizeClass] ?? 0) + bytes;
    if (sampler?.wants(sizeClass) === true && words.load(reader, address) === SAMPLED_BYTES) {
      sampler.take(sizeClass, address, words.halves, 4, SAMPLED_BYTES - HEADER_BYTES);
    }
    return address + bytes;
  };
  // The kernel hands out addresses from high to low: libraries and blocks lie above the heaps of V8.
  const rest: AddressRange[] = [];
  for (const { start, end } of ranges.toReversed()) {
    let address = start;
    for (let next: number | undefined = start; next !== undefined && next < end && found < expected.count;) {
      next = take(address, end);
      address = next ?? address;
    }
    if (address < end) rest.push({ start: address + PAGE_BYTES, end });
  }
  let tried = 0;
  for (const { start, end } of isResident ? rest : []) {
    for (let address = start; address < end && found < expected.count && tried < MAX_PAGES_TRIED;) {
      const isWorthALook = isResident?.(address) === true;
      if (isWorthALook) tried += 1;
      address = (isWorthALook ? take(address, end) : undefined) ?? address + PAGE_BYTES;
    }
  }
  return found;
}
