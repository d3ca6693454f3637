/**
 * What a walk adds up: bytes by their state, and counts and bytes by size class. One of it an arena, so that an
 * arena which changed under the walk can be walked again by itself.
 */
import { SIZE_CLASS_COUNT, sizeClassOf } from "./size-class.ts";

/** Counts and bytes of chunks. All bytes together are what the arena has obtained. */
export class ChunkTally {
  /** Held by the program. */
  usedBytes = 0;
  /** Free in the allocator's bins, fast bins and top, as mallinfo2 counts. */
  freeBytes = 0;
  /** Free, but kept for one thread; mallinfo2 counts them as used. */
  threadCachedBytes = 0;
  /** The allocator's own headers; mallinfo2 counts them as used. */
  overheadBytes = 0;
  /** Could not be read or made sense of. */
  unknownBytes = 0;
  /** Part of `freeBytes` whose chunk disagrees with its neighbour: it changed while it was read. */
  doubtfulBytes = 0;
  /** Whole pages of free chunks that are in memory. */
  retainedResidentBytes = 0;
  /** Chunks held by the program, by size class. */
  readonly usedCounts = new Float64Array(SIZE_CLASS_COUNT);
  readonly usedClassBytes = new Float64Array(SIZE_CLASS_COUNT);
  /** Free chunks of all sorts, by size class. */
  readonly freeCounts = new Float64Array(SIZE_CLASS_COUNT);
  readonly freeClassBytes = new Float64Array(SIZE_CLASS_COUNT);

  /** Moves chunks that look used, but lie in a fast bin, to the free ones. At most as many as were seen used. */
  moveToFree(chunkBytes: number, count: number): void {
    const sizeClass = sizeClassOf(chunkBytes);
    const moved = Math.min(count, this.usedCounts[sizeClass] ?? 0);
    const bytes = moved * chunkBytes;
    this.usedCounts[sizeClass] = (this.usedCounts[sizeClass] ?? 0) - moved;
    this.usedClassBytes[sizeClass] = (this.usedClassBytes[sizeClass] ?? 0) - bytes;
    this.freeCounts[sizeClass] = (this.freeCounts[sizeClass] ?? 0) + moved;
    this.freeClassBytes[sizeClass] = (this.freeClassBytes[sizeClass] ?? 0) + bytes;
    this.usedBytes -= bytes;
    this.freeBytes += bytes;
  }

  /** How far two tallies of one arena differ: the root of the sum of squared differences in used bytes of the size classes. */
  usedSpread(other: ChunkTally): number {
    let squares = 0;
    for (let index = 0; index < SIZE_CLASS_COUNT; index += 1) {
      squares += ((this.usedClassBytes[index] ?? 0) - (other.usedClassBytes[index] ?? 0)) ** 2;
    }
    return Math.round(Math.sqrt(squares));
  }

  /** Adds another tally to this one. */
  add(other: ChunkTally): void {
    this.usedBytes += other.usedBytes;
    this.freeBytes += other.freeBytes;
    this.threadCachedBytes += other.threadCachedBytes;
    this.overheadBytes += other.overheadBytes;
    this.unknownBytes += other.unknownBytes;
    this.doubtfulBytes += other.doubtfulBytes;
    this.retainedResidentBytes += other.retainedResidentBytes;
    addAll(this.usedCounts, other.usedCounts);
    addAll(this.usedClassBytes, other.usedClassBytes);
    addAll(this.freeCounts, other.freeCounts);
    addAll(this.freeClassBytes, other.freeClassBytes);
  }
}

function addAll(target: Float64Array, source: Float64Array): void {
  for (let index = 0; index < target.length; index += 1) target[index] = (target[index] ?? 0) + (source[index] ?? 0);
}
