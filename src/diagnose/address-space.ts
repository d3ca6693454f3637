/**
 * Where in its address space a process grew, and what that can be: two readings of its regions are
 * compared, what V8 counts is taken away, and glibc's own account, where there is one, parts what the
 * program holds from what the allocator keeps. What cannot be told apart keeps a name of its own:
 * `malloc` (held or retained), `anonymous` (large blocks or direct mappings), `v8` (whose heap). Whose heap it is
 * shows from outside by who touches new pages first: a thread fills its own isolate's (page faults, proc(5)).
 */
import type { AllocatorSample, ProcessRecording, RegionSample } from "../monitor/remote/recording.ts";
import type { RegionKind } from "../probe/region-kind.ts";

/** What a part of the growth was found to be. */
export const SPACE_CAUSES = [
  "js-heap",
  "workers",
  "native",
  "allocator-retained",
  "mappings",
  "mapped-files",
  "wasm",
  "stacks",
  "malloc",
  "anonymous",
  "v8",
] as const;
/** One of {@link SPACE_CAUSES}. */
export type SpaceCause = (typeof SPACE_CAUSES)[number];

/** How a process grew between two readings of its regions. */
export interface SpaceGrowth {
  readonly first: RegionSample;
  readonly last: RegionSample;
  readonly seconds: number;
  /** Bytes by which each cause grew; 0 where it did not. */
  readonly byCause: Readonly<Record<SpaceCause, number>>;
  /** Of all causes. */
  readonly totalBytes: number;
  /** glibc's accounts around that stretch: the same one twice where there is only one. */
  readonly account?: { readonly first: AllocatorSample; readonly last: AllocatorSample };
  /** Part of `native` in blocks that are large enough for a mapping of their own. */
  readonly largeBlockBytes: number;
}

/** Memory that the allocator keeps and nobody uses, now. */
export interface Retained {
  /** Resident pages of malloc's heaps that hold nothing. */
  readonly bytes: number;
  /** Share of them in arenas of threads, 0..1. */
  readonly arenaShare: number;
  readonly arenas: number;
  readonly account: AllocatorSample;
}

/** Accounts closer together than this say nothing about growth. */
const MIN_ACCOUNT_MS = 2_000;
/** An account and a reading of the regions belong together up to this distance. */
const TOGETHER_MS = 8_000;
/** A fault brings one page of this size. */
const PAGE_BYTES = 4096;
/** Shares of new pages: what the owner and V8's helpers must have touched first, and what a rival may have at most. */
const MOST = 0.5;
const LITTLE = 0.25;

/**
 * Compares the first and the newest reading of the regions.
 *
 * @param isCounted - whether V8's counters can be trusted: false for a process that is seen from outside only.
 * @returns `undefined` until there are two.
 */
export function growthOfSpace(process: ProcessRecording, nowMs: number, isCounted: boolean): SpaceGrowth | undefined {
  const seen = (process.regions ?? []).filter(({ timeMs }) => timeMs <= nowMs);
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first || !last || last.timeMs - first.timeMs < 2_000) return undefined;
  const rise = (...kinds: RegionKind[]): number => sum(last, kinds) - sum(first, kinds);
  const counted = (timeMs: number): { heap: number; external: number } =>
    isCounted ? countedByV8(process, timeMs) : { heap: 0, external: 0 };
  const [before, after] = [counted(first.timeMs), counted(last.timeMs)];
  const wasm = positive(rise("wasm-memory"));
  const external = positive(after.external - before.external - wasm);
  const pages = positive(rise("v8-page", "jit-code") - (after.heap - before.heap));
  const byAllocator = partByAccount(accountsAround(process, first, last), first, last, external, isCounted);
  const owner = isCounted ? "workers" : ownerOf(pages, first, last, process.pid);
  const byCause: Record<SpaceCause, number> = {
    "js-heap": 0,
    workers: 0,
    v8: 0,
    [owner]: pages,
    "mapped-files": positive(rise("file", "shared-memory")),
    wasm: isCounted ? positive(wasm - positive(after.external - before.external)) : wasm,
    stacks: positive(rise("thread-stack", "stack")),
    ...byAllocator.byCause,
  };
  const totalBytes = Object.values(byCause).reduce((total, bytes) => total + bytes, 0);
  const seconds = (last.timeMs - first.timeMs) / 1000;
  const { account, largeBlockBytes } = byAllocator;
  return { first, last, seconds, byCause, totalBytes, largeBlockBytes, ...(account ? { account } : {}) };
}

/**
 * Whose heap grows, as seen from outside: the main thread's if it touched most of the new pages that are not V8's
 * helpers' and no worker touched many; a worker's the other way round. Helpers fill any heap with what they promote.
 */
function ownerOf(pages: number, first: RegionSample, last: RegionSample, pid: number): "js-heap" | "workers" | "v8" {
  const { mainBytes, helperBytes, otherBytes } = touchedBytes(first, last, pid);
  const fills = (bytes: number, rival: number): boolean =>
    bytes >= LITTLE * pages && bytes + helperBytes >= MOST * pages && rival < LITTLE * pages && rival < bytes / 2;
  if (fills(mainBytes, otherBytes)) return "js-heap";
  return fills(otherBytes, mainBytes) ? "workers" : "v8";
}

/** Memory touched first by the main thread, by V8's helpers and by the busiest other thread, between two readings. */
export function touchedBytes(
  { threadFaults: before = [] }: RegionSample,
  { threadFaults: after = [] }: RegionSample,
  pid: number,
): { readonly mainBytes: number; readonly helperBytes: number; readonly otherBytes: number } {
  let [mainBytes, helperBytes, otherBytes] = [0, 0, 0];
  for (const { id, faults, isHelper } of after) {
    const bytes = PAGE_BYTES * (faults - (before.find((thread) => thread.id === id)?.faults ?? 0));
    if (id === pid) mainBytes = bytes;
    else if (isHelper) helperBytes += bytes;
    else otherBytes = Math.max(otherBytes, bytes);
  }
  return { mainBytes, helperBytes, otherBytes };
}

