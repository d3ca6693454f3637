/**
 * Walks the native heap of a running process from outside, without stopping it or loading anything into it: what the
 * program holds, what is free and what the allocator retains, by arena, size and owner. It needs what reading
 * `/proc/<pid>/mem` needs, and blocks this thread meanwhile. An arena that did not change during its walk is exact; one that
 * did is walked twice, and what the two differ in is the error that is stated.
 */
import { readSystemText, type SystemFilesOptions, type Unavailable } from "../system-files.ts";
import {
  type Arena,
  findExtensions,
  findMallocRoots,
  type MallocRoots,
  readArena,
  readArenas,
  readMappedCount,
} from "./arenas.ts";
import { ChunkTally } from "./chunk-tally.ts";
import { ChunkWalker } from "./chunk-walk.ts";
import { findThreadCacheKey, followFastBins, type ThreadCacheKey } from "./free-lists.ts";
import { findGlibc, type GlibcLayout, refuseByMappings } from "./glibc-layout.ts";
import { anonymousRanges, type Mapping, parseMappings, subtractRanges } from "./mappings.ts";
import { findMappedChunks } from "./mapped-chunks.ts";
import { type MemoryReader, openProcessMemory } from "./memory-reader.ts";
import type { ArenaAccount, HeapAccount, NativeHeapWalk } from "./native-heap-walk.ts";
import { OwnerSampler } from "./owner-sampler.ts";
import { fileMappings, findOwners, mergeOwners } from "./owners.ts";
import { ResidentPages } from "./resident-pages.ts";
import { accountSizeClasses } from "./size-class-account.ts";
import { nameAddresses } from "./symbol-names.ts";

/** How {@link walkNativeHeap} walks. */
export interface WalkNativeHeapOptions extends SystemFilesOptions {
  /** Looks for the owners of used chunks. Default: true. */
  readonly owners?: boolean;
  /** Passes over an arena that changes while it is walked; with 1 its error stays unknown. Default: 2. */
  readonly passes?: 1 | 2;
}

/**
 * Walks the native heap of a process.
 *
 * @returns why not: another platform, allocator or version of glibc than was verified, no permission, or the process ended.
 */
export function walkNativeHeap(pid: number, options: WalkNativeHeapOptions = {}): NativeHeapWalk | Unavailable {
  if (process.platform !== "linux") {
    return { available: false, reason: `${process.platform} has no /proc/<pid>/mem, through which the heap is read` };
  }
  const maps = readSystemText(`proc/${pid}/maps`, options);
  if (maps !== undefined) {
    const refused = refuseByMappings(parseMappings(maps));
    if (refused) return refused;
  }
  const memory = openProcessMemory(pid, options);
  if (!memory.available) return memory;
  using reader = memory;
  using resident = ResidentPages.open(pid, options);
  // Read again: the memory stays that of one program, even if the process becomes another one or its id is reused.
  const mappings = parseMappings(readSystemText(`proc/${pid}/maps`, options) ?? "");
  return walkMemory(pid, mappings, reader, resident, options);
}

interface WalkedArena {
  readonly arena: Arena;
  readonly tally: ChunkTally;
  readonly changed: boolean;
  readonly errorBytes: number | undefined;
}

