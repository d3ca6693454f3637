/**
 * What a region of the address space of a Node.js process holds, told from its name, permissions,
 * alignment and neighbours alone: no cooperation of the process is needed. The rules were read off Node 20,
 * 22 and 24 with glibc on Linux x64. Regions merge, so that counting them proves nothing about large blocks.
 * Sources: proc(5); V8's page size (256 KiB) and its 8 GiB reserve for a WebAssembly memory; glibc's HEAP_MAX_SIZE (64 MiB).
 */
import type { MemoryRegion } from "./smaps.ts";

/**
 * Kinds of regions:
 * `brk` (malloc's main heap), `malloc-arena` (malloc's heaps of threads), `v8-page` (a V8 heap of any thread),
 * `jit-code`, `wasm-memory`, `stack` (of the main thread), `thread-stack`, `file`, `shared-memory`, `kernel`, `guard`,
 * `huge-reserve` (at least 1 GiB without access), `anonymous` (large malloc blocks, Buffers, direct mappings).
 */
export const REGION_KINDS = [
  "brk",
  "malloc-arena",
  "v8-page",
  "jit-code",
  "wasm-memory",
  "stack",
  "thread-stack",
  "file",
  "shared-memory",
  "kernel",
  "guard",
  "huge-reserve",
  "anonymous",
] as const;

/** One of {@link REGION_KINDS}. */
export type RegionKind = (typeof REGION_KINDS)[number];

/** Looks into a region for the header of a malloc heap; `undefined` when it cannot look. */
export type ArenaCheck = (start: number) => boolean | undefined;

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const ARENA_BYTES = 64 * MIB;
const V8_PAGE_BYTES = 256 * KIB;
/** V8 asks for its pages at random addresses far below the kernel's own choices. */
const V8_HIGHEST_ADDRESS = 0x7e0000000000;

/** Tells what a region holds. */
export function kindOfRegion(
  region: MemoryRegion,
  before: MemoryRegion | undefined,
  after: MemoryRegion | undefined,
  isArena: ArenaCheck,
): RegionKind {
  const sizeBytes = region.end - region.start;
  return (
    kindByName(region) ??
    (hasNoAccess(region) ? (sizeBytes >= GIB ? "huge-reserve" : "guard") : undefined) ??
    (region.permissions.includes("x") ? "jit-code" : undefined) ??
    kindByShape(region, reserveBefore(region, before), reserveAfter(region, after), isArena)
  );
}

function kindByName({ name, inode }: MemoryRegion): RegionKind | undefined {
  if (name === "[heap]") return "brk";
  if (name === "[stack]") return "stack";
  if (name.startsWith("[stack:")) return "thread-stack";
  // Names that the program gave: glibc does with its tunable glibc.mem.decorate_maps.
  if (name.startsWith("[anon: glibc: malloc arena")) return "malloc-arena";
  if (name.startsWith("[anon: glibc: pthread stack")) return "thread-stack";
  if (name.startsWith("[anon:")) return undefined;
  if (name.startsWith("[anon_shmem:") || /^\/(dev\/zero|dev\/shm\/|memfd:|SYSV)/.test(name)) return "shared-memory";
  if (name.startsWith("[") || name.startsWith("anon_inode:")) return "kernel";
  return inode === 0 ? undefined : "file";
}

function kindByShape(region: MemoryRegion, beforeBytes: number, afterBytes: number, isArena: ArenaCheck): RegionKind {
  const sizeBytes = region.end - region.start;
  // A WebAssembly memory lies at the start of a reserve of 8 GiB, of which it may take 4.
  if (afterBytes >= 4 * GIB) return "wasm-memory";
  if (region.start % ARENA_BYTES === 0) {
    // Full heaps of one or several arenas that lie side by side are listed as one region.
    const endsOnBoundary = (region.end + (afterBytes < ARENA_BYTES ? afterBytes : 0)) % ARENA_BYTES === 0;
    if (endsOnBoundary && isArena(region.start) !== false) return "malloc-arena";
  }
  const isStackSized = sizeBytes >= 4 * MIB && sizeBytes <= 8 * MIB;
  if (isStackSized && beforeBytes > 0 && beforeBytes <= 64 * KIB) return "thread-stack";
  return region.start < V8_HIGHEST_ADDRESS && region.start % V8_PAGE_BYTES === 0 ? "v8-page" : "anonymous";
}

function hasNoAccess({ permissions }: MemoryRegion): boolean {
  return permissions.startsWith("---");
}

function reserveBefore(region: MemoryRegion, before: MemoryRegion | undefined): number {
  return before && hasNoAccess(before) && before.end === region.start ? before.end - before.start : 0;
}

function reserveAfter(region: MemoryRegion, after: MemoryRegion | undefined): number {
  return after && hasNoAccess(after) && after.start === region.end ? after.end - after.start : 0;
}
