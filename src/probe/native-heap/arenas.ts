/**
 * Finds glibc's arenas in the memory of a process, by their own pointers: the main arena in the library's data (it has no
 * symbol, but its empty bins point to themselves), from there the ring of all arenas, and from the top of each the chain of
 * its heaps. So nothing is guessed from the shape of regions. Source: glibc malloc/malloc.c and malloc/arena.c.
 */
import type { Unavailable } from "../system-files.ts";
import { type FoundGlibc, type GlibcLayout, HEAP_ALIGNMENT_BYTES } from "./glibc-layout.ts";
import { findMainExtensions } from "./main-extensions.ts";
import { type AddressRange, anonymousRanges, type Mapping, type Segment } from "./mappings.ts";
import { type MemoryReader, Words } from "./memory-reader.ts";

/** One arena: its state as it was read, and where its chunks lie. */
export interface Arena {
  /** Of its `malloc_state`. */
  readonly address: number;
  readonly isMain: boolean;
  /** The state itself. */
  readonly state: Words;
  /** Address of the top chunk. */
  readonly top: number;
  /** All that it has obtained from the kernel and not given back, by its own count. */
  readonly systemBytes: number;
  /** Where chunks lie one after the other; empty where that cannot be read now. */
  readonly segments: readonly Segment[];
}

/** Blocks with a mapping of their own, by glibc's own count. */
export interface MappedCount {
  readonly count: number;
  readonly bytes: number;
}

/** What was found in the library's data. */
export interface MallocRoots {
  readonly available: true;
  readonly mainArena: number;
  /** Where `malloc_par.sbrk_base` lies. */
  readonly parametersBase: number;
  /** The main heap, as far as it lies in one piece. */
  readonly heap: AddressRange;
  /** Where it goes on elsewhere. */
  readonly extensions: readonly Segment[];
}

const MAX_DATA_BYTES = 2 ** 20;
const MAX_ARENAS = 65_536;
const MAX_HEAPS = 2 ** 20;
const PAGE_BYTES = 4096;
/** Bit of `malloc_state.flags`: the main heap goes on elsewhere, because it could not grow in place. */
const NOT_CONTIGUOUS = 2;

/** Finds the main arena and malloc's parameters in the library's data. */
export function findMallocRoots(
  { layout, mappings: own }: FoundGlibc,
  mappings: readonly Mapping[],
  reader: MemoryReader,
): MallocRoots | Unavailable {
  const heap = mainHeapRange(mappings);
  if (heap === undefined)
    return { available: false, reason: "the program has no main heap ([heap] in its memory map)" };
  let mainArena: number | undefined;
  let parametersBase: number | undefined;
  for (const { start, end, permissions } of own) {
    if (!permissions.startsWith("rw") || end - start > MAX_DATA_BYTES) continue;
    const data = new Words(end - start);
    if (data.load(reader, start) < end - start) continue;
    for (let offset = 96; offset + 16 <= end - start; offset += 8) {
      if (mainArena === undefined && isMainArena(data, offset, start, layout, heap)) mainArena = start + offset;
      if (parametersBase === undefined && isParametersBase(data, offset, layout, heap)) parametersBase = start + offset;
    }
  }
  if (mainArena === undefined || parametersBase === undefined) {
    const what = mainArena === undefined ? "main arena was" : "parameters were";
    const reason = `${layout.name} is loaded, but its ${what} not found: another allocator may be linked into the program`;
    return { available: false, reason: reader.ended ? "the process has ended" : reason };
  }
  const base = new Words(8);
  base.load(reader, parametersBase);
  return { available: true, mainArena, parametersBase, heap: { start: base.at(0), end: heap.end }, extensions: [] };
}

/** The main heap; the kernel may list it in pieces. */
export function mainHeapRange(mappings: readonly Mapping[]): AddressRange | undefined {
  const pieces = mappings.filter(({ name }) => name === "[heap]");
  const [first, last] = [pieces[0], pieces.at(-1)];
  return first && last && { start: first.start, end: last.end };
}

function isMainArena(data: Words, offset: number, start: number, layout: GlibcLayout, heap: AddressRange): boolean {
  const address = start + offset;
  if (offset + layout.stateBytes > data.length * 8) return false;
  const next = data.at(offset + layout.nextAt);
  if (next !== address && next % HEAP_ALIGNMENT_BYTES !== layout.heapHeaderBytes) return false;
  const top = data.at(offset + layout.topAt);
  if (top < heap.start || top % 16 !== 0) return false;
  const systemBytes = data.at(offset + layout.systemBytesAt);
  if (systemBytes === 0 || systemBytes % PAGE_BYTES !== 0) return false;
  let empty = 0;
  for (let bin = 0; bin < layout.binCount; bin += 1) {
    const at = offset + layout.binsAt + 16 * bin;
    const self = start + at - 16; // a bin poses as a chunk whose links are its two pointers
    const [forward, back] = [data.at(at), data.at(at + 8)];
    if (forward === self && back === self) empty += 1;
    else if (forward % 16 !== 0 || back % 16 !== 0 || forward === 0 || back === 0) return false;
  }
  return empty > 0;
}

