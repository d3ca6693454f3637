/**
 * Two walks of a process's native heap, compared in words: what the program holds more of than before, in which sizes,
 * and whose it is. A chunk of plain data points to nobody: its size is all that is known of it.
 */
import { formatBytes } from "../base/bytes.ts";
import type { ReportTrial } from "../diagnose/report/report.ts";
import { formatCount, formatDuration } from "../diagnose/report/words.ts";
import type { NativeHeapWalk, SizeClassAccount } from "../probe/native-heap/native-heap-walk.ts";
import type { Unavailable } from "../probe/system-files.ts";

const MOST_CLASSES = 4;
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
  const before = last?.available ? first : undefined;
  const walk = last?.available ? last : first;
  const { heap, mapped, allocator, durationMs, notes, arenas } = walk;
  const usedBytes = heap.usedBytes + mapped.bytes;
  const grownBytes = before === undefined ? undefined : usedBytes - before.heap.usedBytes - before.mapped.bytes;
  const error =
    heap.errorBytes === undefined ? ", moving" : heap.errorBytes > 0 ? ` ±${formatBytes(heap.errorBytes)}` : "";
  const change = before === undefined ? "" : `, ${signed(grownBytes ?? 0)} in ${seconds(before, walk)}`;
  const details = [
    ...listGrowth(before, walk),
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

function seconds(before: NativeHeapWalk, after: NativeHeapWalk): string {
  return formatDuration((after.timeMs - before.timeMs) / 1000);
}

function signed(bytes: number): string {
  return bytes < 0 ? formatBytes(bytes) : `+${formatBytes(bytes)}`;
}

function retained({ heap: { retainedResidentBytes } }: NativeHeapWalk): string {
  return retainedResidentBytes === undefined
    ? ""
    : `, ${formatBytes(retainedResidentBytes)} of it whole pages in memory`;
}

/** The size classes that grew most; without an earlier walk the largest ones. */
function listGrowth(before: NativeHeapWalk | undefined, after: NativeHeapWalk): string[] {
  const earlier = new Map(before?.sizeClasses.map((one) => [one.minBytes, one.used]));
  return after.sizeClasses
    .map((one) => {
      const { bytes = 0, count = 0 } = earlier.get(one.minBytes) ?? {};
      return { one, bytes: one.used.bytes - bytes, count: one.used.count - count };
    })
    .filter(({ bytes }) => bytes >= LEAST_BYTES)
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_CLASSES)
    .map(({ one, bytes, count }) => {
      const chunks = `${formatCount(Math.abs(count))} ${count < 0 ? "fewer " : ""}chunks of ${sizeWords(one)}`;
      return `${before === undefined ? formatBytes(bytes) : signed(bytes)} in ${chunks}${ownerWords(one)}`;
    });
}

function sizeWords({ minBytes, maxBytes }: SizeClassAccount): string {
  return minBytes === maxBytes ? `${minBytes} bytes` : `${formatBytes(minBytes)} to ${formatBytes(maxBytes)}`;
}

function ownerWords({ owners }: SizeClassAccount): string {
  const [owner] = owners;
  if (owner === undefined) return ", plain data";
  const share = `${owner.samples} of ${owner.ofSamples} looked at`;
  const what = owner.kind === "class" ? `objects of ${owner.name}` : `pointing to ${owner.name}`;
  return `, ${what} in ${owner.module} (${share})`;
}