function walkMemory(
  pid: number,
  mappings: readonly Mapping[],
  reader: MemoryReader,
  resident: ResidentPages | undefined,
  options: WalkNativeHeapOptions,
): NativeHeapWalk | Unavailable {
  const [timeMs, began] = [Date.now(), performance.now()];
  const refused = refuseByMappings(mappings);
  if (refused) return refused;
  const glibc = findGlibc(mappings, reader);
  if (!glibc.available) return glibc;
  const { layout } = glibc;
  const isResident = resident && ((address: number) => resident.isResident(address));
  const found = findMallocRoots(glibc, mappings, reader);
  if (!found.available) return found;
  const roots = findExtensions(found, layout, mappings, reader, isResident);
  const arenas = readArenas(roots, layout, reader);
  if ("reason" in arenas) return arenas;
  const threadCacheKey = findThreadCacheKey(arenas, layout, reader);
  const fastChunks = new Set<number>();
  const files = fileMappings(mappings);
  const sampler = options.owners === false ? undefined : new OwnerSampler(files, fastChunks);
  const pass = new Pass(roots, layout, reader, { threadCacheKey, sampler, resident, fastChunks });
  const walked = arenas.map((arena) => pass.walkTwice(arena, options.passes ?? 2));
  const tally = new ChunkTally();
  for (const { tally: part } of walked) tally.add(part);

  const expected = readMappedCount(roots, layout, reader);
  const blocks = new ChunkTally();
  const heaps = arenas.flatMap(({ segments }) => segments.map(({ base, end }) => ({ start: base, end })));
  const foundCount = findMappedChunks(subtractRanges(anonymousRanges(mappings), heaps), reader, blocks, {
    expected,
    sampler,
    isResident,
  });
  if (reader.ended) return { available: false, reason: `process ${pid} ended during the walk` };

  const accounts = walked.map((one) => accountArena(one, resident !== undefined)).sort(bySystemBytes);
  const heap = sumAccounts(accounts);
  tally.add(blocks);
  const owners = findOwners(sampler?.finish() ?? [], tally, (addresses) =>
    nameAddresses(addresses, files, reader, pid, options),
  );
  return {
    available: true,
    pid,
    allocator: layout.name,
    timeMs,
    durationMs: performance.now() - began,
    heap,
    arenas: accounts,
    changedArenas: walked.filter(({ changed }) => changed).length,
    mapped: { ...expected, foundCount, foundBytes: blocks.usedBytes },
    sizeClasses: accountSizeClasses(tally, owners),
    owners: mergeOwners([...owners.values()].flat()),
    notes: listNotes(heap, threadCacheKey, resident),
  };
}

/** The spread of the change over size classes is √2 standard errors of one pass: this is about four of them. */
const SPREADS = 3;

interface PassContext {
  readonly threadCacheKey: ThreadCacheKey | undefined;
  readonly sampler: OwnerSampler | undefined;
  readonly resident: ResidentPages | undefined;
  readonly fastChunks: Set<number>;
}

/** Walks arenas, with one window for all of them. */
class Pass {
  readonly #roots: MallocRoots;
  readonly #layout: GlibcLayout;
  readonly #reader: MemoryReader;
  readonly #context: PassContext;
  readonly #walker: ChunkWalker;

  constructor(roots: MallocRoots, layout: GlibcLayout, reader: MemoryReader, context: PassContext) {
    this.#roots = roots;
    this.#layout = layout;
    this.#reader = reader;
    this.#context = context;
    this.#walker = new ChunkWalker(reader);
  }

  /** Walks an arena, and a second time when it changed meanwhile: the second account counts, the two tell its error. */
  walkTwice(arena: Arena, passes: 1 | 2): WalkedArena {
    const first = this.#walkOnce(arena);
    if (!first.changed) return first;
    if (passes === 1) return { ...first, errorBytes: undefined };
    const again = this.#reread(arena);
    if (again === undefined) return { ...first, errorBytes: undefined };
    const second = this.#walkOnce(again);
    const change = Math.max(
      Math.abs(second.tally.usedBytes - first.tally.usedBytes),
      Math.abs(second.tally.freeBytes - first.tally.freeBytes),
    );
    // What was counted twice or missed may cancel out in the sum, but not in every size class.
    const difference = change + SPREADS * second.tally.usedSpread(first.tally);
    return { ...second, changed: true, errorBytes: difference + (second.errorBytes ?? 0) };
  }

