/**
 * Where a program has a variable that its symbol table names: reads the table of a 64-bit little-endian
 * ELF file piece by piece, in bounded memory. Node's own binaries carry it; those of Linux distributions mostly
 * do not. Source: elf(5).
 */
import { readSync } from "node:fs";

const PIECE_BYTES = 1 << 20;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const MAX_SECTIONS = 4096;
const SYMBOL_TABLE = 2;
const POSITION_INDEPENDENT = 3;

/** A variable's place. */
export interface ElfSymbol {
  /** As the file says it. */
  readonly address: number;
  /** True when the file is loaded at a place of its own, to which `address` is added. */
  readonly isRelative: boolean;
}

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/**
 * Looks a symbol up.
 *
 * @param descriptor - the open file.
 * @returns `undefined` when the file is no such ELF file, has no symbol table, or does not name the symbol.
 */
export function findElfSymbol(descriptor: number, name: string): ElfSymbol | undefined {
  const header = read(descriptor, 0, 64);
  // Magic number, 64 bits, little-endian.
  if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46 || header.readUInt16BE(4) !== 0x0201)
    return undefined;
  const sections = readSections(descriptor, header);
  const table = sections.find(({ type }) => type === SYMBOL_TABLE);
  const names = sections[table?.link ?? -1];
  if (table === undefined || names === undefined) return undefined;
  const nameOffset = findName(descriptor, names, name);
  if (nameOffset === undefined) return undefined;
  const address = findAddress(descriptor, table, nameOffset);
  return address === undefined ? undefined : { address, isRelative: header.readUInt16LE(16) === POSITION_INDEPENDENT };
}

function readSections(descriptor: number, header: Buffer): Section[] {
  const count = Math.min(header.readUInt16LE(60), MAX_SECTIONS);
  const bytes = read(descriptor, Number(header.readBigUInt64LE(40)), count * SECTION_BYTES);
  return Array.from({ length: Math.floor(bytes.length / SECTION_BYTES) }, (_, index) => {
    const at = index * SECTION_BYTES;
    return {
      type: bytes.readUInt32LE(at + 4),
      offset: Number(bytes.readBigUInt64LE(at + 24)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
      link: bytes.readUInt32LE(at + 40),
    };
  });
}

/** Offset of a name in the table of names: the whole of an entry, hence the zeros around it. */
function findName(descriptor: number, { offset, size }: Section, name: string): number | undefined {
  const wanted = Buffer.from(`\0${name}\0`);
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const piece = read(descriptor, offset + at, Math.min(PIECE_BYTES + wanted.length, size - at));
    const found = piece.indexOf(wanted);
    if (found >= 0) return at + found + 1;
  }
  return undefined;
}

function findAddress(descriptor: number, { offset, size }: Section, nameOffset: number): number | undefined {
  const step = PIECE_BYTES - (PIECE_BYTES % SYMBOL_BYTES);
  for (let at = 0; at < size; at += step) {
    const piece = read(descriptor, offset + at, Math.min(step, size - at));
    for (let entry = 0; entry + SYMBOL_BYTES <= piece.length; entry += SYMBOL_BYTES)
      if (piece.readUInt32LE(entry) === nameOffset) return Number(piece.readBigUInt64LE(entry + 8));
  }
  return undefined;
}

function read(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(descriptor, buffer, 0, length, position));
}
