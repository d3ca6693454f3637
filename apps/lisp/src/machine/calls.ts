/**
 * What surrounds a call: its arguments in their places, errors about their number, and errors of the host as the program sees them.
 */
import { failure, LispError } from "../data/errors.ts";
import { write } from "../data/printer.ts";
import { type Condition, list, Pair, type Value } from "../data/values.ts";
import { type Closure, type Env, type Primitive, procedureName } from "./procedures.ts";

/** Thrown inside of the machine for what no handler takes. */
export class Uncaught extends Error {
  /** What was raised. */
  readonly payload: Value;
  constructor(payload: Value) {
    super("uncaught");
    this.payload = payload;
  }
}

/** What the program sees of an error of the host. @throws the error itself when it is none that a program can cause. */
export function payloadOf(error: unknown): Value {
  if (error instanceof LispError) return error.payload;
  if (error instanceof RangeError) {
    const isStack = /call stack/i.test(error.message);
    return payloadOf(failure("memory", isStack ? "data or code is nested too deeply" : "a value is too large"));
  }
  throw error;
}

/** An error as people read it. */
export function describe(condition: Condition): string {
  const message = write(condition.message, 500, true);
  let text = message;
  for (let rest = condition.irritants; rest instanceof Pair; rest = rest.cdr) text += ` ${write(rest.car, 200)}`;
  return text;
}

/** An environment to be, with room for this many variables. */
export function blank(count: number): Env {
  if (count === 1) return [undefined, undefined];
  if (count === 2) return [undefined, undefined, undefined];
  if (count === 3) return [undefined, undefined, undefined, undefined];
  return new Array<Value>(count + 1).fill(undefined);
}

/** Puts the rest of the arguments into a list. @throws `LispError` of kind `arity`. */
export function takeArguments({ template }: Closure, values: Env): void {
  const count = values.length - 1;
  const { required, hasRest } = template;
  if (count < required || (count > required && !hasRest)) {
    const expected = hasRest ? `at least ${required}` : `${required}`;
    throw failure("arity", `${template.name || "a procedure"} takes ${expected} arguments, not ${count}`);
  }
  const rest = list(values.slice(required + 1));
  values.length = required + 1;
  values.push(rest);
}

/** The error of a call with a number of arguments that is not taken. */
export function wrongCount(callee: Value, count: number): LispError {
  return failure("arity", `${procedureName(callee) || "a procedure"} does not take ${count} arguments`);
}

/** Calls a primitive. @throws `LispError`, the primitive's own or of kind `arity`. */
export function applyPrimitive(callee: Primitive, values: Env): Value {
  const count = values.length - 1;
  if (count < callee.least || count > callee.most) throw wrongCount(callee, count);
  switch (count) {
    case 0:
      return callee.fn();
    case 1:
      return callee.fn(values[1]);
    case 2:
      return callee.fn(values[1], values[2]);
    default:
      return callee.fn(...values.slice(1));
  }
}
