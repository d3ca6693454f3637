/**
 * What a writer asks of values and frames before it writes them.
 */
import { Char, EOF, Flonum, NIL, Ratio, UNASSIGNED, type Value } from "../data/values.ts";
import { UNBOUND } from "../expander/binding.ts";
import { type Frame, NO_ENV } from "../machine/procedures.ts";
import { TAG } from "./shapes.ts";

/** What a plain frame may have at most. */
const PLAIN_SLOTS = 16;
/** What it takes at most. */
export const PLAIN_BYTES = 32 + 6 * PLAIN_SLOTS;

/** Frames that are being written, each after the one beneath it. */
export class Chain {
  /** The topmost first. */
  readonly frames: readonly Frame[];
  /** How many are still to be written. */
  left: number;
  /** True when what the next one needs has been pushed. */
  isPushed = false;
  constructor(frames: readonly Frame[]) {
    this.frames = frames;
    this.left = frames.length;
  }
}

/** True for a frame that refers to no object but the one beneath it, and has small numbers only. */
export function isPlain({ env, values }: Frame): boolean {
  const { length } = env;
  const outer = env[0];
  if (length > PLAIN_SLOTS || !isSmall(values) || (outer !== NO_ENV && outer !== undefined)) return false;
  for (let slot = 1; slot < length; slot++) if (!isSmall(env[slot])) return false;
  return true;
}

/** True when a frame's values are operands of a call, and not a vector of the program. */
export function isOperands({ values, node, index }: Frame): boolean {
  return index >= 0 && Array.isArray(values) && (node.op < 80 || node.op > 83);
}

/** True for what takes at most five bytes after its tag, and is no object. */
function isSmall(value: Value): boolean {
  return (
    value === undefined || (typeof value === "number" && value >= 0 && value <= 0x7fff_ffff && (value | 0) === value)
  );
}

/** True for what is written where it is referred to, and has no record. */
export function isImmediate(value: object): boolean {
  return (
    value === NIL ||
    value === EOF ||
    value === UNASSIGNED ||
    value === UNBOUND ||
    value instanceof Char ||
    value instanceof Flonum ||
    value instanceof Ratio
  );
}

/** Writes a whole number below 2^31. Returns the place after it. */
export function putSmall(buffer: Uint8Array, start: number, value: number): number {
  let rest = value;
  let at = start;
  while (rest > 127) {
    buffer[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** Writes a value that {@link isSmall}. Returns the place after it. */
export function putValue(buffer: Uint8Array, at: number, value: Value): number {
  if (typeof value !== "number") {
    buffer[at] = TAG.unspecified;
    return at + 1;
  }
  if (value < 128) {
    buffer[at] = 128 | value;
    return at + 1;
  }
  buffer[at] = TAG.positive;
  return putSmall(buffer, at + 1, value);
}
