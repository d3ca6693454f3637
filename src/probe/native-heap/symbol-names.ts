/**
 * Names addresses in the files that a process maps, by the symbol tables of those files, or, where they were stripped of
 * them, by C++'s own run-time type information, which lies in memory beside each table of virtual functions.
 * Names are kept for later walks. Sources: elf(5); Itanium C++ ABI, sections 2.5 and 2.9.
 */
import { join } from "node:path";
import { ElfFile } from "../elf-file.ts";
import type { SystemFilesOptions } from "../system-files.ts";
import { type ReadableSymbol, readSymbol, readTypeName } from "./demangle.ts";
import type { Mapping } from "./mappings.ts";
import { type MemoryReader, Words } from "./memory-reader.ts";

/** An address with its file and name. */
export interface NamedAddress {
  readonly path: string;
  readonly kind: ReadableSymbol["kind"] | "address";
  readonly name: string;
}

const MAX_KEPT = 4096;
const kept = new Map<string, NamedAddress>();

/**
 * Names addresses.
 *
 * @param mappings - of files, lowest address first.
 * @returns addresses outside of the mappings are left out.
 */
export function nameAddresses(
  addresses: readonly number[],
  mappings: readonly Mapping[],
  reader: MemoryReader,
  pid: number,
  options: SystemFilesOptions = {},
): Map<number, NamedAddress> {
  const byFile = new Map<string, { mapping: Mapping; addresses: number[] }>();
  for (const address of new Set(addresses)) {
    const mapping = mappings.find(({ start, end }) => address >= start && address < end);
    if (mapping === undefined) continue;
    const file = byFile.get(mapping.name) ?? { mapping, addresses: [] };
    file.addresses.push(address);
    byFile.set(mapping.name, file);
  }
  const named = new Map<number, NamedAddress>();
  for (const [path, { mapping, addresses: own }] of byFile) {
    const first = mappings.find(({ name, fileOffset }) => name === path && fileOffset === 0);
    const where = join(options.root ?? "/", `proc/${pid}/root`, path);
    nameInFile(own, { path, where, inode: mapping.inode, start: first?.start }, mappings, reader, named);
  }
  return named;
}

interface MappedFile {
  readonly path: string;
  /** How to open it: the process may live in a container. */
  readonly where: string;
  readonly inode: number;
  /** Where its first byte is mapped. */
  readonly start: number | undefined;
}

function nameInFile(
  addresses: readonly number[],
  file: MappedFile,
  mappings: readonly Mapping[],
  reader: MemoryReader,
  named: Map<number, NamedAddress>,
): void {
  const start = file.start ?? 0;
  const keyOf = (address: number) => `${file.inode}:${file.path}:${address - start}`;
  const fresh = addresses.filter((address) => !kept.has(keyOf(address)));
  const symbols = file.start === undefined || fresh.length === 0 ? new Map() : readSymbols(fresh, file, start);
  for (const address of addresses) {
    const known = kept.get(keyOf(address));
    const name = known ?? symbols.get(address) ?? typeAt(address, mappings, reader);
    const result = known ?? { path: file.path, ...(name ?? { kind: "address", name: placeOf(address, mappings) }) };
    named.set(address, result);
    if (known === undefined && kept.size < MAX_KEPT) kept.set(keyOf(address), result);
  }
}

function readSymbols(addresses: readonly number[], file: MappedFile, start: number): Map<number, ReadableSymbol> {
  using elf = ElfFile.open(file.where);
  // A file that was replaced since it was mapped has other symbols at other places.
  const first = elf?.inode === file.inode ? elf.firstAddress() : undefined;
  if (elf === undefined || first === undefined) return new Map();
  const found = elf.find(addresses.map((address) => address - start + first));
  const entries = addresses.flatMap((address): [number, ReadableSymbol][] => {
    const symbol = found.get(address - start + first);
    return symbol === undefined ? [] : [[address, readSymbol(symbol.name, symbol.kind)]];
  });
  return new Map(entries);
}

const MAX_TYPE_NAME_BYTES = 256;

/** The class whose table of virtual functions an address is: the word before points to its type information. */
function typeAt(address: number, mappings: readonly Mapping[], reader: MemoryReader): ReadableSymbol | undefined {
  const isData = (at: number) =>
    at % 8 === 0 && mappings.some((m) => at >= m.start && at < m.end && !m.permissions.includes("x"));
  const words = new Words(16);
  if (!isData(address) || words.load(reader, address - 16) < 16) return undefined;
  const type = words.at(8);
  if (!isData(type) || words.load(reader, type) < 16) return undefined;
  const text = Buffer.alloc(MAX_TYPE_NAME_BYTES);
  const length = reader.read(words.at(8), text);
  const mangled = text.toString("latin1", 0, Math.max(0, text.subarray(0, length).indexOf(0)));
  if (!/^\*?(N|S|\d)[\w$.]+$/.test(mangled)) return undefined;
  const name = readTypeName(mangled);
  return name === undefined ? undefined : { kind: "class", name };
}

function placeOf(address: number, mappings: readonly Mapping[]): string {
  const mapping = mappings.find(({ start, end }) => address >= start && address < end);
  const offset = mapping === undefined ? 0 : address - mapping.start + mapping.fileOffset;
  return `+0x${offset.toString(16)}`;
}
