/**
 * How values become bytes and come back. The default keeps everything that the structured clone algorithm keeps
 * (Map, Set, Date, BigInt, typed arrays, cycles); bytes as they are and JSON are faster where they suffice.
 */
import { deserialize, serialize } from "node:v8";

/** Turns values into bytes and back. */
export interface Codec<T> {
  /** The bytes are copied before anything else is encoded, so one buffer may serve for all. */
  encode(value: T): Uint8Array;
  /**
   * The value that the bytes are of.
   *
   * @param bytes - lent until it returns: a value that keeps them keeps a copy.
   */
  decode(bytes: Uint8Array): T;
}

/** Whatever the structured clone algorithm can copy; functions and symbols are refused by it. */
export function structuredCodec<T>(): Codec<T> {
  return {
    encode: serialize,
    // A typed array inside the value is a view of what it was read from.
    decode: (bytes) => deserialize(new Uint8Array(bytes)) as T,
  };
}

/** Bytes as they are; what comes back is a Buffer. */
export const bytesCodec: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (bytes) => Buffer.from(bytes),
};

/** What `JSON.stringify` keeps: several times faster than {@link structuredCodec} for small plain values. */
export function jsonCodec<T>(): Codec<T> {
  return {
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as T,
  };
}
