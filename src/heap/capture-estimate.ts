/**
 * What a capture will cost, told before it: memory and a pause. V8 takes a few hundred bytes a node, and besides more than
 * a kilobyte for every index below the number of references of the largest array or table, because it keeps each index as a
 * text in a buffer of 1,024 bytes (V8's strings-storage.cc): that, not the heap's size, is why a large Map costs 20 times
 * its heap. Texts of up to 1,024 characters are copied. The constants are bounds of what bench/capture.bench.ts measures.
 */
import { readV8, readV8Spaces, type V8SpaceReading } from "../probe/v8.ts";
import type { Unavailable } from "../probe/system-files.ts";
import type { ObjectCount } from "./object-count.ts";

/** Sizes of one heap, in bytes. */
export interface HeapSizes {
  /** In objects, living or not yet collected. */
  readonly usedBytes: number;
  /** The part in objects that have pages of their own: long arrays and strings. */
  readonly largeBytes: number;
  /** The part in the young generation. */
  readonly youngBytes: number;
  /** Used part of the other pages, 0..1. */
  readonly fillRatio: number;
}

/** What is to be expected of a capture: bounds, not means. */
export interface CapturePrediction {
  /** Nodes of the snapshot. */
  readonly objects: number;
  /** Resident memory that the program will take more, at the peak; most of it stays with the program. */
  readonly extraBytes: number;
  /** For so long the thread does nothing else. */
  readonly pauseMs: number;
  /** Size of the file. */
  readonly fileBytes: number;
  /** `pages`: counted in the heap's pages. `size`: only bounded by the heap's size, because its pages could not be read. */
  readonly basis: "pages" | "size";
}

/** Bounds for one Node.js line. */
interface Costs {
  readonly bytesPerObject: number;
  readonly pauseUsPerObject: number;
}

const COSTS: readonly (readonly [major: number, costs: Costs])[] = [
  [20, { bytesPerObject: 400, pauseUsPerObject: 6 }],
  [22, { bytesPerObject: 380, pauseUsPerObject: 5 }],
  [24, { bytesPerObject: 340, pauseUsPerObject: 4 }],
];
/** Older lines cost as much as the oldest known one, newer as the newest. */
const OLDEST: Costs = { bytesPerObject: 400, pauseUsPerObject: 6 };
/** 1,024 for the text, the allocator's own, and the entry in the table of texts. */
const BYTES_PER_INDEX = 1100;
/** Arrays below 128 KiB have as many slots, and are not looked for. */
const UNSEEN_INDEXES = 2 ** 14;
const BASE_BYTES = 6 << 20;
/** The count is off by so much at most where pages are full. */
const COUNT_MARGIN = 1.2;
/** A boxed number. */
const LEAST_OBJECT_BYTES = 16;
const SMALL_OBJECT_BYTES = 24;
const PAUSE_US_PER_TEXT_BYTE = 0.02;
const BASE_PAUSE_MS = 150;
const FILE_BYTES_PER_OBJECT = 130;

/**
 * Predicts a capture.
 *
 * @param count - what {@link countObjects} found, or why it found nothing.
 * @param nodeMajor - 20, 22, 24.
 */
export function predictCapture(
  sizes: HeapSizes,
  count: ObjectCount | Unavailable,
  nodeMajor: number,
): CapturePrediction {
  const { bytesPerObject, pauseUsPerObject } = costsOf(nodeMajor);
  const smallBytes = Math.max(0, sizes.usedBytes - sizes.largeBytes);
  const mostObjects = smallBytes / LEAST_OBJECT_BYTES;
  const objects = Math.ceil(count.available ? Math.min(mostObjects, COUNT_MARGIN * living(count, sizes)) : mostObjects);
  const indexes = Math.max(UNSEEN_INDEXES, count.available ? count.longestArray * COUNT_MARGIN : sizes.usedBytes / 16);
  const textBytes = Math.max(0, smallBytes - objects * SMALL_OBJECT_BYTES);
  return {
    objects,
    extraBytes: Math.ceil(BASE_BYTES + objects * bytesPerObject + indexes * BYTES_PER_INDEX + textBytes),
    pauseMs: Math.ceil(BASE_PAUSE_MS + (objects * pauseUsPerObject + textBytes * PAUSE_US_PER_TEXT_BYTE) / 1000),
    fileBytes: Math.ceil(BASE_BYTES + objects * FILE_BYTES_PER_OBJECT + textBytes * 2),
    basis: count.available ? "pages" : "size",
  };
}

