/**
 * The count of objects in a heap's pages: over images of memory made here, with a known number of objects, and over real
 * heaps of every Node.js line beside the snapshot's own count.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countIn } from "../../src/heap/object-count.ts";
import type { MemoryReader } from "../../src/probe/native-heap/memory-reader.ts";

const PAGE = 2 ** 18;
const START = 4 * PAGE;
const META = START + 0x2001;
const MAP = META + 64;

/** One V8 page after the other, each with flags, and the map of maps and a map in the first. */
class Image implements MemoryReader {
  readonly ended = false;
  readonly words: BigUint64Array;
  readonly #bytes: Uint8Array;

  constructor(pages: number) {
    this.words = new BigUint64Array((pages * PAGE) / 8);
    this.#bytes = new Uint8Array(this.words.buffer);
    this.write(META, META);
    this.write(MAP, META);
  }

  /** @param pointer - tagged, or an address. */
  write(pointer: number, word: number | bigint): void {
    this.words[(pointer - (pointer % 8) - START) / 8] = BigInt(word);
  }

  read(address: number, target: Uint8Array): number {
    const from = address - START;
    if (from < 0 || from >= this.#bytes.length) return 0;
    const part = this.#bytes.subarray(from, from + target.length);
    target.set(part);
    return part.length;
  }
}

const stretch = (pages: number): { start: number; end: number }[] => [{ start: START, end: START + pages * PAGE }];

describe("countIn", () => {
  it("counts evenly spread objects within a tenth, whatever their size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.integer({ min: 4, max: 12 }), (wordsEach, pages) => {
        const image = new Image(pages);
        let objects = 0;
        for (let at = START + PAGE; at < START + pages * PAGE; at += wordsEach * 8) {
          if (at % PAGE < 64) continue;
          image.write(at, MAP);
          objects += 1;
        }
        const { oldObjects } = countIn(image, stretch(pages));
        expect(Math.abs(oldObjects / objects - 1)).toBeLessThan(0.1);
      }),
      { numRuns: 20 },
    );
  });

  it("leaves from-space out, and tells to-space apart", () => {
    const image = new Image(4);
    for (const [page, flags] of [
      [1, 0x4],
      [2, 0x8],
      [3, 0x10],
    ] as const) {
      image.write(START + page * PAGE, flags);
      for (let at = START + page * PAGE + 64; at < START + (page + 1) * PAGE; at += 32) image.write(at, MAP);
    }
    const { oldObjects, youngObjects, youngBytes } = countIn(image, stretch(4));
    const inOne = PAGE / 32;
    expect(youngBytes).toBe(PAGE);
    expect(Math.abs(youngObjects / inOne - 1)).toBeLessThan(0.1);
    expect(Math.abs(oldObjects / inOne - 1)).toBeLessThan(0.1);
  });

  it("finds the longest array of objects, behind either kind of header, and no array of numbers", () => {
    const length = (3 * PAGE) / 8 - 2000;
    for (const header of [16, 0x1148]) {
      for (const holdsObjects of [true, false]) {
        const image = new Image(6);
        const page = START + 2 * PAGE;
        image.write(page + 24, page + header);
        image.write(page + header, MAP);
        image.write(page + header + 8, BigInt(length) << 32n);
        for (let slot = 0; slot < length; slot += 1) {
          image.write(page + header + 16 + slot * 8, holdsObjects ? START + 0x100001 + slot * 8 : BigInt(slot) << 32n);
        }
        const { longestArray } = countIn(image, stretch(6));
        if (holdsObjects) expect(Math.abs(longestArray / length - 1)).toBeLessThan(0.02);
        else expect(longestArray).toBe(0);
      }
    }
  });

  it("says nothing of memory that is no heap", () => {
    const none: MemoryReader = { ended: false, read: () => 0 };
    expect(countIn(none, stretch(3))).toMatchObject({ oldObjects: 0, youngObjects: 0, longestArray: 0 });
    expect(countIn(none, [])).toMatchObject({ oldObjects: 0, sampledBytes: 0 });
  });
});
