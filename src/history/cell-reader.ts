/**
 * Reads what cell-codec.ts wrote. Whole states are made of tens of thousands of cells, so nothing is made on
 * the way but the value itself: no reader, no view, no piece of a text.
 */
import { ByteReader, readVarint } from "./byte-reader.ts";
import { type Cell, Header, Reference, TAG } from "./cell-codec.ts";
import { EMPTY, type Run } from "./graph-node.ts";
import type { Kind } from "./kind.ts";

/** Texts up to this length are made of their characters; above it a call of the decoder is faster. */
const SHORT_TEXT = 32;

/** Texts up to this length are looked for among those that were read lately: mostly they are keys of objects. */
const KEY_LENGTH = 16;
const keys = new Array<string>(1024).fill("");

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const eight = new DataView(new ArrayBuffer(8));

/** Reads a cell. Bytes are a view of `bytes`. */
export function readCell(bytes: Uint8Array, start: number, end: number): Cell {
  if (start === end) return EMPTY;
  const at = start + 1;
  switch (bytes[start]) {
    case TAG.undefined:
      return undefined;
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.positive:
      return readVarint(bytes, at, end);
    case TAG.negative:
      return -readVarint(bytes, at, end);
    case TAG.double:
      return readDouble(bytes, at);
    case TAG.ascii:
      if (end - at <= KEY_LENGTH) return readKey(bytes, at, end);
      return end - at > SHORT_TEXT ? decoder.decode(bytes.subarray(at, end)) : readAscii(bytes, at, end);
    case TAG.utf8:
      return decoder.decode(bytes.subarray(at, end));
    case TAG.utf16:
      return readUtf16(bytes, at, end);
    case TAG.positiveBig:
      return readBig(bytes, at, end);
    case TAG.negativeBig:
      return -readBig(bytes, at, end);
    case TAG.reference:
      return new Reference(readVarint(bytes, at, end));
    case TAG.bytes:
      return bytes.subarray(at, end);
    case TAG.header:
      return readHeader(new ByteReader(bytes, at, end));
    default:
      throw new RangeError(`a cell begins with the unknown tag ${bytes[start]}`);
  }
}

function readDouble(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) eight.setUint8(i, bytes[at + i] ?? 0);
  return eight.getFloat64(0, true);
}

/** A short text, the same one as before when it was read lately. */
function readKey(bytes: Uint8Array, start: number, end: number): string {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  const slot = (hash ^ (hash >>> 15)) & (keys.length - 1);
  const known = keys[slot] as string;
  if (known.length === end - start) {
    let i = start;
    while (i < end && known.charCodeAt(i - start) === bytes[i]) i++;
    if (i === end) return known;
  }
  return (keys[slot] = readAscii(bytes, start, end));
}

/** Eight characters a call: one at a time makes a text of each beginning. */
function readAscii(b: Uint8Array, start: number, end: number): string {
  const code = String.fromCharCode;
  let text = "";
  let i = start;
  for (; i + 8 <= end; i += 8) {
    text += code(
      b[i] as number,
      b[i + 1] as number,
      b[i + 2] as number,
      b[i + 3] as number,
      b[i + 4] as number,
      b[i + 5] as number,
      b[i + 6] as number,
      b[i + 7] as number,
    );
  }
  if (i + 4 <= end) {
    text += code(b[i] as number, b[i + 1] as number, b[i + 2] as number, b[i + 3] as number);
    i += 4;
  }
  if (i + 2 <= end) {
    text += code(b[i] as number, b[i + 1] as number);
    i += 2;
  }
  return i < end ? text + code(b[i] as number) : text;
}

function readUtf16(bytes: Uint8Array, start: number, end: number): string {
  const parts: string[] = [];
  for (let from = start; from < end; from += 8192) {
    const codes: number[] = [];
    for (let i = from; i < Math.min(end, from + 8192); i += 2) codes.push((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8));
    parts.push(String.fromCharCode(...codes));
  }
  return parts.join("");
}

function readBig(bytes: Uint8Array, start: number, end: number): bigint {
  let hex = "0x";
  for (let i = start; i < end; i++) hex += (bytes[i] ?? 0).toString(16).padStart(2, "0");
  return BigInt(hex);
}

function readHeader(input: ByteReader): Header {
  const kind = input.u8() as Kind;
  const runs: Run[] = [];
  let firstSlot = 0;
  while (input.at < input.end) {
    const start = input.varint();
    const capacity = input.varint();
    runs.push({ start, capacity, firstSlot });
    firstSlot += capacity;
  }
  return new Header(kind, runs);
}
