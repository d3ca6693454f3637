import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Arena } from "../../../src/probe/native-heap/arenas.ts";
import { ChunkTally } from "../../../src/probe/native-heap/chunk-tally.ts";
import { readSymbol, readTypeName } from "../../../src/probe/native-heap/demangle.ts";
import { followFastBins, revealPointer } from "../../../src/probe/native-heap/free-lists.ts";
import { findGlibc, type GlibcLayout, refuseByMappings } from "../../../src/probe/native-heap/glibc-layout.ts";
import { findMainExtensions } from "../../../src/probe/native-heap/main-extensions.ts";
import { findMappedChunks } from "../../../src/probe/native-heap/mapped-chunks.ts";
import { anonymousRanges, parseMappings, subtractRanges } from "../../../src/probe/native-heap/mappings.ts";
import { Words } from "../../../src/probe/native-heap/memory-reader.ts";
import { boundsOfSizeClass, SIZE_CLASS_COUNT, sizeClassOf } from "../../../src/probe/native-heap/size-class.ts";
import { IMAGE_START, readerOf } from "./support/heap-image.ts";

const map = (start: number, bytes: number, permissions: string, name = "", offset = 0) =>
  `${start.toString(16)}-${(start + bytes).toString(16)} ${permissions} ${offset.toString(16).padStart(8, "0")} 08:01 ${name.startsWith("/") ? 77 : 0} ${name}\n`;

describe("size classes", () => {
  it("hold every chunk size within their bounds, in order, a quarter of a doubling wide at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 2 ** 36 }), (units) => {
        const bytes = units * 16;
        const { minBytes, maxBytes } = boundsOfSizeClass(sizeClassOf(bytes));
        expect(bytes).toBeGreaterThanOrEqual(minBytes);
        expect(bytes).toBeLessThanOrEqual(maxBytes);
        expect(maxBytes).toBeLessThanOrEqual(Math.max(minBytes, 1.25 * minBytes));
      }),
    );
    for (let index = 2; index < SIZE_CLASS_COUNT - 1; index += 1) {
      expect(boundsOfSizeClass(index + 1).minBytes).toBe(boundsOfSizeClass(index).maxBytes + 16);
    }
  });
});

describe("mappings", () => {
  it("joins neighbours, and leaves out heap, stacks and files", () => {
    const text =
      map(0x1000, 0x1000, "rw-p", "[heap]") +
      map(0x5000, 0x1000, "rw-p") +
      map(0x6000, 0x2000, "rw-p", "[anon: x]") +
      map(0x9000, 0x1000, "r--p") +
      map(0xa000, 0x1000, "rw-p", "/lib/a.so", 0x3000);
    const mappings = parseMappings(text);
    expect(mappings.at(-1)).toEqual({
      start: 0xa000,
      end: 0xb000,
      permissions: "rw-p",
      fileOffset: 0x3000,
      inode: 77,
      name: "/lib/a.so",
    });
    expect(anonymousRanges(mappings)).toEqual([{ start: 0x5000, end: 0x8000 }]);
  });

  it("subtracts as sets do", () => {
    const ranges = fc
      .uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 20 })
      .map((cuts) => cuts.sort((a, b) => a - b))
      .map((cuts) => cuts.flatMap((start, index) => (index % 2 === 0 ? [{ start, end: cuts[index + 1] ?? 201 }] : [])));
    fc.assert(
      fc.property(ranges, ranges, (all, taken) => {
        const left = subtractRanges(all, taken);
        const within = (list: typeof all, at: number) => list.some(({ start, end }) => at >= start && at < end);
        for (let at = 0; at < 205; at += 1) expect(within(left, at)).toBe(within(all, at) && !within(taken, at));
      }),
    );
  });
});

