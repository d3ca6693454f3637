/** Symbols of written ELF files, and of the C library that this very process maps. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import koffi from "koffi";
import { describe, expect, it } from "vitest";
import { ElfFile } from "../../src/probe/elf-file.ts";
import { parseMappings } from "../../src/probe/native-heap/mappings.ts";
import { makeFiles } from "../preload/watched.ts";

const EXECUTABLE = 2;
const POSITION_INDEPENDENT = 3;
const FUNCTION = 2;
const DATA = 1;

/** A file of 64-byte header, names, symbols and table of sections; every symbol covers 16 bytes. */
function makeElf(fileType: number, symbols: readonly { name: string; kind: number; address: number }[]): Buffer {
  const names = Buffer.from(`\0${symbols.map(({ name }) => `${name}\0`).join("")}`);
  const table = Buffer.alloc(24 * symbols.length);
  symbols.forEach(({ name, kind, address }, index) => {
    table.writeUInt32LE(names.indexOf(`\0${name}\0`) + 1, 24 * index);
    table.writeUInt8(kind, 24 * index + 4);
    table.writeUInt16LE(1, 24 * index + 6);
    table.writeBigUInt64LE(BigInt(address), 24 * index + 8);
    table.writeBigUInt64LE(16n, 24 * index + 16);
  });
  const sections = Buffer.alloc(3 * 64);
  const describeSection = (index: number, type: number, offset: number, bytes: number, link: number) => {
    sections.writeUInt32LE(type, 64 * index + 4);
    sections.writeBigUInt64LE(BigInt(offset), 64 * index + 24);
    sections.writeBigUInt64LE(BigInt(bytes), 64 * index + 32);
    sections.writeUInt32LE(link, 64 * index + 40);
  };
  describeSection(1, 3, 64, names.length, 0);
  describeSection(2, 2, 64 + names.length, table.length, 1);
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01", "latin1");
  header.writeUInt16LE(fileType, 16);
  header.writeBigUInt64LE(BigInt(64 + names.length + table.length), 40);
  header.writeUInt16LE(3, 60);
  return Buffer.concat([header, names, table, sections]);
}

/** Opens a written file. */
function withElf<T>(content: Buffer, use: (elf: ElfFile | undefined) => T): T {
  using files = makeFiles({});
  const path = join(files.path, "program");
  writeFileSync(path, content);
  using elf = ElfFile.open(path);
  return use(elf);
}

describe("ElfFile", () => {
  it("finds the symbol of an address in a library, from its beginning to its end", () => {
    const address = Number(koffi.address(koffi.load("libc.so.6").symbol("malloc", "void *")));
    const mappings = parseMappings(readFileSync("/proc/self/maps", "utf8"));
    const library = mappings.find(({ name }) => name.endsWith("/libc.so.6"));
    using elf = ElfFile.open(library?.name ?? "");
    expect(elf?.firstAddress()).toBe(0);
    const offset = address - (library?.start ?? 0);
    const found = elf?.find([offset, offset + 1, 1]);
    expect(found?.get(offset)?.name).toMatch(/malloc$/);
    expect(found?.get(offset + 1)).toEqual({ name: found?.get(offset)?.name, kind: "function" });
    expect(found?.has(1)).toBe(false);
  });

  it.each([
    ["an executable at a fixed place", EXECUTABLE, false],
    ["a position-independent one", POSITION_INDEPENDENT, true],
  ])("finds the place of a whole name in %s, and the name of that place", (_what, fileType, isRelative) => {
    const symbols = [
      { name: "tree_of_all", kind: DATA, address: 0x1000 },
      { name: "tree", kind: DATA, address: 0x2000 },
      { name: "walk", kind: FUNCTION, address: 0x3000 },
    ];
    withElf(makeElf(fileType, symbols), (elf) => {
      for (const { name, kind, address } of symbols) {
        expect(elf?.locate(name)).toEqual({ address, isRelative });
        const found = elf?.find([address + 15, address + 16]);
        expect([...(found ?? [])]).toEqual([[address + 15, { name, kind: kind === DATA ? "data" : "function" }]]);
      }
      expect(elf?.locate("of_all")).toBeUndefined();
      expect(elf?.locate("no_such_name")).toBeUndefined();
    });
  });

  it("finds a name that lies across two pieces of a long table", () => {
    const symbols = [
      { name: "x".repeat(196_600), kind: DATA, address: 0x1000 },
      { name: "across_the_border", kind: DATA, address: 0x2000 },
    ];
    withElf(makeElf(EXECUTABLE, symbols), (elf) => expect(elf?.locate("across_the_border")?.address).toBe(0x2000));
  });

  it("takes what is no ELF file, or is cut off, as without symbols", () => {
    expect(ElfFile.open("/nowhere")).toBeUndefined();
    expect(ElfFile.open(import.meta.filename)).toBeUndefined();
    withElf(Buffer.alloc(0), (elf) => expect(elf).toBeUndefined());
    const whole = makeElf(EXECUTABLE, [{ name: "tree", kind: DATA, address: 0x1000 }]);
    withElf(whole.subarray(0, whole.length - 64), (elf) => {
      expect(elf?.locate("tree")).toBeUndefined();
      expect(elf?.find([0x1000]).size).toBe(0);
      expect(elf?.firstAddress()).toBeUndefined();
    });
  });
});
