/** Keys as bytes: a number as a double, a string as UTF-8 or, where it has halves of surrogate pairs, as UTF-16. */
import { type SpillKey } from "./spill-map.ts";

const NUMBER = 0;
const UTF8 = 1;
const UTF16 = 2;
const NUMBER_BYTES = 9;
const HALF_PAIR = /\p{Surrogate}/u;

const numberBytes = Buffer.alloc(NUMBER_BYTES);

/** The bytes of a key, lent until the next are asked for. */
export function bytesOfKey(key: SpillKey): Buffer {
  if (typeof key === "number") {
    // To a Map, 0 and -0 are one key.
    numberBytes.writeDoubleLE(key === 0 ? 0 : key, 1);
    return numberBytes;
  }
  return HALF_PAIR.test(key) ? tagged(UTF16, Buffer.from(key, "utf16le")) : tagged(UTF8, Buffer.from(key));
}

/** The key that the bytes are of. */
export function keyOfBytes(bytes: Uint8Array): SpillKey {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === NUMBER) return buffer.readDoubleLE(1);
  return buffer.toString(buffer[0] === UTF8 ? "utf8" : "utf16le", 1);
}

function tagged(tag: number, text: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(1 + text.length);
  bytes[0] = tag;
  bytes.set(text, 1);
  return bytes;
}
