/**
 * The histogram of chunk sizes as it is reported: classes with any chunk in them, each with its owners.
 */
import type { ChunkTally } from "./chunk-tally.ts";
import type { SizeClassAccount } from "./native-heap-walk.ts";
import type { NativeOwner } from "./owners.ts";
import { boundsOfSizeClass, SIZE_CLASS_COUNT } from "./size-class.ts";

/** Lists the size classes of a tally, smallest first, without empty ones. */
export function accountSizeClasses(
  tally: ChunkTally,
  owners: ReadonlyMap<number, readonly NativeOwner[]>,
): SizeClassAccount[] {
  const accounts: SizeClassAccount[] = [];
  for (let sizeClass = 0; sizeClass < SIZE_CLASS_COUNT; sizeClass += 1) {
    const used = { count: tally.usedCounts[sizeClass] ?? 0, bytes: tally.usedClassBytes[sizeClass] ?? 0 };
    const free = { count: tally.freeCounts[sizeClass] ?? 0, bytes: tally.freeClassBytes[sizeClass] ?? 0 };
    if (used.count === 0 && free.count === 0) continue;
    accounts.push({ ...boundsOfSizeClass(sizeClass), used, free, owners: owners.get(sizeClass) ?? [] });
  }
  return accounts;
}
