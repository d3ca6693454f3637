import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isArenaHeader } from "../../src/probe/arena-header.ts";
import { classifyRegions, readRegions, REGION_KINDS, type RegionsReading } from "../../src/probe/regions.ts";
import { SmapsParser } from "../../src/probe/smaps.ts";
import { availableNodes } from "../support/nodes.ts";
import { makeRoot } from "./support/fixture-root.ts";
import { startProgram } from "./support/start-program.ts";

const MIB = 2 ** 20;
const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");

/** One region as smaps writes it. */
function region(start: number, bytes: number, permissions: string, name = "", rssKib = 0, inode = 0): string {
  const hex = (address: number) => address.toString(16);
  return `${hex(start)}-${hex(start + bytes)} ${permissions} 00000000 00:00 ${inode} ${name}\nRss: ${rssKib} kB\nAnonymous: ${rssKib} kB\nSwap: 0 kB\nVmFlags: rd wr\n`;
}

const kindsOf = (text: string, isArena?: (start: number) => boolean | undefined) =>
  classifyRegions(text, isArena).regions.map(({ kind }) => kind);

describe("classifyRegions on text captured from Node 20", () => {
  it("tells a WebAssembly memory of 100 MiB from malloc arenas and thread stacks", () => {
    const { byKind } = classifyRegions(fixture("node-20-wasm.smaps.txt"));
    expect(byKind["wasm-memory"]).toMatchObject({ count: 1, rssBytes: 100 * MIB, sizeBytes: 100 * MIB });
    expect(byKind["malloc-arena"].count).toBe(5);
    expect(byKind["thread-stack"].count).toBe(9);
    expect(byKind["huge-reserve"].count).toBe(2);
    expect(byKind.brk.count).toBe(1);
    expect(byKind.stack.count).toBe(1);
    expect(byKind["jit-code"].count).toBe(1);
    expect(byKind.kernel.count).toBe(4);
  });

  it("finds the heaps, arenas, stacks and code of six workers", () => {
    const { byKind } = classifyRegions(fixture("node-20-workers.smaps.txt"));
    expect(byKind["malloc-arena"].count).toBe(11);
    expect(byKind["thread-stack"].count).toBe(15);
    expect(byKind["jit-code"].count).toBe(7);
    expect(byKind["v8-page"].count).toBeGreaterThan(40);
    expect(byKind["wasm-memory"].count).toBe(0);
  });
});

describe("classifyRegions by rule", () => {
  const high = 0x7f0000000000;

  it("takes names first, and looks behind names that the program gave", () => {
    const text =
      region(0x1000, MIB, "rw-p", "[heap]") +
      region(high, MIB, "rw-p", "[anon: glibc: malloc arena]") +
      region(high + 2 * MIB, 8 * MIB, "rw-p", "[anon: glibc: pthread stack: 12]") +
      region(high + 20 * MIB, MIB, "rw-p", "[anon: v8]") +
      region(high + 30 * MIB, MIB, "rw-s", "/dev/zero (deleted)", 0, 7) +
      region(high + 40 * MIB, MIB, "r--p", "/usr/lib/a [heap].so", 0, 7) +
      region(high + 50 * MIB, 4096, "r-xp", "[vdso]") +
      region(high + 60 * MIB, 4096, "rw-s", "anon_inode:[io_uring]", 0, 7);
    expect(kindsOf(text)).toEqual(
      "brk malloc-arena thread-stack anonymous shared-memory file kernel kernel".split(" "),
    );
  });

  it("sees an arena only where its reserve ends on a boundary of 64 MiB and its header is not refuted", () => {
    const arena = region(high, MIB, "rw-p") + region(high + MIB, 63 * MIB, "---p");
    expect(kindsOf(arena)).toEqual(["malloc-arena", "guard"]);
    expect(kindsOf(arena, () => false)).toEqual(["anonymous", "guard"]);
    expect(kindsOf(region(high, 128 * MIB, "rw-p"))).toEqual(["malloc-arena"]);
    expect(kindsOf(region(high, MIB, "rw-p") + region(high + MIB, MIB, "---p"))).toEqual(["anonymous", "guard"]);
    expect(kindsOf(region(high, MIB, "rw-p") + region(high + 2 * MIB, 62 * MIB, "---p"))[0]).toBe("anonymous");
  });

  it("calls a memory of 64 MiB before a reserve of 8 GiB WebAssembly, not an arena", () => {
    const text = region(high, 64 * MIB, "rw-p") + region(high + 64 * MIB, 8128 * MIB, "---p");
    expect(kindsOf(text)).toEqual(["wasm-memory", "huge-reserve"]);
  });

  it("calls a V8 page what lies low on 256 KiB, and a stack what follows a small guard", () => {
    expect(kindsOf(region(0x3e1d5b280000, 256 * 1024, "rw-p"))).toEqual(["v8-page"]);
    expect(kindsOf(region(0x3e1d5b281000, 256 * 1024, "rw-p"))).toEqual(["anonymous"]);
    const stack = region(high + 4096, 4096, "---p") + region(high + 8192, 8 * MIB, "rw-p");
    expect(kindsOf(stack)).toEqual(["guard", "thread-stack"]);
  });
});

