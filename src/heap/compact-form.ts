/**
 * The compact form of a snapshot: its text in blocks, rows of nodes and edges as packed columns, all else deflated. Each block
 * stands for a stretch of the text, so that a reader that asks for places in the text needs to unpack only those.
 * Behind the blocks comes a directory, then 20 bytes that say where it is; every block and the directory have a checksum.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type NumberForm, packNumbers, unpackNumbers } from "./packed-numbers.ts";

/** With which the file begins. */
export const COMPACT_MAGIC = "PLIMPACK";
/** Changes with every change of the format. */
export const COMPACT_VERSION = 1;
/** Magic 8, version 4, length of the directory 4, its checksum 4. */
export const COMPACT_TRAILER_BYTES = 20;
/** Rows that are packed together. */
export const COMPACT_ROWS = 16_384;

const DIGIT_0 = 0x30;
const COMMA = 0x2c;
const MOST_DIGITS = 16;

/** A stretch of the text. */
export interface CompactBlock {
  /** Where it begins in the file. */
  readonly at: number;
  /** Its length in the file. */
  readonly bytes: number;
  /** Length of the text. */
  readonly textBytes: number;
  /** Of what is in the file. */
  readonly checksum: number;
  /** Default: it is no rows, but text. */
  readonly rows?: RowShape;
}

/** How rows are packed. */
export interface RowShape {
  readonly count: number;
  /** Whether it is the first of its section: no comma stands before it. */
  readonly isFirst: boolean;
  /** How each field is written. */
  readonly forms: readonly NumberForm[];
  /** What each field is divided by. */
  readonly divisors: readonly number[];
}

/** Packs text. */
export function packText(text: Uint8Array): Buffer {
  return deflateRawSync(text, { level: 1 });
}

/** Packs rows, given one after the other. */
export function packRows(numbers: Float64Array, { count, forms, divisors }: RowShape): Buffer {
  const parts: Buffer[] = [];
  const column = new Float64Array(count);
  for (const [field, form] of forms.entries()) {
    const divisor = divisors[field] ?? 1;
    for (let row = 0; row < count; row++) column[row] = (numbers[row * forms.length + field] ?? 0) / divisor;
    const packed = packNumbers(column, form, 0);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(packed.length);
    parts.push(length, packed);
  }
  return Buffer.concat(parts);
}

/** The text of a block. @throws Error when it is not what was packed. */
export function unpackBlock(packed: Buffer, { textBytes, rows }: CompactBlock): Buffer {
  const text = rows ? writeRows(packed, rows) : inflateRawSync(packed);
  if (text.length !== textBytes) throw new Error(`a block of ${textBytes} bytes has become ${text.length}`);
  return text;
}

function writeRows(packed: Buffer, { count, isFirst, forms, divisors }: RowShape): Buffer {
  let from = 0;
  const columns = forms.map((form) => {
    const length = packed.readUInt32LE(from);
    from += 4 + length;
    return unpackNumbers(packed.subarray(from - length, from), form, 0, count);
  });
  const text = Buffer.allocUnsafe(count * forms.length * (MOST_DIGITS + 1));
  let at = 0;
  for (let row = 0; row < count; row++) {
    for (const [field, column] of columns.entries()) {
      if (at > 0 || !isFirst) text[at++] = COMMA;
      at = writeNumber(text, at, (column[row] ?? 0) * (divisors[field] ?? 1));
    }
  }
  return text.subarray(0, at);
}

/** @returns the place behind it. */
function writeNumber(text: Buffer, at: number, value: number): number {
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end += 1;
  let rest = value;
  for (let place = end - 1; place >= at; place -= 1) {
    const next = Math.floor(rest / 10);
    text[place] = DIGIT_0 + rest - next * 10;
    rest = next;
  }
  return end;
}
