/**
 * How a primitive, the reader or the compiler reports an error: it throws a {@link LispError}, and the machine turns it into a
 * condition that the program can catch.
 */
import { Condition, list, Text, type Value } from "./values.ts";

/** Something raised by a program or on its behalf. */
export class LispError extends Error {
  /** Always `LispError`. */
  override readonly name = "LispError";
  /** What was raised: a {@link Condition}, or any value given to `raise`. */
  readonly payload: Value;

  constructor(payload: Value, message: string) {
    super(message);
    this.payload = payload;
  }
}

/** An error of this kind, ready to be thrown. */
export function failure(kind: string, message: string, ...irritants: readonly Value[]): LispError {
  return new LispError(new Condition(kind, new Text(message), list(irritants)), message);
}

/** The error of a primitive that was given a value of the wrong type. */
export function wrongType(expected: string, value: Value): LispError {
  return failure("type", `not ${expected}:`, value);
}
