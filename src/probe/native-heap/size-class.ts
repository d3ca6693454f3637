/**
 * Classes of chunk sizes: every size of its own up to 1 KiB (chunks are multiples of 16 bytes), then four classes a
 * doubling. So the size of a small struct stays exact, and any heap fits in some two hundred classes.
 */

const EXACT_BELOW_BYTES = 1024;
const FIRST_RANGE = EXACT_BELOW_BYTES / 16;

/** Number of classes, enough for chunks of 2^47 bytes. */
export const SIZE_CLASS_COUNT = FIRST_RANGE + (47 - 10) * 4;

/** The class of a chunk of `bytes`, its header included. */
export function sizeClassOf(bytes: number): number {
  if (bytes < EXACT_BELOW_BYTES) return bytes >>> 4;
  const exponent = bytes < 2 ** 32 ? 31 - Math.clz32(bytes) : Math.floor(Math.log2(bytes));
  const quarter = Math.floor(bytes / 2 ** (exponent - 2)) - 4;
  return Math.min(FIRST_RANGE + (exponent - 10) * 4 + quarter, SIZE_CLASS_COUNT - 1);
}

/** Smallest and largest chunk of a class. */
export function boundsOfSizeClass(sizeClass: number): { minBytes: number; maxBytes: number } {
  if (sizeClass < FIRST_RANGE) return { minBytes: sizeClass * 16, maxBytes: sizeClass * 16 };
  const lower = (index: number) => 2 ** (Math.floor(index / 4) + 8) * (4 + (index % 4));
  const index = sizeClass - FIRST_RANGE;
  return { minBytes: lower(index), maxBytes: lower(index + 1) - 16 };
}
