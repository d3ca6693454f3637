/**
 * How the files of this folder offer primitives: each fills a table from names to procedures.
 */
import { failure, wrongType } from "../data/errors.ts";
import { Char, Sym, Text, type Value } from "../data/values.ts";
import { isProcedure, Primitive } from "../machine/procedures.ts";

/** Primitives by name. */
export class PrimitiveTable {
  /** The procedures by name. */
  readonly entries = new Map<string, Value>();

  /** Adds a primitive that takes from `least` to `most` arguments. Default of `most`: `least`. */
  add(name: string, fn: (...values: Value[]) => Value, least: number, most = least): void {
    this.entries.set(name, new Primitive(name, least, most, fn));
  }
}

/** For primitives that take any number of arguments. */
export const ANY = Number.POSITIVE_INFINITY;

/** `value`, known to be a string. @throws `LispError` of kind `type`. */
export function toText(value: Value): Text {
  if (value instanceof Text) return value;
  throw wrongType("a string", value);
}

/** `value`, known to be a symbol. @throws `LispError` of kind `type`. */
export function toSymbol(value: Value): Sym {
  if (value instanceof Sym) return value;
  throw wrongType("a symbol", value);
}

/** `value`, known to be a character. @throws `LispError` of kind `type`. */
export function toChar(value: Value): Char {
  if (value instanceof Char) return value;
  throw wrongType("a character", value);
}

/** `value`, known to be a vector. @throws `LispError` of kind `type`. */
export function toVector(value: Value): Value[] {
  if (Array.isArray(value)) return value;
  throw wrongType("a vector", value);
}

/** `value`, known to be a bytevector. @throws `LispError` of kind `type`. */
export function toBytes(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw wrongType("a bytevector", value);
}

/** `value`, known to be something that can be called. @throws `LispError` of kind `type`. */
export function toProcedure(value: Value): Value {
  if (isProcedure(value)) return value;
  throw wrongType("a procedure", value);
}

/** `value`, known to be an integer from 0 to `limit`. @throws `LispError` of kind `range`. */
export function toIndex(value: Value, limit: number, missing = 0): number {
  if (value === undefined) return missing;
  if (typeof value === "number" && value >= 0 && value <= limit) return value;
  throw typeof value === "number" ? failure("range", "no such index:", value) : wrongType("an index", value);
}

/** The range that optional arguments `start` and `end` name in something of this length. */
export function toRange(start: Value, end: Value, length: number): [number, number] {
  const to = toIndex(end, length, length);
  return [toIndex(start, to), to];
}

/** A length for something new. @throws `LispError` of kind `memory` for one that no machine has room for. */
export function toLength(value: Value): number {
  if (typeof value !== "number" || value < 0) throw wrongType("a length", value);
  if (value > 100_000_000) throw failure("memory", "a value would be too large:", value);
  return value;
}
