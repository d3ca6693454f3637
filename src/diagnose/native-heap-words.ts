/**
 * Two walks of a process's native heap, compared in words: what the program holds more of than before, in which sizes,
 * and whose it is. A chunk of plain data points to nobody: its size is all that is known of it.
 */
import { formatBytes } from "../base/bytes.ts";
import type { ReportTrial } from "./report/report.ts";
import { formatCount, formatDuration } from "./report/words.ts";
import { diffNativeHeaps, type NativeHeapDiff } from "../probe/native-heap/native-heap-diff.ts";
import type { NativeHeapWalk } from "../probe/native-heap/native-heap-walk.ts";
import type { NativeOwner } from "../probe/native-heap/owners.ts";
import type { Unavailable } from "../probe/system-files.ts";

const MOST_CLASSES = 4;
const MOST_OWNERS = 2;
/** Growth below this is noise. */
const LEAST_BYTES = 256 * 1024;

/**
 * The walks as an entry of the report.
 *
 * @param first - at the beginning of the watch.
 * @param last - at its end; `undefined` when the process had ended.
 */
export function describeNativeHeap(
  first: NativeHeapWalk | Unavailable,
  last: NativeHeapWalk | Unavailable | undefined,
): ReportTrial {
  const name = "native-heap";
  if (!first.available) return { name, sentence: `The native heap was not walked: ${first.reason}`, details: [] };
  const diff = last?.available ? diffNativeHeaps(first, last) : undefined;
  const walk = last?.available ? last : first;
  const { heap, mapped, allocator, durationMs, notes, arenas } = walk;
  const usedBytes = heap.usedBytes + mapped.bytes;
  const grownBytes = diff && diff.heap.usedBytes + diff.mapped.bytes;
  const error =
    heap.errorBytes === undefined ? ", moving" : heap.errorBytes > 0 ? ` ±${formatBytes(heap.errorBytes)}` : "";
  const change = diff ? `, ${signed(grownBytes ?? 0)} in ${formatDuration(diff.elapsedMs / 1000)}` : "";
  const details = [
    ...listGrowth(walk, diff),
    `${formatBytes(heap.freeBytes + heap.threadCachedBytes)} free in ${formatCount(arenas.length)} ${arenas.length === 1 ? "arena" : "arenas"}${retained(walk)}`,
    ...(last !== undefined && !last.available ? [`no second walk: ${last.reason}`] : []),
    ...notes,
    `${allocator}, walked in ${Math.round(durationMs)} ms without stopping the program`,
  ];
  const figures = {
    usedBytes,
    freeBytes: heap.freeBytes,
    ...(grownBytes === undefined ? {} : { grownBytes }),
    ...(heap.errorBytes === undefined ? {} : { errorBytes: heap.errorBytes }),
    ...(heap.retainedResidentBytes === undefined ? {} : { retainedResidentBytes: heap.retainedResidentBytes }),
  };
  const held = `${formatBytes(usedBytes)}${error} held in the native heap${change}`;
  return { name, sentence: held, details, figures };
}

function signed(bytes: number): string {
  return bytes < 0 ? formatBytes(bytes) : `+${formatBytes(bytes)}`;
}

function retained({ heap: { retainedResidentBytes } }: NativeHeapWalk): string {
  return retainedResidentBytes === undefined
    ? ""
    : `, ${formatBytes(retainedResidentBytes)} of it whole pages in memory`;
}

/** The size classes and owners that grew most; without a second walk the largest classes. */
function listGrowth(walk: NativeHeapWalk, diff: NativeHeapDiff | undefined): string[] {
  const classes = (diff?.sizeClasses ?? walk.sizeClasses)
    .filter(({ used }) => used.bytes >= LEAST_BYTES)
    .toSorted((a, b) => b.used.bytes - a.used.bytes)
    .slice(0, MOST_CLASSES)
    .map(({ minBytes, maxBytes, used }) => {
      const chunks = `${formatCount(Math.abs(used.count))} ${used.count < 0 ? "fewer " : ""}chunks of ${sizeWords(minBytes, maxBytes)}`;
      const owners = walk.sizeClasses.find((one) => one.minBytes === minBytes)?.owners;
      return `${diff ? signed(used.bytes) : formatBytes(used.bytes)} in ${chunks}${ownerWords(owners?.[0])}`;
    });
  const owners = (diff?.owners ?? [])
    .filter(({ bytes }) => bytes >= LEAST_BYTES)
    .slice(0, MOST_OWNERS)
    .map(({ bytes, kind, name, module }) => `about ${signed(bytes)} in chunks of ${pointing({ kind, name, module })}`);
  return [...classes, ...owners];
}

function sizeWords(minBytes: number, maxBytes: number): string {
  return minBytes === maxBytes ? `${minBytes} bytes` : `${formatBytes(minBytes)} to ${formatBytes(maxBytes)}`;
}

function ownerWords(owner: NativeOwner | undefined): string {
  if (owner === undefined) return ", plain data";
  return `, ${owner.samples} of ${owner.ofSamples} of ${pointing(owner)}`;
}

/** `class` is sure, as the chunk begins with its vtable; the others are a hint. */
function pointing({ kind, name, module }: Pick<NativeOwner, "kind" | "name" | "module">): string {
  return kind === "class" ? `the class ${name} (${module})` : `${module}, pointing to ${name}`;
}