  #walkOnce(arena: Arena): WalkedArena {
    const { threadCacheKey, sampler, resident, fastChunks } = this.#context;
    const tally = new ChunkTally();
    const fast = followFastBins(arena, this.#layout, this.#reader, fastChunks);
    let walkedBytes = 0;
    for (const segment of arena.segments) {
      const end = this.#walker.walk(segment, tally, {
        isMain: arena.isMain,
        threadCacheKey,
        sampler,
        countResident: resident && ((from, to) => resident.count(from, to)),
        endNow: () => this.#endNow(arena, segment.base, segment.end),
      });
      tally.overheadBytes += segment.start - segment.base;
      walkedBytes += end - segment.base;
    }
    for (const [bytes, count] of fast.counts) tally.moveToFree(bytes, count);
    const after = this.#reread(arena);
    const changed = after === undefined || !after.state.equals(arena.state);
    // Memory of the arena that lies elsewhere, such as a main heap that had to go on in mappings.
    tally.unknownBytes += Math.max(0, (after?.systemBytes ?? arena.systemBytes) - walkedBytes);
    const listed = fast.incomplete.reduce((bytes, size) => bytes + (tally.usedClassBytes[size >>> 4] ?? 0), 0);
    return { arena, tally, changed, errorBytes: tally.unknownBytes + tally.doubtfulBytes + listed };
  }

  #reread(arena: Arena): Arena | undefined {
    const again = readArena(arena.address, this.#roots, this.#layout, this.#reader);
    return "reason" in again ? undefined : again;
  }

  #endNow(arena: Arena, base: number, before: number): number {
    return this.#reread(arena)?.segments.find((segment) => segment.base === base)?.end ?? before;
  }
}

function accountArena({ arena, tally, errorBytes }: WalkedArena, knowsResident: boolean): ArenaAccount {
  const { usedBytes, freeBytes, threadCachedBytes, overheadBytes, unknownBytes } = tally;
  return {
    id: arena.isMain ? "main" : `0x${arena.address.toString(16)}`,
    pieces: arena.segments.length,
    systemBytes: usedBytes + freeBytes + threadCachedBytes + overheadBytes + unknownBytes,
    usedBytes,
    freeBytes,
    threadCachedBytes,
    overheadBytes,
    unknownBytes,
    retainedResidentBytes: knowsResident ? tally.retainedResidentBytes : undefined,
    errorBytes,
  };
}

function bySystemBytes(a: HeapAccount, b: HeapAccount): number {
  return b.systemBytes - a.systemBytes;
}

function sumAccounts(accounts: readonly HeapAccount[]): HeapAccount {
  const sum = (of: (account: HeapAccount) => number) => accounts.reduce((bytes, account) => bytes + of(account), 0);
  const known = (of: (account: HeapAccount) => number | undefined) =>
    accounts.some((account) => of(account) === undefined) ? undefined : sum((account) => of(account) ?? 0);
  return {
    systemBytes: sum(({ systemBytes }) => systemBytes),
    usedBytes: sum(({ usedBytes }) => usedBytes),
    freeBytes: sum(({ freeBytes }) => freeBytes),
    threadCachedBytes: sum(({ threadCachedBytes }) => threadCachedBytes),
    overheadBytes: sum(({ overheadBytes }) => overheadBytes),
    unknownBytes: sum(({ unknownBytes }) => unknownBytes),
    retainedResidentBytes: known(({ retainedResidentBytes }) => retainedResidentBytes),
    errorBytes: known(({ errorBytes }) => errorBytes),
  };
}

function listNotes(heap: HeapAccount, key: ThreadCacheKey | undefined, resident: ResidentPages | undefined): string[] {
  const notes: string[] = [];
  if (key === undefined) notes.push("no thread keeps freed chunks, or they could not be told from used ones");
  if (resident === undefined) notes.push("how much of the free memory is resident: /proc/<pid>/pagemap cannot be read");
  if (heap.unknownBytes > 0) notes.push("some memory could not be walked: it stands under unknown and in the error");
  return notes;
}
