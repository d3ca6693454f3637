/**
 * Columns of numbers in little space: differences where neighbours are alike, seven bits a byte (LEB128), then deflate at its
 * fastest. In blocks of rows, so that a single value costs one block and not the column.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Rows that are packed together. */
export const ROWS_A_BLOCK = 65_536;
/** Most bytes of one number below 2^53. */
const MOST_BYTES = 8;
const LIMIT_32 = 2 ** 32;

/** What is written of a value: itself, its difference from the one before, or from its row. */
export type NumberForm = "plain" | "difference" | "from-row";

/** Values of a block. */
export type NumberBlock = Uint32Array | Float64Array;

/**
 * Packs one block.
 *
 * @param values - whole numbers from 0 below 2^53, at most {@link ROWS_A_BLOCK} of them.
 * @param firstRow - row of the first, for the form `from-row`.
 */
export function packNumbers(values: ArrayLike<number>, form: NumberForm, firstRow: number): Buffer {
  const bytes = Buffer.allocUnsafe(1 + values.length * MOST_BYTES);
  let at = 1;
  let before = 0;
  let isWide = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? 0;
    if (value >= LIMIT_32) isWide = 1;
    let left = value;
    if (form !== "plain") {
      const difference = value - (form === "difference" ? before : firstRow + row);
      left = difference < 0 ? -2 * difference - 1 : 2 * difference;
      before = value;
    }
    while (left >= 128) {
      bytes[at++] = (left % 128) + 128;
      left = Math.floor(left / 128);
    }
    bytes[at++] = left;
  }
  bytes[0] = isWide;
  return deflateRawSync(bytes.subarray(0, at), { level: 1 });
}

/** Unpacks what {@link packNumbers} has packed. */
export function unpackNumbers(packed: Uint8Array, form: NumberForm, firstRow: number, rows: number): NumberBlock {
  const bytes = inflateRawSync(packed);
  const values = bytes[0] === 1 ? new Float64Array(rows) : new Uint32Array(rows);
  let at = 1;
  let before = 0;
  for (let row = 0; row < rows; row++) {
    let byte = bytes[at++] ?? 0;
    let value = byte & 127;
    for (let place = 128; byte >= 128; place *= 128) {
      byte = bytes[at++] ?? 0;
      value += (byte & 127) * place;
    }
    if (form !== "plain") {
      const difference = value % 2 === 1 ? -(value + 1) / 2 : value / 2;
      value = difference + (form === "difference" ? before : firstRow + row);
      before = value;
    }
    values[row] = value;
  }
  return values;
}