/** A bound of what bench/capture.bench.ts finds: packing takes about 0.01 us a byte of the text. */
const PACK_US_PER_BYTE = 0.02;
const PACKED_RATIO = 0.2;
/** V8 hands the text over in messages; their garbage takes 10 to 30 MB, and from Node 24 on, where a message has 1 MB, 130. */
const MESSAGE_BYTES: readonly (readonly [major: number, bytes: number])[] = [
  [0, 64 << 20],
  [24, 192 << 20],
];

/** What it becomes when the snapshot is packed by the program itself while V8 writes it. */
export function predictPacking(plain: CapturePrediction, nodeMajor: number): CapturePrediction {
  const { extraBytes, pauseMs, fileBytes } = plain;
  const [, messageBytes] = MESSAGE_BYTES.findLast(([known]) => nodeMajor >= known) ?? [0, 0];
  return {
    ...plain,
    extraBytes: extraBytes + messageBytes,
    pauseMs: Math.ceil(pauseMs + (fileBytes * PACK_US_PER_BYTE) / 1000),
    fileBytes: packedBytes(plain),
  };
}

/** Usual size of the compact form, with a margin; long strings of random characters take more. */
export function packedBytes({ fileBytes }: CapturePrediction): number {
  return Math.ceil(fileBytes * PACKED_RATIO);
}

/** Pages keep the traces of what was collected: only the used part of them counts. */
function living({ oldObjects, youngObjects, youngBytes }: ObjectCount, sizes: HeapSizes): number {
  const youngShare = youngBytes === 0 ? 0 : Math.min(1, sizes.youngBytes / youngBytes);
  return oldObjects * sizes.fillRatio + youngObjects * youngShare;
}

function costsOf(major: number): Costs {
  return COSTS.findLast(([known]) => major >= known)?.[1] ?? OLDEST;
}

/** Sizes of the calling thread's heap. */
export function readHeapSizes(): HeapSizes {
  return sumSpaces(readV8Spaces(), readV8().heapUsedBytes);
}

/** Sizes of a heap from its spaces, where they are known. */
export function sumSpaces(
  spaces: readonly Pick<V8SpaceReading, "name" | "usedBytes" | "sizeBytes">[],
  usedBytes: number,
): HeapSizes {
  const sum = (pattern: RegExp, figure: "usedBytes" | "sizeBytes"): number =>
    spaces.reduce((total, space) => total + (pattern.test(space.name) ? space[figure] : 0), 0);
  const old = /^(?!.*large)(?!new_|read_only)/;
  const oldBytes = sum(old, "sizeBytes");
  return {
    usedBytes,
    largeBytes: Math.min(usedBytes, sum(/large/, "usedBytes")),
    youngBytes: sum(/^new_space$/, "usedBytes"),
    fillRatio: oldBytes === 0 ? 1 : Math.min(1, sum(old, "usedBytes") / oldBytes),
  };
}

/** Bounds of what a census of collections takes. */
export interface CensusPrediction {
  /** Resident memory that the program will take more, at the peak. */
  readonly extraBytes: number;
  /** For so long the thread does nothing else. */
  readonly pauseMs: number;
}

/** A Map or a Set with its table takes so much at least, an array 16 and what is in it. */
const LEAST_COLLECTION_BYTES = { Map: 180, Set: 180, Array: 32 } as const;
/** V8's list, handles and the inspector's array, for each object found. */
const CENSUS_BYTES_PER_OBJECT = 300;
const CENSUS_US_PER_OBJECT = 3;
const CENSUS_MS_PER_BYTE = 1.5 / 2 ** 20;
const CENSUS_BASE_BYTES = 8 << 20;

/**
 * Predicts a census of one class of collections, each of which collects garbage first and walks the heap.
 *
 * @param objects - of the whole heap, as {@link predictCapture} says.
 */
export function predictCensus(
  { usedBytes, largeBytes }: HeapSizes,
  objects: number,
  name: keyof typeof LEAST_COLLECTION_BYTES,
): CensusPrediction {
  const most = Math.min(objects, Math.max(0, usedBytes - largeBytes) / LEAST_COLLECTION_BYTES[name]);
  return {
    extraBytes: Math.ceil(CENSUS_BASE_BYTES + most * CENSUS_BYTES_PER_OBJECT),
    pauseMs: Math.ceil(20 + usedBytes * CENSUS_MS_PER_BYTE + (most * CENSUS_US_PER_OBJECT) / 1000),
  };
}
