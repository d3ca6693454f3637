/**
 * What a walk of a process's native heap tells: the record that is shown, compared and kept. It holds sizes, counts
 * and names of code; never the contents of memory.
 */
import type { NativeOwner } from "./owners.ts";

/** Bytes of a heap by their state. Together they are `systemBytes`. */
export interface HeapAccount {
  /** Obtained from the kernel and not given back (`arena` of mallinfo2). */
  readonly systemBytes: number;
  /** In chunks that the program holds, their headers included. */
  readonly usedBytes: number;
  /** Free for any thread (`fordblks` of mallinfo2); address space, of which pages may have been given back. */
  readonly freeBytes: number;
  /** Free, but kept for the thread that freed it; mallinfo2 counts it as used. */
  readonly threadCachedBytes: number;
  /** The allocator's own headers; mallinfo2 counts them as used. */
  readonly overheadBytes: number;
  /** Could not be read or made sense of. */
  readonly unknownBytes: number;
  /** Whole free pages that are in memory: retained by the allocator. `undefined` where the kernel does not tell. */
  readonly retainedResidentBytes: number | undefined;
  /**
   * How far `usedBytes` and `freeBytes` may be off. 0 on a heap that did not change during the walk;
   * `undefined` on one that did when a second pass was declined.
   */
  readonly errorBytes: number | undefined;
}

/** One arena: the main heap, or one that threads share. */
export interface ArenaAccount extends HeapAccount {
  /** `main`, or the address of a thread arena; the same as long as the process lives. */
  readonly id: string;
  /** Pieces that it consists of: heaps of at most 64 MiB; of the main heap 1, or more where it could not grow in place. */
  readonly pieces: number;
}

/** Number and bytes of chunks. */
export interface ChunkCount {
  /** Chunks. */
  readonly count: number;
  /** Headers included. */
  readonly bytes: number;
}

/** Chunks of one size, or of similar sizes above 1 KiB. */
export interface SizeClassAccount {
  /** Smallest chunk of the class, its header of 8 bytes included. */
  readonly minBytes: number;
  /** Largest chunk of the class. */
  readonly maxBytes: number;
  /** That the program holds. */
  readonly used: ChunkCount;
  /** Free chunks of all sorts, those of thread caches included. */
  readonly free: ChunkCount;
  /** Largest share first. What is lacking to `used` holds no pointer to any library. */
  readonly owners: readonly NativeOwner[];
}

/** Blocks with a mapping of their own; no part of the arenas. */
export interface MappedBlocks {
  /** By glibc's own count (`hblkhd` of mallinfo2). */
  readonly bytes: number;
  /** By glibc's own count (`hblks` of mallinfo2). */
  readonly count: number;
  /** How many of them were found and stand in the size classes. */
  readonly foundCount: number;
  /** Their bytes. */
  readonly foundBytes: number;
}

/** A process's native heap at one moment. */
export interface NativeHeapWalk {
  /** Told apart from `Unavailable` by this. */
  readonly available: true;
  /** Process id. */
  readonly pid: number;
  /** Such as `glibc 2.36 x64`. */
  readonly allocator: string;
  /** When it began, in milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** How long it took. */
  readonly durationMs: number;
  /** All arenas together. */
  readonly heap: HeapAccount;
  /** Largest first. */
  readonly arenas: readonly ArenaAccount[];
  /** Arenas that changed while they were walked: their figures have an error. */
  readonly changedArenas: number;
  /** Blocks outside of the arenas. */
  readonly mapped: MappedBlocks;
  /** Chunks of the arenas and mapped blocks, smallest first; without empty classes. */
  readonly sizeClasses: readonly SizeClassAccount[];
  /** Over all size classes, largest first. */
  readonly owners: readonly NativeOwner[];
  /** What limits these figures, in words for the user. */
  readonly notes: readonly string[];
}
