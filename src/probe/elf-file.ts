/**
 * The symbol tables of a program or library: names addresses, and tells the place of a name. The tables are read in
 * pieces and only what is wanted is kept: Node's own table has some hundred thousand symbols. Source: elf(5).
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A symbol that covers an address. */
export interface FoundSymbol {
  /** As in the file, mangled. */
  readonly name: string;
  readonly kind: "function" | "data";
}

/** Where a program has what a symbol names. */
export interface SymbolPlace {
  /** As the file says it. */
  readonly address: number;
  /** True when the file is loaded at a place of its own, to which `address` is added. */
  readonly isRelative: boolean;
}

interface Section {
  readonly type: number;
  readonly link: number;
  readonly offset: number;
  readonly bytes: number;
}

const SYMBOL_BYTES = 24;
const PIECE_BYTES = SYMBOL_BYTES * 8192;
const MAX_NAME_BYTES = 1024;
const SECTION_BYTES = 64;
const PROGRAM_BYTES = 56;
const SYMTAB = 2;
const DYNSYM = 11;
const LOAD = 1;
const POSITION_INDEPENDENT = 3;

/** An open ELF file of 64 bits, little-endian. Holds a file descriptor until disposed. */
export class ElfFile implements Disposable {
  readonly #descriptor: number;
  /** Of the file, to tell whether it is still the one that was mapped. */
  readonly inode: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.inode = fstatSync(descriptor).ino;
  }

  /** Opens a file; `undefined` where it cannot be read or is no such ELF file. */
  static open(path: string): ElfFile | undefined {
    try {
      const file = new ElfFile(openSync(path, "r"));
      const ident = file.#read(0, 6);
      if (ident?.readUInt32BE(0) === 0x7f454c46 && ident[4] === 2 && ident[5] === 1) return file;
      file[Symbol.dispose]();
    } catch {
      // as if it had no symbols
    }
    return undefined;
  }

  /** The lowest address that the file asks for, on a page: 0 for libraries and most programs. */
  firstAddress(): number | undefined {
    const header = this.#read(32, 32);
    const count = header?.readUInt16LE(24) ?? 0;
    const table = header && this.#read(number64(header, 0), count * PROGRAM_BYTES);
    if (table === undefined) return undefined;
    for (let at = 0; at < table.length; at += PROGRAM_BYTES) {
      if (table.readUInt32LE(at) !== LOAD) continue;
      const [offset, address] = [number64(table, at + 8), number64(table, at + 16)];
      return address - offset;
    }
    return undefined;
  }

  /**
   * Finds the symbols that cover addresses.
   *
   * @param wanted - as the file counts them, in any order.
   */
  find(wanted: readonly number[]): Map<number, FoundSymbol> {
    const sorted = Float64Array.from(new Set(wanted)).sort();
    const found = new Map<number, FoundSymbol>();
    const sections = this.#sections();
    for (const type of [SYMTAB, DYNSYM]) {
      for (const section of sections) if (section.type === type) this.#search(section, sections, sorted, found);
    }
    return found;
  }

  /**
   * Finds a symbol's place by its whole name, mangled. Node's own binaries carry the table of names; those of Linux
   * distributions mostly do not.
   */
  locate(name: string): SymbolPlace | undefined {
    const sections = this.#sections();
    const table = sections.find(({ type }) => type === SYMTAB);
    const strings = sections[table?.link ?? -1];
    if (table === undefined || strings === undefined) return undefined;
    const nameOffset = this.#offsetOf(name, strings);
    if (nameOffset === undefined) return undefined;
    for (const { piece } of this.#pieces(table)) {
      for (let at = 0; at + SYMBOL_BYTES <= piece.length; at += SYMBOL_BYTES) {
        if (piece.readUInt32LE(at) !== nameOffset) continue;
        const isRelative = this.#read(16, 2)?.readUInt16LE(0) === POSITION_INDEPENDENT;
        return { address: number64(piece, at + 8), isRelative };
      }
    }
    return undefined;
  }

  /** Of a name in the table of names: the whole of an entry, hence the zeros around it. */
  #offsetOf(name: string, strings: Section): number | undefined {
    const wanted = Buffer.from(`\0${name}\0`);
    for (const { from, piece } of this.#pieces(strings, wanted.length)) {
      const found = piece.indexOf(wanted);
      if (found >= 0) return from + found + 1;
    }
    return undefined;
  }

  #search(section: Section, sections: readonly Section[], wanted: Float64Array, found: Map<number, FoundSymbol>): void {
    const strings = sections[section.link];
    if (strings === undefined) return;
    const best = new Map<number, { bytes: number; name: number; kind: FoundSymbol["kind"] }>();
    for (const { piece } of this.#pieces(section)) {
      for (let at = 0; at + SYMBOL_BYTES <= piece.length; at += SYMBOL_BYTES) {
        const type = (piece[at + 4] ?? 0) & 15; // 1: data, 2: function, 10: function chosen at load time
        if (type !== 1 && type !== 2 && type !== 10) continue;
        const bytes = number64(piece, at + 16);
        if (bytes === 0 || piece.readUInt16LE(at + 6) === 0) continue;
        const start = number64(piece, at + 8);
        for (let index = lowerBound(wanted, start); index < wanted.length; index += 1) {
          const address = wanted[index] ?? 0;
          if (address >= start + bytes) break;
          if (found.has(address) || (best.get(address)?.bytes ?? Infinity) <= bytes) continue;
          best.set(address, { bytes, name: piece.readUInt32LE(at), kind: type === 1 ? "data" : "function" });
        }
      }
    }
    for (const [address, { name, kind }] of best) {
      const text = this.#name(strings.offset + name);
      if (text !== "") found.set(address, { name: text, kind });
    }
  }

  #name(offset: number): string {
    const bytes = this.#read(offset, MAX_NAME_BYTES, true);
    const end = bytes?.indexOf(0) ?? -1;
    return bytes === undefined || end === -1 ? "" : bytes.toString("latin1", 0, end);
  }

  #sections(): Section[] {
    const header = this.#read(40, 24);
    const table = header && this.#read(number64(header, 0), header.readUInt16LE(20) * SECTION_BYTES);
    const sections: Section[] = [];
    if (table === undefined) return sections;
    for (let at = 0; at < table.length; at += SECTION_BYTES) {
      sections.push({
        type: table.readUInt32LE(at + 4),
        offset: number64(table, at + 24),
        bytes: number64(table, at + 32),
        link: table.readUInt32LE(at + 40),
      });
    }
    return sections;
  }

  /** A section piece by piece, each with the first bytes of the next. */
  *#pieces({ offset, bytes }: Section, overlap = 0): Generator<{ from: number; piece: Buffer }> {
    for (let from = 0; from < bytes; from += PIECE_BYTES) {
      const piece = this.#read(offset + from, Math.min(PIECE_BYTES + overlap, bytes - from));
      if (piece === undefined) return;
      yield { from, piece };
    }
  }

  #read(offset: number, bytes: number, mayBeShort = false): Buffer | undefined {
    const buffer = Buffer.allocUnsafe(bytes);
    try {
      const length = readSync(this.#descriptor, buffer, 0, bytes, offset);
      return length === bytes || mayBeShort ? buffer.subarray(0, length) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

function number64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset) + buffer.readUInt32LE(offset + 4) * 2 ** 32;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
