/**
 * How many objects a heap holds, before anything is captured: read from a sample of its pages through `/proc/<pid>/mem`,
 * so that it costs the program no memory, no collection and, from outside, no pause. Every V8 object begins with a pointer
 * to its map, and only the map of maps is its own map: a word that leads there in two steps is the start of an object,
 * on every version of V8 that does not compress pointers. Garbage that was not overwritten yet is counted too.
 */
import { type MemoryReader, openProcessMemory } from "../probe/native-heap/memory-reader.ts";
import { readRegions } from "../probe/regions.ts";
import type { ProcessId, Unavailable } from "../probe/system-files.ts";

/** What a sample of a heap's pages shows. */
export interface ObjectCount {
  /** Told apart from {@link Unavailable} by this. */
  readonly available: true;
  /** Objects outside of the young generation, in all V8 heaps of the process, living or not yet overwritten; estimated. */
  readonly oldObjects: number;
  /** The same in the half of the young generation that is in use. */
  readonly youngObjects: number;
  /** Size of that half. */
  readonly youngBytes: number;
  /** Objects that the largest array or hash table refers to, those below 128 KiB left out; estimated, 0 when there is none. */
  readonly longestArray: number;
  /** Bytes that were looked at. */
  readonly sampledBytes: number;
}

/** A piece of address space. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

const PAGE_BYTES = 4096;
const WORDS = PAGE_BYTES / 8;
/** Also the alignment of V8's own pages, in whose first 4 KiB the first object lies. */
const V8_PAGE_BYTES = 2 ** 18;
const SAMPLED_PAGES = 1024;
/** So many of the most frequent words are looked up, and as many of the rest: a look-up takes about 2 µs. */
const LOOKED_UP = 3000;
const MAX_V8_PAGES = 40_000;
const HEAD_BYTES = 64;
const FROM_PAGE = 8n;
const TO_PAGE = 16n;
const MAX_FLAGS = 2n ** 32n;
/** V8 gives objects above this a page of their own. */
const LARGE_BYTES = 2 ** 17;
const PROBED_SLOTS = 64;
const PROBES = 32;

/**
 * Counts by sampling, within about 20 % where pages are full; 30 to 150 ms of this thread, most of it in a large heap.
 *
 * @param pid - a process that this user may trace. Default: the calling one.
 */
export function countObjects(pid: ProcessId = "self"): ObjectCount | Unavailable {
  const number = pid === "self" ? process.pid : Number(pid);
  const regions = readRegions(number, { checkArenas: false });
  if (!regions.available) return regions;
  const memory = openProcessMemory(number);
  if (!memory.available) return memory;
  using open = memory;
  const pages = regions.regions.filter(({ kind, rssBytes }) => kind === "v8-page" && rssBytes > 0);
  return countIn(open, pages);
}

/** The same over any memory. */
export function countIn(memory: MemoryReader, regions: readonly Stretch[]): ObjectCount {
  const maps = new MapFinder(memory);
  const { old, young } = splitGenerations(memory, regions);
  const oldSample = samplePages(memory, old);
  const youngSample = samplePages(memory, young);
  return {
    available: true,
    oldObjects: scale(oldSample, maps, old),
    youngObjects: scale(youngSample, maps, young),
    youngBytes: sizeOf(young),
    longestArray: findLongestArray(memory, regions, maps),
    sampledBytes: (oldSample.readPages + youngSample.readPages) * PAGE_BYTES,
  };
}

function sizeOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { start, end }) => sum + end - start, 0);
}

function scale({ words, readPages }: Sample, maps: MapFinder, stretches: readonly Stretch[]): number {
  return readPages === 0 ? 0 : Math.round((countStarts(words, maps) / (readPages * PAGE_BYTES)) * sizeOf(stretches));
}

interface Sample {
  /** All tagged words, sorted. */
  readonly words: BigUint64Array;
  readonly readPages: number;
}

