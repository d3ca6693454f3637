import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkTally } from "../../../src/probe/native-heap/chunk-tally.ts";
import { ChunkWalker, type ChunkWalkOptions } from "../../../src/probe/native-heap/chunk-walk.ts";
import { OwnerSampler } from "../../../src/probe/native-heap/owner-sampler.ts";
import { sizeClassOf } from "../../../src/probe/native-heap/size-class.ts";
import { buildHeap, CACHE_KEY, type ImageChunk, IMAGE_START, readerOf } from "./support/heap-image.ts";

function walk(image: Buffer, options: Partial<ChunkWalkOptions> = {}, end = IMAGE_START + image.length): ChunkTally {
  const tally = new ChunkTally();
  const walker = new ChunkWalker(readerOf(image));
  walker.walk({ start: IMAGE_START, end }, tally, { isMain: true, threadCacheKey: CACHE_KEY, ...options });
  return tally;
}

const sum = (chunks: readonly ImageChunk[], state: ImageChunk["state"]) =>
  chunks.filter((chunk) => chunk.state === state).reduce((bytes, chunk) => bytes + chunk.bytes, 0);

const total = (tally: ChunkTally) =>
  tally.usedBytes + tally.freeBytes + tally.threadCachedBytes + tally.overheadBytes + tally.unknownBytes;

/** Chunks as malloc leaves them: no two free ones side by side, small ones only in thread caches; some larger than a window. */
const chunks = fc
  .array(
    fc.record({
      bytes: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 2, max: 80 }) },
        { weight: 3, arbitrary: fc.integer({ min: 2, max: 4000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 40_000 }) },
      ),
      state: fc.constantFrom<ImageChunk["state"]>("used", "used", "free", "cached"),
      fill: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
    { maxLength: 300 },
  )
  .map((drawn) =>
    drawn.map(({ bytes, state, fill }, index): ImageChunk => {
      const size = bytes * 16;
      if (state === "free" && drawn[index - 1]?.state === "free") return { bytes: size, state: "used", fill };
      if (state === "cached" && size > 1040) return { bytes: size, state: "used", fill };
      return { bytes: size, state, fill };
    }),
  );
const topBytes = fc.integer({ min: 2, max: 1000 }).map((units) => units * 16);

describe("ChunkWalker on heaps that were built", () => {
  it("counts every chunk of any heap to the byte", () => {
    fc.assert(
      fc.property(chunks, topBytes, (built, top) => {
        const tally = walk(buildHeap(built, top));
        expect(tally).toMatchObject({
          usedBytes: sum(built, "used"),
          freeBytes: sum(built, "free") + top,
          threadCachedBytes: sum(built, "cached"),
          unknownBytes: 0,
          doubtfulBytes: 0,
        });
        const used = built.filter(({ state }) => state === "used");
        expect(tally.usedCounts.reduce((a, b) => a + b)).toBe(used.length);
        for (const { bytes } of used.slice(0, 5)) {
          const same = used.filter((chunk) => sizeClassOf(chunk.bytes) === sizeClassOf(bytes));
          expect(tally.usedCounts[sizeClassOf(bytes)]).toBe(same.length);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("comes to an end on any damage, and what it lost stands under unknown", () => {
    const damage = fc.array(fc.record({ at: fc.nat(), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(chunks, topBytes, damage, (built, top, wounds) => {
        const image = buildHeap(built, top);
        for (const { at, value } of wounds) image.writeBigUInt64LE(value, (at % (image.length / 8)) * 8);
        const tally = walk(image);
        expect(total(tally)).toBe(image.length);
      }),
      { numRuns: 150 },
    );
  });

  it("finds its way again after a header that makes no sense", () => {
    const built = Array.from({ length: 200 }, (): ImageChunk => ({ bytes: 112, state: "used", fill: 3n }));
    const image = buildHeap(built, 4096);
    image.writeBigUInt64LE(0xdead_beef_dead_beefn, 50 * 112 + 8);
    const tally = walk(image);
    expect(tally.unknownBytes).toBe(112);
    expect(tally.usedBytes).toBe(199 * 112);
  });

  it("counts what is not mapped, or ended early, as unknown", () => {
    const image = buildHeap([{ bytes: 64, state: "used" }], 4096);
    const tally = walk(image, {}, IMAGE_START + image.length + 65_536);
    expect(total(tally)).toBe(image.length + 65_536);
    expect(walk(Buffer.alloc(0), {}, IMAGE_START + 4096).unknownBytes).toBe(4096);
  });

  it("takes the fence at the end of a heap that is not the last as overhead", () => {
    const image = Buffer.concat([buildHeap([{ bytes: 64, state: "used" }], 4096), Buffer.alloc(32)]);
    image.writeBigUInt64LE(4096n, image.length - 32);
    image.writeBigUInt64LE(16n, image.length - 24); // the chunk before, once the top, is free
    image.writeBigUInt64LE(1n, image.length - 8);
    expect(walk(image)).toMatchObject({ usedBytes: 64, freeBytes: 4096, overheadBytes: 32, unknownBytes: 0 });
  });

  it("follows a heap that has grown since its end was read", () => {
    const built = Array.from({ length: 50 }, (): ImageChunk => ({ bytes: 208, state: "used" }));
    const image = buildHeap(built, 8192);
    const before = IMAGE_START + 20 * 208 + 64;
    expect(walk(image, { endNow: () => IMAGE_START + image.length }, before).usedBytes).toBe(50 * 208);
  });

  it("asks for the resident pages of free chunks, without their headers", () => {
    const asked: number[][] = [];
    const countResident = (start: number, end: number) => {
      asked.push([start - IMAGE_START, end - IMAGE_START]);
      return 4096;
    };
    const image = buildHeap(
      [
        { bytes: 64, state: "used" },
        { bytes: 20_000, state: "free" },
        { bytes: 64, state: "used" },
      ],
      96,
    );
    expect(walk(image, { countResident }).retainedResidentBytes).toBe(8192);
    expect(asked).toEqual([
      [80, 20_064],
      [20_144, 20_224],
    ]);
  });
});

describe("OwnerSampler", () => {
  it("samples a class evenly, and keeps the first word apart from others", () => {
    const library = { start: 0x7f00_0000_0000, end: 0x7f00_0001_0000 };
    const sampler = new OwnerSampler([library]);
    const built = Array.from({ length: 5000 }, (_, index): ImageChunk => ({
      bytes: 64,
      state: "used",
      fill: BigInt(library.start + (index < 2500 ? 0x10 : 0x20)),
    }));
    walk(buildHeap(built, 4096), { sampler });
    const [samples] = sampler.finish();
    expect(samples?.sizeClass).toBe(sizeClassOf(64));
    expect(samples?.count).toBeGreaterThan(200);
    const firsts = Array.from({ length: samples?.count ?? 0 }, (_, index) => samples?.pointers[index * 4]);
    const early = firsts.filter((pointer) => pointer === library.start + 0x10).length;
    expect(early / firsts.length).toBeGreaterThan(0.4);
    expect(early / firsts.length).toBeLessThan(0.6);
  });
});