describe("refusals, each by name", () => {
  const libc = map(0x7f0000000000, 0x10000, "r--p", "/usr/lib/x86_64-linux-gnu/libc.so.6");

  it.each([
    ["jemalloc", libc + map(0x7f1000000000, 4096, "r-xp", "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2")],
    ["tcmalloc", libc + map(0x7f1000000000, 4096, "r-xp", "/usr/lib/libtcmalloc_minimal.so.4.5.9")],
    ["mimalloc", libc + map(0x7f1000000000, 4096, "r-xp", "/opt/libmimalloc.so.2.1")],
    ["sanitizer", libc + map(0x7f1000000000, 4096, "r-xp", "/usr/lib/gcc/libasan.so.8")],
    ["debugging malloc", libc + map(0x7f1000000000, 4096, "r-xp", "/usr/lib/libc_malloc_debug.so.0")],
    ["huge pages", libc + map(0x7f1000000000, 2 ** 21, "rw-p", "/anon_hugepage (deleted)")],
    ["musl", map(0x7f0000000000, 4096, "r-xp", "/lib/ld-musl-x86_64.so.1")],
    ["linked statically", map(0x400000, 4096, "r-xp", "/opt/program")],
    ["has ended", ""],
  ])("of %s", (name, text) => {
    expect(refuseByMappings(parseMappings(text))).toMatchObject({
      available: false,
      reason: expect.stringContaining(name),
    });
  });

  it.each([
    ["glibc 2.37 x64", 2, 62, "stable release version 2.37."],
    ["glibc 2.36 arm64", 2, 183, "stable release version 2.36."],
    ["glibc 2.36 ia32", 1, 3, "stable release version 2.36."],
    ["glibc 2.36 x32", 1, 62, "stable release version 2.36."],
    ["glibc 2.36.9000 (development) x64", 2, 62, "development release version 2.36.9000."],
  ])("of %s", (name, elfClass, machine, version) => {
    const image = Buffer.alloc(0x10000);
    image.set([0x7f, 0x45, 0x4c, 0x46, elfClass, 1]);
    image.writeUInt16LE(machine, 18);
    image.write(`GNU C Library (Test GLIBC) ${version}\n`, 0x8000);
    const found = findGlibc(parseMappings(libc), readerOf(image, 0x7f0000000000));
    expect(found).toMatchObject({ available: false, reason: expect.stringContaining(name) });
  });

  it("of a glibc whose version cannot be read", () => {
    const found = findGlibc(parseMappings(libc), readerOf(Buffer.alloc(0x10000), 0x7f0000000000));
    expect(found).toMatchObject({ available: false, reason: expect.stringContaining("libc.so.6 cannot be read") });
  });
});

describe("free lists", () => {
  it("undoes the disguise of pointers", () => {
    const address = fc.integer({ min: 0, max: 2 ** 43 }).map((units) => units * 16);
    fc.assert(
      fc.property(address, address, (position, pointer) => {
        const disguised = (BigInt(position) >> 12n) ^ BigInt(pointer);
        const [low, high] = [Number(disguised & 0xffff_ffffn), Number(disguised >> 32n)];
        expect(revealPointer(position, low, high)).toBe(pointer);
      }),
    );
  });

  it("follows fast bins to their end, and says where one broke off", () => {
    const image = Buffer.alloc(65_536);
    const place = (at: number, bytes: number, next: number) => {
      image.writeBigUInt64LE(BigInt(bytes) | 1n, at + 8);
      image.writeBigUInt64LE((BigInt(IMAGE_START + at + 16) >> 12n) ^ BigInt(next), at + 16);
    };
    place(0, 64, IMAGE_START + 4096);
    place(4096, 64, IMAGE_START + 9984);
    place(9984, 64, 0);
    place(20_000, 32, IMAGE_START + 64); // there, the size is wrong
    const layout = { fastBinsAt: 0, fastBinCount: 10 } as GlibcLayout;
    const state = new Words(80);
    const heads = new BigUint64Array(state.halves.buffer);
    heads[0] = BigInt(IMAGE_START + 20_000);
    heads[2] = BigInt(IMAGE_START);
    const segments = [{ base: IMAGE_START, start: IMAGE_START, end: IMAGE_START + image.length }];
    const arena: Arena = { address: 0, isMain: true, state, top: 0, systemBytes: 0, segments };
    const remembered = new Set<number>();
    const found = followFastBins(arena, layout, readerOf(image), remembered);
    expect(Object.fromEntries(found.counts)).toEqual({ 32: 1, 64: 3 });
    expect(found.incomplete).toEqual([32]);
    expect(remembered.size).toBe(4);
  });

  it("never moves more chunks to the free ones than were seen", () => {
    const tally = new ChunkTally();
    tally.usedBytes = 128;
    tally.usedCounts[4] = 2;
    tally.usedClassBytes[4] = 128;
    tally.moveToFree(64, 5);
    expect(tally).toMatchObject({ usedBytes: 0, freeBytes: 128 });
  });
});