/** What malloc's heaps keep in memory beyond what the program uses, at the newest reading. */
export function retainedNow(process: ProcessRecording, nowMs: number): Retained | undefined {
  const regions = process.regions?.findLast(({ timeMs }) => timeMs <= nowMs);
  const account = process.allocator?.findLast(({ timeMs }) => timeMs <= nowMs);
  if (!regions || !account || Math.abs(regions.timeMs - account.timeMs) > TOGETHER_MS) return undefined;
  const heaps = sum(regions, ["brk", "malloc-arena"]);
  const bytes = Math.min(positive(heaps - account.usedBytes), account.freeBytes);
  const arenaShare = heaps === 0 ? 0 : sum(regions, ["malloc-arena"]) / heaps;
  return { bytes, arenaShare, arenas: regions.kinds["malloc-arena"]?.count ?? 0, account };
}

/** Bytes of heap and of external memory that V8 counted in all observed threads at a time. */
function countedByV8(process: ProcessRecording, timeMs: number): { heap: number; external: number } {
  let [heap, external] = [0, 0];
  for (const { samples, endedAtMs, startedAtMs } of process.threads) {
    if (startedAtMs > timeMs || (endedAtMs !== undefined && endedAtMs < timeMs)) continue;
    const sample = samples.findLast((each) => each.timeMs <= timeMs) ?? samples[0];
    heap += sample?.heapTotalBytes ?? 0;
    external += sample?.externalBytes ?? 0;
  }
  return { heap, external };
}

interface Parts {
  readonly byCause: Record<"native" | "allocator-retained" | "mappings" | "malloc" | "anonymous", number>;
  readonly account?: { readonly first: AllocatorSample; readonly last: AllocatorSample };
  readonly largeBlockBytes: number;
}

/** Parts the growth of malloc's heaps and of anonymous regions; Buffers and strings, which V8 counts, lie in either. */
function partByAccount(
  account: Parts["account"],
  first: RegionSample,
  last: RegionSample,
  external: number,
  isCounted: boolean,
): Parts {
  const none = { native: 0, "allocator-retained": 0, mappings: 0, malloc: 0, anonymous: 0 };
  const heaps = sum(last, ["brk", "malloc-arena"]) - sum(first, ["brk", "malloc-arena"]);
  const anonymous = sum(last, ["anonymous"]) - sum(first, ["anonymous"]);
  if (!account || !isCounted) {
    const share = positive(heaps) / Math.max(1, positive(heaps) + positive(anonymous));
    const malloc = positive(heaps - share * external);
    const rest = positive(anonymous - (1 - share) * external);
    const isByCount = mappingsAdded(first, last) > 1_000;
    const byCause = { ...none, malloc, [isByCount ? "mappings" : "anonymous"]: rest };
    return { byCause, largeBlockBytes: 0 };
  }
  const ms = account.last.timeMs - account.first.timeMs;
  if (ms < MIN_ACCOUNT_MS) {
    // One account only: what is free now was kept by the allocator, as far as its heaps grew.
    const free = positive(sum(last, ["brk", "malloc-arena"]) - account.last.usedBytes);
    const retained = Math.min(positive(heaps), free);
    const held = positive(positive(heaps) - retained - external);
    const large = Math.min(positive(anonymous), account.last.mmappedBytes);
    const mappings = positive(anonymous - account.last.mmappedBytes);
    const byCause = { ...none, native: held + large, "allocator-retained": retained, mappings };
    return { byCause, account, largeBlockBytes: large };
  }
  const scale = (last.timeMs - first.timeMs) / ms;
  const used = scale * (account.last.usedBytes - account.first.usedBytes);
  const mmapped = scale * (account.last.mmappedBytes - account.first.mmappedBytes);
  const large = Math.min(positive(mmapped), positive(anonymous));
  const small = Math.min(positive(used), positive(heaps));
  const native = positive(small + large - external);
  const byCause = {
    ...none,
    native,
    "allocator-retained": positive(heaps - positive(used)),
    mappings: positive(anonymous - positive(mmapped)),
  };
  return { byCause, account, largeBlockBytes: Math.min(native, large) };
}

/** The accounts nearest to two readings of the regions. */
function accountsAround(process: ProcessRecording, first: RegionSample, last: RegionSample): Parts["account"] {
  const known = (process.allocator ?? []).filter(({ timeMs }) => timeMs <= last.timeMs + TOGETHER_MS);
  const nearest = (timeMs: number): AllocatorSample | undefined =>
    known.reduce<AllocatorSample | undefined>(
      (best, each) => (best && Math.abs(best.timeMs - timeMs) <= Math.abs(each.timeMs - timeMs) ? best : each),
      undefined,
    );
  const [from, to] = [nearest(first.timeMs), nearest(last.timeMs)];
  return from && to ? { first: from, last: to } : undefined;
}

/** How many anonymous regions came between two readings: V8's pages and the stacks of threads are not among them. */
export function mappingsAdded(first: RegionSample, last: RegionSample): number {
  return (last.kinds.anonymous?.count ?? 0) - (first.kinds.anonymous?.count ?? 0);
}

/** Resident bytes of some kinds of regions. */
export function sum(sample: RegionSample, kinds: readonly RegionKind[]): number {
  return kinds.reduce((total, kind) => total + (sample.kinds[kind]?.rssBytes ?? 0), 0);
}

function positive(bytes: number): number {
  return Math.max(0, bytes);
}
