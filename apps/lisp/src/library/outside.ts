/**
 * What lies outside of a program and answers it: everything that re-execution must not ask again goes through here.
 */
import { failure, wrongType } from "../data/errors.ts";
import { Flonum, Keyword, list, listItems, NIL, Sym, Text, type Value } from "../data/values.ts";
import type { Scope } from "../expander/binding.ts";
import type { Answer } from "../time/effects.ts";
import { ANY, type PrimitiveTable } from "./table.ts";

/** Access to what lies outside. */
export interface Outside {
  /** The answer of `ask`; the one that it gave first, when steps are taken again. @throws Error what `ask` threw. */
  perform<T extends Answer>(ask: () => T): T;
  /** Does something that has no answer; not again when steps are taken again. */
  emit(act: () => void): void;
  /** An empty scope for the program; the one that it made first, when steps are taken again, since code that was compiled refers to it. */
  makeScope(): Scope;
}

/** A procedure that a host offers to programs: it takes and gives text, numbers, booleans, bytes and lists of these. */
export type HostProcedure = (...values: readonly Answer[]) => Answer;

/** Adds time, chance, the environment, and the procedures of the host. */
export function addOutside(
  table: PrimitiveTable,
  outside: Outside,
  environment: Readonly<Record<string, string | undefined>>,
  procedures: Readonly<Record<string, HostProcedure>>,
): void {
  for (const name of ["current-second", "time"])
    table.add(name, () => new Flonum(outside.perform(() => Date.now() / 1000)), 0);
  table.add("current-jiffy", () => outside.perform(() => Math.round(performance.now() * 1000)), 0);
  table.add("jiffies-per-second", () => 1_000_000, 0);
  table.add(
    "random",
    (limit) => {
      const chance = outside.perform(() => Math.random());
      if (limit === undefined) return new Flonum(chance);
      if (limit instanceof Flonum) return new Flonum(chance * limit.value);
      if (typeof limit !== "number" || limit < 1) throw wrongType("a positive number", limit);
      return Math.floor(chance * limit);
    },
    0,
    1,
  );
  table.add(
    "get-environment-variable",
    (name) => {
      if (!(name instanceof Text)) throw wrongType("a string", name);
      const value = outside.perform(() => (Object.hasOwn(environment, name.text) ? environment[name.text] : undefined));
      return value === undefined ? false : new Text(value);
    },
    1,
  );
  table.add(
    "get-environment-variables",
    () => toValue(outside.perform(() => Object.entries(environment).map(([name, value]) => [name, value ?? ""]))),
    0,
  );
  for (const [name, procedure] of Object.entries(procedures)) {
    table.add(
      name,
      (...values) => {
        const given = values.map(toAnswer);
        let answer: Answer;
        try {
          answer = outside.perform(() => procedure(...given));
        } catch (error) {
          throw failure("host", `${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
        return toValue(answer);
      },
      0,
      ANY,
    );
  }
}

function toAnswer(value: Value): Answer {
  if (value === undefined || typeof value === "boolean" || typeof value === "number") return value;
  if (value instanceof Text) return value.text;
  if (value instanceof Sym || value instanceof Keyword) return value.name;
  if (value instanceof Flonum) return value.value;
  if (value instanceof Uint8Array) return value.slice();
  const items = Array.isArray(value) ? value : listItems(value);
  if (items !== undefined) return items.map(toAnswer);
  throw wrongType("text, a number, bytes or a list of these, as a host takes", value);
}

function toValue(answer: Answer): Value {
  if (typeof answer === "string") return new Text(answer);
  if (typeof answer === "number") return Number.isSafeInteger(answer) ? answer : new Flonum(answer);
  if (answer === undefined || typeof answer === "boolean" || answer instanceof Uint8Array) return answer;
  return answer.length === 0 ? NIL : list(answer.map(toValue));
}