describe("mapped blocks", () => {
  it("are found behind and between other mappings, with their sizes", () => {
    const image = Buffer.alloc(40 * 4096);
    const place = (page: number, pages: number) => image.writeBigUInt64LE(BigInt(pages * 4096) | 2n, page * 4096 + 8);
    place(5, 3); // behind something else
    place(8, 4);
    place(20, 10);
    const ranges = [
      { start: IMAGE_START, end: IMAGE_START + 15 * 4096 },
      { start: IMAGE_START + 20 * 4096, end: IMAGE_START + image.length },
    ];
    const expected = { count: 3, bytes: 17 * 4096 };
    const tally = new ChunkTally();
    expect(findMappedChunks(ranges, readerOf(image), tally, { expected, isResident: () => true })).toBe(3);
    expect(tally.usedBytes).toBe(17 * 4096);
    expect(tally.usedCounts[sizeClassOf(10 * 4096)]).toBe(1);
    expect(findMappedChunks(ranges, readerOf(image), new ChunkTally(), { expected })).toBe(1);
  });
});

describe("names", () => {
  it.each([
    ["_ZTVN4node6crypto4HashE", "data", "class", "node::crypto::Hash"],
    ["_ZTV6Widget", "data", "class", "Widget"],
    ["_ZTVSt9exception", "data", "class", "std::exception"],
    ["_ZTVN12_GLOBAL__N_13FooE", "data", "class", "(anonymous)::Foo"],
    [
      "_ZTVSt23_Sp_counted_ptr_inplaceIN4node3FooESaIS1_ELN9__gnu_cxx12_Lock_policyE2EE",
      "data",
      "class",
      "std::_Sp_counted_ptr_inplace<…>",
    ],
    ["_ZTVN2v88internal4ListIPNS0_4NodeEEE", "data", "class", "v8::internal::List<…>"],
    [
      "_ZN4node6crypto4Hash3NewERKN2v820FunctionCallbackInfoINS2_5ValueEEE",
      "function",
      "function",
      "node::crypto::Hash::New",
    ],
    ["_ZNK4node4Wrap4sizeEv", "function", "function", "node::Wrap::size"],
    ["_ZN4node4HashD2Ev", "function", "function", "node::Hash::~Hash"],
    ["_Z6createPKc", "function", "function", "create"],
    ["deflateInit_", "function", "function", "deflateInit_"],
    ["_ZTVZ3foo", "data", "class", "_ZTVZ3foo"],
  ] as const)("reads %s", (symbol, of, kind, name) => {
    expect(readSymbol(symbol, of)).toEqual({ kind, name });
  });

  it("reads the names of types, and comes to an end on any text", () => {
    expect(readTypeName("N4node6BufferE")).toBe("node::Buffer");
    expect(readTypeName("*6Widget")).toBe("Widget");
    const letters = fc.array(fc.constantFrom(..."NISTLEKPJXAD_01239abt".split("")), { maxLength: 60 });
    fc.assert(
      fc.property(letters, (text) => {
        expect(typeof readSymbol(`_ZTV${text.join("")}`, "data").name).toBe("string");
      }),
    );
  });
});

describe("findMainExtensions", () => {
  it("finds the main heap's pieces between other blocks, by how they end", () => {
    const image = Buffer.alloc(16 * 4096);
    const place = (at: number, word: number) => image.writeBigUInt64LE(BigInt(word), at + 8);
    /** A chunk over some pages that ends in `fences` headers. */
    const piece = (page: number, pages: number, fences: number) => {
      const bytes = pages * 4096 - fences * 16;
      place(page * 4096, bytes | 1);
      for (let fence = 0; fence < fences; fence += 1) place(page * 4096 + bytes + fence * 16, fence === 0 ? 16 : 17);
    };
    place(0, (2 * 4096) | 2); // a block with a mapping of its own
    piece(2, 3, 2);
    piece(5, 2, 3);
    place(8 * 4096, 4096 | 1); // no fence, and not the top
    piece(10, 4, 0); // the top
    const top = IMAGE_START + 10 * 4096;
    const ranges = [{ start: IMAGE_START, end: IMAGE_START + image.length }];
    const search = { top, bytes: 9 * 4096 };
    const at = (page: number, pages: number) => ({
      base: IMAGE_START + page * 4096,
      start: IMAGE_START + page * 4096,
      end: IMAGE_START + (page + pages) * 4096,
    });
    const found = findMainExtensions(ranges, readerOf(image), { ...search, isResident: () => true });
    expect(found).toEqual([at(2, 3), at(5, 2), at(10, 4)]);
    expect(findMainExtensions(ranges, readerOf(image), search)).toEqual([at(2, 3), at(5, 2)]);
  });
});