describe("SmapsParser", () => {
  it("gives the same regions however the text is cut", () => {
    const text = fixture("node-20-wasm.smaps.txt");
    const whole = classifyRegions(text).regions.length;
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const parser = new SmapsParser();
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        for (const [index, place] of places.entries()) parser.push(text.slice(place, places[index + 1] ?? place));
        expect(parser.finish()).toHaveLength(whole);
      }),
      { numRuns: 30 },
    );
  });

  it("reads back what the kernel would write, and every region counts once in one kind", () => {
    const arbitrary = fc.array(
      fc.record({
        pages: fc.integer({ min: 1, max: 2 ** 22 }),
        gap: fc.nat(3),
        permissions: fc.constantFrom("rw-p", "---p", "r-xp", "rwxp", "r--s"),
        name: fc.constantFrom("", "[heap]", "/usr/lib/a b.so", "[anon: x]", "[vdso]"),
        rssKib: fc.nat(1000),
      }),
    );
    fc.assert(
      fc.property(arbitrary, (regions) => {
        let start = 0x10000;
        const places = regions.map(({ pages, gap }) => {
          const from = start + gap * 4096;
          start = from + pages * 4096;
          return from;
        });
        const text = regions
          .map((one, index) => region(places[index] ?? 0, one.pages * 4096, one.permissions, one.name, one.rssKib))
          .join("");
        const reading = classifyRegions(text);
        expect(reading.regions.map(({ start: from }) => from)).toEqual(places);
        expect(reading.regions.map(({ name }) => name)).toEqual(regions.map(({ name }) => name));
        const totals = REGION_KINDS.map((kind) => reading.byKind[kind]);
        expect(totals.reduce((sum, { count }) => sum + count, 0)).toBe(regions.length);
        const rssBytes = regions.reduce((sum, { rssKib }) => sum + rssKib * 1024, 0);
        expect(totals.reduce((sum, total) => sum + total.rssBytes, 0)).toBe(rssBytes);
      }),
    );
  });

  it("survives any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => classifyRegions(text).available));
  });
});

describe("isArenaHeader", () => {
  const header = (...words: bigint[]) => {
    const bytes = Buffer.alloc(32);
    for (const [index, word] of words.entries()) bytes.writeBigUInt64LE(word, index * 8);
    return bytes;
  };

  it("accepts what glibc writes and refuses other contents", () => {
    expect(isArenaHeader(header(0x7fa374000030n, 0n, 2285568n, 2285568n), true)).toBe(true);
    expect(isArenaHeader(header(0x7fa374000030n, 0x7fa370000000n, 4096n, 135168n), true)).toBe(true);
    expect(isArenaHeader(header(0x0101010101010101n, 0n, 1n, 1n), true)).toBe(false);
    expect(isArenaHeader(header(0n, 0n, 0n, 0n), true)).toBe(false);
    expect(isArenaHeader(header(0x7fa374000030n, 0n, 8192n, 4096n), true)).toBe(false);
    expect(isArenaHeader(Buffer.alloc(8), true)).toBe(false);
  });
});