/** One random page out of each of equally long stretches. */
function samplePages(memory: MemoryReader, regions: readonly Stretch[]): Sample {
  const pages = regions.reduce((sum, { start, end }) => sum + Math.floor((end - start) / PAGE_BYTES), 0);
  const wantedPages = Math.min(SAMPLED_PAGES, pages);
  const words = new BigUint64Array(wantedPages * WORDS);
  const buffer = new Uint8Array(PAGE_BYTES);
  const page = new BigUint64Array(buffer.buffer);
  let length = 0;
  let readPages = 0;
  let regionAt = 0;
  let pagesBefore = 0;
  for (let index = 0; index < wantedPages; index += 1) {
    const wanted = Math.floor(((index + Math.random()) * pages) / wantedPages);
    let region = regions[regionAt];
    while (region !== undefined && wanted - pagesBefore >= Math.floor((region.end - region.start) / PAGE_BYTES)) {
      pagesBefore += Math.floor((region.end - region.start) / PAGE_BYTES);
      region = regions[++regionAt];
    }
    if (region === undefined) break;
    if (memory.read(region.start + (wanted - pagesBefore) * PAGE_BYTES, buffer) < PAGE_BYTES) continue;
    readPages += 1;
    for (const word of page) if (isTagged(word)) words[length++] = word;
  }
  return { words: words.subarray(0, length).sort(), readPages };
}

function countStarts(sorted: BigUint64Array, maps: MapFinder): number {
  const runs: { readonly word: bigint; readonly times: number }[] = [];
  for (let from = 0; from < sorted.length;) {
    const word = sorted[from] ?? 0n;
    let to = from + 1;
    while (sorted[to] === word) to += 1;
    runs.push({ word, times: to - from });
    from = to;
  }
  runs.sort((a, b) => b.times - a.times);
  const frequent = runs.slice(0, LOOKED_UP);
  const rest = runs.slice(LOOKED_UP);
  const known = frequent.reduce((sum, { word, times }) => (maps.has(word) ? sum + times : sum), 0);
  const inRest = rest.reduce((sum, { times }) => sum + times, 0);
  let tried = 0;
  let hits = 0;
  for (let index = 0; index < Math.min(LOOKED_UP, rest.length); index += 1) {
    const run = rest[Math.floor(((index + Math.random()) * rest.length) / Math.min(LOOKED_UP, rest.length))];
    if (run === undefined) continue;
    tried += run.times;
    if (maps.has(run.word)) hits += run.times;
  }
  return known + (tried === 0 ? 0 : (inRest * hits) / tried);
}

/** The first object of a large page: its map, its length, its slots. */
function findLongestArray(memory: MemoryReader, regions: readonly Stretch[], maps: MapFinder): number {
  const object = new Uint8Array(16);
  const words = new BigUint64Array(object.buffer);
  let longest = 0;
  for (const { at, end, head } of readHeads(memory, regions)) {
    for (const offset of listFirstOffsets(head, at)) {
      if (memory.read(at + offset, object) < object.length) continue;
      const [map = 0n, second = 0n] = words;
      const length = readLength(second);
      if (length <= longest || length * 8 < LARGE_BYTES || length * 8 > end - at) continue;
      if (!isTagged(map) || !maps.has(map)) continue;
      longest = Math.max(longest, countReferences(memory, at + offset + 16, length));
    }
  }
  return longest;
}

/** Where the first object of a page may lie: right behind a short header (V8 13), or where the header says (before). */
function listFirstOffsets(head: BigUint64Array, at: number): number[] {
  const named = [...head].map((word) => Number(word) - at).filter((offset) => offset > 16 && offset < 2 * PAGE_BYTES);
  return [16, ...named];
}

