/**
 * What grew between two walks of one process: by arena, size class and owner. Growth smaller than the error of the
 * two walks is no growth; owners are estimates from samples.
 */
import type { ArenaAccount, ChunkCount, HeapAccount, NativeHeapWalk, SizeClassAccount } from "./native-heap-walk.ts";
import { type NativeOwner, ownerKey } from "./owners.ts";

/** Growth of one heap; negative where it shrank. */
export interface HeapGrowth {
  readonly systemBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  /** `undefined` where one of the walks does not know. */
  readonly retainedResidentBytes: number | undefined;
  /** How far the growth of `usedBytes` may be off: the errors of both walks. `undefined` where one has none. */
  readonly errorBytes: number | undefined;
}

/** Growth of one arena. */
export interface ArenaGrowth extends HeapGrowth {
  /** As in the walks; an arena may be in the second one only. */
  readonly id: string;
}

/** Growth of one size class. */
export interface SizeClassGrowth {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly used: ChunkCount;
  readonly free: ChunkCount;
}

/** Growth of what one owner holds, estimated. */
export interface OwnerGrowth extends Pick<NativeOwner, "module" | "path" | "kind" | "name"> {
  readonly count: number;
  readonly bytes: number;
}

/** The difference between two walks. */
export interface NativeHeapDiff {
  /** Time between the two. */
  readonly elapsedMs: number;
  readonly heap: HeapGrowth;
  /** Blocks with a mapping of their own. */
  readonly mapped: ChunkCount;
  /** Largest growth of `usedBytes` first; all arenas. */
  readonly arenas: readonly ArenaGrowth[];
  /** Largest growth of used bytes first; classes that did not change are left out. */
  readonly sizeClasses: readonly SizeClassGrowth[];
  /** Largest growth first; owners that did not change are left out. */
  readonly owners: readonly OwnerGrowth[];
}

/**
 * Differences two walks.
 *
 * @param before - the earlier walk.
 * @param after - the later walk, of the same process.
 */
export function diffNativeHeaps(before: NativeHeapWalk, after: NativeHeapWalk): NativeHeapDiff {
  return {
    elapsedMs: after.timeMs - before.timeMs,
    heap: growthOf(before.heap, after.heap),
    mapped: {
      count: after.mapped.count - before.mapped.count,
      bytes: after.mapped.bytes - before.mapped.bytes,
    },
    arenas: pair(before.arenas, after.arenas, ({ id }) => id)
      .map(([a, b]): ArenaGrowth => ({ id: (b ?? a)?.id ?? "", ...growthOf(a, b) }))
      .sort((a, b) => b.usedBytes - a.usedBytes),
    sizeClasses: pair(before.sizeClasses, after.sizeClasses, ({ minBytes }) => minBytes)
      .map(([a, b]) => sizeClassGrowth(a, b))
      .filter(({ used, free }) => used.count !== 0 || used.bytes !== 0 || free.count !== 0 || free.bytes !== 0)
      .sort((a, b) => b.used.bytes - a.used.bytes),
    owners: pair(before.owners, after.owners, ownerKey)
      .map(([a, b]) => ownerGrowth(a, b))
      .filter(({ count, bytes }) => count !== 0 || bytes !== 0)
      .sort((a, b) => b.bytes - a.bytes),
  };
}

/** Brings together what has the same key; one of the two may be missing. */
function pair<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => string | number,
): [T | undefined, T | undefined][] {
  const pairs = new Map<string | number, [T | undefined, T | undefined]>();
  for (const item of before) pairs.set(keyOf(item), [item, undefined]);
  for (const item of after) pairs.set(keyOf(item), [pairs.get(keyOf(item))?.[0], item]);
  return [...pairs.values()];
}

const EMPTY: Omit<ArenaAccount, "id"> = {
  pieces: 0,
  systemBytes: 0,
  usedBytes: 0,
  freeBytes: 0,
  threadCachedBytes: 0,
  overheadBytes: 0,
  unknownBytes: 0,
  retainedResidentBytes: 0,
  errorBytes: 0,
};

function growthOf(before: HeapAccount = EMPTY, after: HeapAccount = EMPTY): HeapGrowth {
  const known = (a: number | undefined, b: number | undefined, combine: (a: number, b: number) => number) =>
    a === undefined || b === undefined ? undefined : combine(a, b);
  return {
    systemBytes: after.systemBytes - before.systemBytes,
    usedBytes: after.usedBytes - before.usedBytes,
    freeBytes: after.freeBytes - before.freeBytes,
    retainedResidentBytes: known(before.retainedResidentBytes, after.retainedResidentBytes, (a, b) => b - a),
    errorBytes: known(before.errorBytes, after.errorBytes, (a, b) => a + b),
  };
}

function subtract(before: ChunkCount | undefined, after: ChunkCount | undefined): ChunkCount {
  return {
    count: (after?.count ?? 0) - (before?.count ?? 0),
    bytes: (after?.bytes ?? 0) - (before?.bytes ?? 0),
  };
}

function sizeClassGrowth(before: SizeClassAccount | undefined, after: SizeClassAccount | undefined): SizeClassGrowth {
  const { minBytes = 0, maxBytes = 0 } = after ?? before ?? {};
  return { minBytes, maxBytes, used: subtract(before?.used, after?.used), free: subtract(before?.free, after?.free) };
}

function ownerGrowth(before: NativeOwner | undefined, after: NativeOwner | undefined): OwnerGrowth {
  const { module = "", path = "", kind = "address", name = "" } = after ?? before ?? {};
  return { module, path, kind, name, ...subtract(before, after) };
}
