/**
 * Evaluates simple nodes: no frames, no calls of procedures of the language. This and the machine's loop are where the time goes.
 */
import { failure, LispError, wrongType } from "../data/errors.ts";
import { isEqv } from "../data/equality.ts";
import { write } from "../data/printer.ts";
import type { Site } from "../expander/ast.ts";
import { writtenForm } from "../expander/expander.ts";
import { formatPosition } from "../reader/reader.ts";
import { Condition, NIL, Pair, UNASSIGNED, type Box, type Value } from "../data/values.ts";
import { UNBOUND } from "../expander/binding.ts";
import { add, compare, multiply, subtract } from "../numbers/arithmetic.ts";
import { blank } from "./calls.ts";
import type { Node } from "./node.ts";
import { Closure, type Env, NO_ENV } from "./procedures.ts";
import type { WriteBarrier } from "./registers.ts";

const SAFE = Number.MAX_SAFE_INTEGER;

/** The environment `depth` levels up. */
function outward(env: Env, depth: number): Env {
  let here = env;
  for (let level = depth; level > 0; level--) here = here[0] as Env;
  return here;
}

/** What an unknown variable is reported as. */
export function unbound(name: string): Error {
  return failure("unbound", `${name} is not defined`);
}

/** The value of a simple node. @throws `LispError` for the program's own errors. */
export function evaluate(node: Node, env: Env): Value {
  switch (node.op) {
    case 0: // constant
      return node.value;
    case 1: // local0
      return env[node.slot];
    case 2: // local1
      return (env[0] as Env)[node.slot];
    case 3: // localN
      return outward(env, node.depth)[node.slot];
    case 4: {
      // box
      const { value } = outward(env, node.depth)[node.slot] as Box;
      if (value === UNASSIGNED) throw failure("unbound", `${String(node.value)} is used before its definition`);
      return value;
    }
    case 5: {
      // global
      const { value } = node.cell;
      if (value === UNBOUND) throw unbound(node.cell.name);
      return value;
    }
    case 6: // lambda
      return closure(node, env);
    case 7: // simpleIf
      return evaluate(node.a, env) !== false ? evaluate(node.b, env) : evaluate(node.c, env);
    default:
      return evaluatePrimitive(node, env);
  }
}

function evaluatePrimitive(node: Node, env: Env): Value {
  try {
    switch (node.op) {
      case 8: // primitive1
        return node.fn(operand(node.a, env));
      case 9: // primitive2
        return node.fn(operand(node.a, env), operand(node.b, env));
      case 10: // primitive3
        return node.fn(operand(node.a, env), operand(node.b, env), operand(node.c, env));
      default:
        return node.op < 32
          ? unary(node.op, operand(node.a, env))
          : binary(node.op, operand(node.a, env), operand(node.b, env));
    }
  } catch (error) {
    // The innermost call is the one to blame.
    if (error instanceof LispError) place(error.payload, node.site);
    throw error;
  }
}

/** Says where an error was, unless that is known. */
export function place(payload: Value, { position, form }: Site): void {
  if (!(payload instanceof Condition) || payload.position !== "" || position === undefined) return;
  payload.position = formatPosition(position);
  payload.form = write(writtenForm(form), 120);
}

function operand(node: Node, env: Env): Value {
  return node.op === 1 ? env[node.slot] : node.op === 0 ? node.value : evaluate(node, env);
}

function closure(node: Node, env: Env): Closure {
  const { template } = node;
  if (template === undefined) throw failure("internal", "a procedure without its text");
  const { captures } = template;
  if (captures.length === 0) return new Closure(template, NO_ENV);
  // Of the right size at once: an array that grows takes room for 16 more.
  const captured = blank(captures.length / 2);
  for (let slot = 1; slot < captured.length; slot++)
    captured[slot] = outward(env, captures[2 * slot - 2] ?? 0)[captures[2 * slot - 1] ?? 0];
  return new Closure(template, captured);
}

/** What a node with one operand gives: a primitive of the machine's own, or another. */
export function applyOne(node: Node, a: Value): Value {
  return node.depth === 8 ? node.fn(a) : unary(node.depth, a);
}

/** What a node with two operands gives. */
export function applyTwo(node: Node, a: Value, b: Value): Value {
  return node.depth === 9 ? node.fn(a, b) : binary(node.depth, a, b);
}

function unary(op: number, a: Value): Value {
  switch (op) {
    case 16:
      return a === false;
    case 17:
      if (a instanceof Pair) return a.car;
      throw wrongType("a pair", a);
    case 18:
      if (a instanceof Pair) return a.cdr;
      throw wrongType("a pair", a);
    case 19:
      return a === NIL;
    case 20:
      return a instanceof Pair;
    default:
      return typeof a === "number" ? a === 0 : compare(a, 0) === 0;
  }
}

function binary(op: number, a: Value, b: Value): Value {
  switch (op) {
    case 32: {
      if (typeof a === "number" && typeof b === "number") {
        const sum = a + b;
        if (sum <= SAFE && sum >= -SAFE) return sum;
      }
      return add(a, b);
    }
    case 33: {
      if (typeof a === "number" && typeof b === "number") {
        const difference = a - b;
        if (difference <= SAFE && difference >= -SAFE) return difference;
      }
      return subtract(a, b);
    }
    case 34:
      return multiply(a, b);
    case 35:
      return typeof a === "number" && typeof b === "number" ? a < b : compare(a, b) < 0;
    case 36:
      return typeof a === "number" && typeof b === "number" ? a > b : compare(a, b) > 0;
    case 37:
      return typeof a === "number" && typeof b === "number" ? a <= b : compare(a, b) <= 0;
    case 38:
      return typeof a === "number" && typeof b === "number" ? a >= b : compare(a, b) >= 0;
    case 39:
      return typeof a === "number" && typeof b === "number" ? a === b : compare(a, b) === 0;
    case 40:
      return a === b || isEqv(a, b);
    case 41:
      return new Pair(a, b);
    default: {
      if (!Array.isArray(a)) throw wrongType("a vector", a);
      if (typeof b !== "number") throw wrongType("an index", b);
      if (b < 0 || b >= a.length) throw failure("range", "no such index:", b);
      return a[b];
    }
  }
}

/** Gives a variable a value, as a node says. @throws `LispError` for a global variable that is not defined. */
export function assign(node: Node, env: Env, barrier: WriteBarrier, value: Value): Value {
  if (node.op === 69) {
    const box = outward(env, node.depth)[node.slot] as Box;
    barrier.willChange(box);
    box.value = value;
    return undefined;
  }
  const { cell } = node;
  if (node.op === 70 && cell.value === UNBOUND) throw unbound(cell.name);
  barrier.willAssign(cell, value);
  cell.value = value;
  return undefined;
}