/** The heads of all of V8's pages, and where the mapping of each ends. */
function* readHeads(
  memory: MemoryReader,
  regions: readonly Stretch[],
): Generator<{ at: number; end: number; head: BigUint64Array }> {
  const bytes = new Uint8Array(HEAD_BYTES);
  const head = new BigUint64Array(bytes.buffer);
  let looked = 0;
  for (const { start, end } of regions) {
    for (let at = start; at < end && looked < MAX_V8_PAGES; at += V8_PAGE_BYTES, looked += 1) {
      if (memory.read(at, bytes) === HEAD_BYTES) yield { at, end, head };
    }
  }
}

/** Leaves out the half of the young generation that is empty until the next collection, but full of old copies. */
function splitGenerations(
  memory: MemoryReader,
  regions: readonly Stretch[],
): { readonly old: Stretch[]; readonly young: Stretch[] } {
  const old: Stretch[] = [];
  const young: Stretch[] = [];
  const starts = new Set(regions.map(({ start }) => start));
  for (const { at, end: mappingEnd, head } of readHeads(memory, regions)) {
    const flags = readFlags(head[0] ?? 0n, head[1] ?? 0n);
    const end = Math.min(at + V8_PAGE_BYTES, mappingEnd);
    if ((flags & TO_PAGE) !== 0n) young.push({ start: at, end });
    else if ((flags & FROM_PAGE) === 0n) {
      const last = old.at(-1);
      if (last?.end === at && !starts.has(at)) old[old.length - 1] = { start: last.start, end };
      else old.push({ start: at, end });
    }
  }
  return { old, young };
}

/** Flags come first, or after the page's size (V8 11). Compiled code tests the two of the young generation, so they stay where they are. */
function readFlags(first: bigint, second: bigint): bigint {
  const flags = first === BigInt(V8_PAGE_BYTES) ? second : first;
  return flags < MAX_FLAGS ? flags : 0n;
}

/** A small integer takes the upper half of its word. */
function readLength(word: bigint): number {
  return (word & 0xffffffffn) === 0n ? Number(word >> 32n) : 0;
}

/** How many slots refer to objects of their own; free ones all refer to the same. */
function countReferences(memory: MemoryReader, start: number, length: number): number {
  const slots = new Uint8Array(PROBED_SLOTS * 8);
  const words = new BigUint64Array(slots.buffer);
  const times = new Map<bigint, number>();
  let probed = 0;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const slot = Math.floor((probe * Math.max(0, length - PROBED_SLOTS)) / (PROBES - 1));
    if (memory.read(start + slot * 8, slots) < slots.length) continue;
    probed += words.length;
    for (const word of words) if (isTagged(word)) times.set(word, (times.get(word) ?? 0) + 1);
  }
  let own = 0;
  for (const count of times.values()) if (count <= probed / 64) own += count;
  return probed === 0 ? 0 : Math.round((length * own) / probed);
}

/** Pointers to heap objects end in 01; addresses of user space have 47 bits. */
function isTagged(word: bigint): boolean {
  return (word & 3n) === 1n && word > 0x10000n && word < 0x7fffffffffffn;
}

/** Tells maps from other objects. */
class MapFinder {
  readonly #memory: MemoryReader;
  readonly #buffer = new Uint8Array(8);
  readonly #word = new BigUint64Array(this.#buffer.buffer);
  /** What was found of each map of a map; others are few, as only maps lead to them. Bounded by the look-ups. */
  readonly #known = new Map<bigint, boolean>();

  constructor(memory: MemoryReader) {
    this.#memory = memory;
  }

  has(word: bigint): boolean {
    const map = this.#read(word);
    if (!isTagged(map)) return false;
    const known = this.#known.get(map);
    if (known !== undefined) return known;
    const isMapOfMaps = this.#read(map) === map;
    this.#known.set(map, isMapOfMaps);
    return isMapOfMaps;
  }

  #read(pointer: bigint): bigint {
    return this.#memory.read(Number(pointer) - 1, this.#buffer) === 8 ? (this.#word[0] ?? 0n) : 0n;
  }
}