function isParametersBase(data: Words, offset: number, layout: GlibcLayout, heap: AddressRange): boolean {
  const base = data.at(offset);
  if (base < heap.start || base >= heap.end || base % 16 !== 0) return false;
  const mappedAt = offset + layout.mappedBytesFromBase;
  const binsAt = offset + layout.threadCacheBinsFromBase;
  if (mappedAt < 0 || binsAt + 16 > data.length * 8) return false;
  const maxBlockBytes = data.at(binsAt + 8);
  return data.at(mappedAt) % PAGE_BYTES === 0 && data.at(binsAt) <= layout.threadCacheLists && maxBlockBytes <= 0x408;
}

/** Reads glibc's count of blocks with a mapping of their own. */
export function readMappedCount(roots: MallocRoots, layout: GlibcLayout, reader: MemoryReader): MappedCount {
  const words = new Words(8);
  const at = (offset: number) => (words.load(reader, roots.parametersBase + offset) === 8 ? words : new Words(8));
  const bytes = at(layout.mappedBytesFromBase).at(0);
  return { bytes, count: at(layout.mappedCountFromBase).halves[0] ?? 0 };
}

/**
 * Reads all arenas.
 *
 * @returns the reason when the process has ended or its arenas have an unknown form.
 */
export function readArenas(roots: MallocRoots, layout: GlibcLayout, reader: MemoryReader): Arena[] | Unavailable {
  const arenas: Arena[] = [];
  const seen = new Set<number>();
  for (let address = roots.mainArena; !seen.has(address) && arenas.length < MAX_ARENAS;) {
    seen.add(address);
    const arena = readArena(address, roots, layout, reader);
    if ("reason" in arena) return arena;
    arenas.push(arena);
    address = arena.state.at(layout.nextAt);
  }
  return arenas;
}

/** Reads one arena and the places of its heaps, as they are now. */
export function readArena(
  address: number,
  roots: MallocRoots,
  layout: GlibcLayout,
  reader: MemoryReader,
): Arena | Unavailable {
  const state = new Words(layout.stateBytes);
  if (state.load(reader, address) < layout.stateBytes) {
    return { available: false, reason: reader.ended ? "the process has ended" : "an arena cannot be read" };
  }
  const isMain = address === roots.mainArena;
  const top = state.at(layout.topAt);
  const systemBytes = state.at(layout.systemBytesAt);
  const segments = isMain ? mainSegments(state, layout, roots) : heapsOf(address, top, layout, reader);
  if ("reason" in segments) return segments;
  return { address, isMain, state, top, systemBytes, segments };
}

function mainSegments(state: Words, layout: GlibcLayout, { heap, extensions }: MallocRoots): Segment[] {
  const first = { base: heap.start, start: Math.ceil(heap.start / 16) * 16 };
  if (isContiguous(state, layout)) return [{ ...first, end: heap.start + state.at(layout.systemBytesAt) }];
  return [...extensions, { ...first, end: heap.end }];
}

function isContiguous(state: Words, layout: GlibcLayout): boolean {
  return ((state.halves[layout.flagsAt / 4] ?? 0) & NOT_CONTIGUOUS) === 0;
}

/** Finds where the main heap goes on, if it could not grow in place. */
export function findExtensions(
  roots: MallocRoots,
  layout: GlibcLayout,
  mappings: readonly Mapping[],
  reader: MemoryReader,
  isResident: ((address: number) => boolean) | undefined,
): MallocRoots {
  const state = new Words(layout.stateBytes);
  if (state.load(reader, roots.mainArena) < layout.stateBytes || isContiguous(state, layout)) return roots;
  const bytes = state.at(layout.systemBytesAt) - (roots.heap.end - roots.heap.start);
  const search = { top: state.at(layout.topAt), bytes, isResident };
  return { ...roots, extensions: findMainExtensions(anonymousRanges(mappings), reader, search) };
}

function heapsOf(arena: number, top: number, layout: GlibcLayout, reader: MemoryReader): Segment[] | Unavailable {
  const segments: Segment[] = [];
  const header = new Words(layout.heapHeaderBytes);
  let base = top - (top % HEAP_ALIGNMENT_BYTES);
  while (base !== 0 && segments.length < MAX_HEAPS) {
    if (header.load(reader, base) < layout.heapHeaderBytes) return [];
    const [owner, previous, sizeBytes] = [header.at(0), header.at(8), header.at(16)];
    if (header.at(layout.heapPageBytesAt) !== PAGE_BYTES) {
      return {
        available: false,
        reason: `${layout.name} runs on huge pages here, which this walk was not verified on`,
      };
    }
    if (owner !== arena || previous % HEAP_ALIGNMENT_BYTES !== 0 || sizeBytes > HEAP_ALIGNMENT_BYTES) return [];
    const isFirst = arena - base === layout.heapHeaderBytes;
    const start = base + (isFirst ? layout.firstChunkAt : layout.heapHeaderBytes);
    segments.push({ base, start, end: base + sizeBytes });
    base = previous;
  }
  return segments;
}
