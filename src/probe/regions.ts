/**
 * What the address space of a process is made of, by kind, from `/proc/<pid>/smaps`. **Evidence on demand,
 * never polled**: the kernel walks every page table of the process, and the cost grows with the number of regions.
 * Source: proc(5).
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { openArenaCheck } from "./arena-header.ts";
import { type ArenaCheck, kindOfRegion, REGION_KINDS, type RegionKind } from "./region-kind.ts";
import { type MemoryRegion, SmapsParser } from "./smaps.ts";
import type { ProcessId, SystemFilesOptions, Unavailable } from "./system-files.ts";

export { REGION_KINDS, type RegionKind } from "./region-kind.ts";
export type { MemoryRegion } from "./smaps.ts";

/** A region with its kind. */
export interface ClassifiedRegion extends MemoryRegion {
  /** What it holds. */
  readonly kind: RegionKind;
}

/** All regions of one kind together. */
export interface RegionTotal {
  /** Regions. */
  readonly count: number;
  /** In memory now. */
  readonly rssBytes: number;
  /** Part of `rssBytes` that belongs to no file. */
  readonly anonBytes: number;
  /** Swapped out; not part of `rssBytes`. */
  readonly swapBytes: number;
  /** Of address space. */
  readonly sizeBytes: number;
}

/** The address space of one process. */
export interface RegionsReading {
  /** Told apart from {@link Unavailable} by this. */
  readonly available: true;
  /** Lowest address first. */
  readonly regions: readonly ClassifiedRegion[];
  /** Every kind, with zeros where there is no such region. */
  readonly byKind: Readonly<Record<RegionKind, RegionTotal>>;
}

/** How {@link readRegions} reads. */
export interface ReadRegionsOptions extends SystemFilesOptions {
  /** Looks at 32 bytes of every region that has the shape of a malloc arena, through `/proc/<pid>/mem`. Default: true. */
  readonly checkArenas?: boolean;
}

/**
 * Reads and classifies all regions of a process. Measured: 1.3 ms for 413 regions; 125 ms and 55 MB more of our own
 * memory for 50,519.
 *
 * @param pid - a process of the same user. Default: the calling one.
 */
export function readRegions(pid: ProcessId = "self", options: ReadRegionsOptions = {}): RegionsReading | Unavailable {
  const path = join(options.root ?? "/", `proc/${pid}/smaps`);
  let regions: MemoryRegion[];
  try {
    regions = readSmaps(path);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { available: false, reason: `the memory regions cannot be read: ${why} on ${path}` };
  }
  if (regions.length === 0) {
    return {
      available: false,
      reason: `process ${pid} has ended, or is a part of the kernel: it has no memory regions`,
    };
  }
  if (options.checkArenas === false) return classify(regions);
  using check = openArenaCheck(pid, options);
  return classify(regions, check.isArena);
}

/** Classifies the text of `/proc/<pid>/smaps`. */
export function classifyRegions(smapsText: string, isArena?: ArenaCheck): RegionsReading {
  const parser = new SmapsParser();
  parser.push(smapsText);
  return classify(parser.finish(), isArena);
}

function classify(regions: readonly MemoryRegion[], isArena: ArenaCheck = () => undefined): RegionsReading {
  const byKind = emptyTotals();
  const classified = regions.map((region, index): ClassifiedRegion => {
    const kind = kindOfRegion(region, regions[index - 1], regions[index + 1], isArena);
    const total = byKind[kind];
    total.count += 1;
    total.rssBytes += region.rssBytes;
    total.anonBytes += region.anonBytes;
    total.swapBytes += region.swapBytes;
    total.sizeBytes += region.end - region.start;
    return Object.assign(region, { kind });
  });
  return { available: true, regions: classified, byKind };
}

function emptyTotals(): Record<RegionKind, { -readonly [Key in keyof RegionTotal]: number }> {
  const zero = () => ({ count: 0, rssBytes: 0, anonBytes: 0, swapBytes: 0, sizeBytes: 0 });
  return Object.fromEntries(REGION_KINDS.map((kind) => [kind, zero()])) as ReturnType<typeof emptyTotals>;
}

function readSmaps(path: string): MemoryRegion[] {
  const parser = new SmapsParser();
  const decoder = new StringDecoder("utf8");
  const buffer = Buffer.allocUnsafe(2 ** 18);
  const descriptor = openSync(path, "r");
  try {
    for (let length = -1; length !== 0;) {
      length = readSync(descriptor, buffer, 0, buffer.length, null);
      parser.push(decoder.write(buffer.subarray(0, length)));
    }
  } finally {
    closeSync(descriptor);
  }
  return parser.finish();
}