describe.each(availableNodes())("readRegions on Node $version", ({ path }) => {
  const read = (pid: number): RegionsReading => {
    const reading = readRegions(pid);
    if (!reading.available) throw new Error(reading.reason);
    return reading;
  };

  it("bills objects to V8 pages", async () => {
    await using program = await startProgram("objects", path);
    const { byKind } = read(program.pid);
    expect(byKind["v8-page"].count).toBeGreaterThan(100);
    expect(byKind["v8-page"].rssBytes).toBeGreaterThan(0.95 * program.usage.heapUsed);
    expect(byKind["v8-page"].rssBytes).toBeLessThan(1.3 * program.usage.heapTotal);
    expect(byKind["wasm-memory"].count).toBe(0);
  });

  it("bills small Buffers to malloc's main heap and big ones to anonymous mappings", async () => {
    await using small = await startProgram("smallBuffers", path);
    expect(read(small.pid).byKind.brk.rssBytes).toBeGreaterThan(64 * MIB);
    expect(read(small.pid).byKind.anonymous.rssBytes).toBeLessThan(8 * MIB);
    await using big = await startProgram("bigBuffers", path);
    expect(read(big.pid).byKind.anonymous.rssBytes).toBeGreaterThan(64 * MIB);
    expect(read(big.pid).byKind.brk.rssBytes).toBeLessThan(16 * MIB);
  });

  it("finds WebAssembly memories of 64, 32 and 4 MiB", async () => {
    await using program = await startProgram("wasm", path);
    const { byKind, regions } = read(program.pid);
    expect(byKind["wasm-memory"]).toMatchObject({ count: 3, rssBytes: 100 * MIB });
    expect(regions.filter(({ kind }) => kind === "huge-reserve").length).toBeGreaterThan(0);
  });

  it("finds the arenas, stacks and heaps of worker threads", async () => {
    await using idle = await startProgram("nothing", path);
    await using busy = await startProgram("workers", path);
    const [before, after] = [read(idle.pid).byKind, read(busy.pid).byKind];
    expect(after["thread-stack"].count - before["thread-stack"].count).toBeGreaterThanOrEqual(4);
    expect(after["malloc-arena"].rssBytes - before["malloc-arena"].rssBytes).toBeGreaterThan(4 * MIB);
    expect(after["v8-page"].rssBytes - before["v8-page"].rssBytes).toBeGreaterThan(4 * 6 * MIB);
  });
});

describe("readRegions", () => {
  it("adds up to the resident set of this process", () => {
    const reading = readRegions();
    if (!reading.available) throw new Error(reading.reason);
    const sum = Object.values(reading.byKind).reduce((bytes, { rssBytes }) => bytes + rssBytes, 0);
    expect(sum / process.memoryUsage.rss()).toBeGreaterThan(0.8);
    expect(sum / process.memoryUsage.rss()).toBeLessThan(1.2);
  });

  it("says why not for a process that is gone, and where there is no /proc", () => {
    expect(readRegions(4_194_305)).toMatchObject({ available: false, reason: expect.stringContaining("ENOENT") });
    using empty = makeRoot({ "proc/7/smaps": "" });
    expect(readRegions("self", empty)).toMatchObject({ available: false, reason: expect.stringContaining("ENOENT") });
    expect(readRegions(7, empty)).toMatchObject({ available: false, reason: expect.stringContaining("has ended") });
  });
});
