/**
 * Error objects, evaluation, time, and what asks the host.
 */
import { wrongType } from "../data/errors.ts";
import { symbol } from "../data/symbols.ts";
import { Condition, list, Text, type Value } from "../data/values.ts";
import { Scope } from "../expander/binding.ts";
import type { Template } from "../machine/node.ts";
import { Closure, ControlPrimitive, NO_ENV } from "../machine/procedures.ts";
import { ANY, type PrimitiveTable } from "./table.ts";

/** What the procedures of this file ask of the system. */
export interface System {
  /** The text of a procedure that evaluates a form. */
  compile(form: Value, scope: Scope): Template;
  /** A scope with what these import sets give. */
  environment(sets: readonly Value[]): Scope;
  /** The program's own scope. */
  readonly interaction: Scope;
  /** The names of features. */
  readonly features: readonly string[];
}

/** What a program raises to end itself. */
export class Exit {
  /** 0 for success. */
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

function toCondition(value: Value): Condition {
  if (value instanceof Condition) return value;
  throw wrongType("an error object", value);
}

/** Adds error objects, `eval` and the rest. */
export function addSystem(table: PrimitiveTable, system: System): void {
  table.add("error-object?", (value) => value instanceof Condition, 1);
  table.add(
    "error-object-message",
    (value) => {
      const { message } = toCondition(value);
      return message instanceof Text ? message : new Text("");
    },
    1,
  );
  table.add("error-object-irritants", (value) => toCondition(value).irritants, 1);
  table.add(
    "read-error?",
    (value) => value instanceof Condition && (value.kind === "read" || value.kind === "unfinished"),
    1,
  );
  table.add("file-error?", (value) => value instanceof Condition && value.kind === "file", 1);
  table.add("condition-kind", (value) => symbol(toCondition(value).kind), 1);
  table.add("condition-position", (value) => new Text(toCondition(value).position), 1);
  table.add("condition-form", (value) => new Text(toCondition(value).form), 1);
  table.entries.set(
    "eval",
    new ControlPrimitive("eval", 1, 2, (machine, [, form, scope = system.interaction]) => {
      if (!(scope instanceof Scope)) throw wrongType("an environment", scope);
      machine.call(new Closure(system.compile(form, scope), NO_ENV), [undefined]);
    }),
  );
  for (const name of ["interaction-environment", "scheme-report-environment", "null-environment"])
    table.add(name, () => system.interaction, 0, 1);
  table.add("environment", (...sets) => system.environment(sets), 0, ANY);
  table.add("features", () => list(system.features.map((name) => symbol(name))), 0);
  for (const name of ["exit", "emergency-exit"]) {
    table.entries.set(
      name,
      new ControlPrimitive(name, 0, 1, (machine, [, code]) => {
        const isSuccess = code === undefined || code === true;
        machine.dynamic = { ...machine.dynamic, handlers: undefined };
        machine.raise(new Exit(isSuccess ? 0 : typeof code === "number" ? code & 255 : 1), false);
      }),
    );
  }
  table.add("void", () => undefined, 0, ANY);
  table.add("command-line", () => list([new Text("lisp")]), 0);
}
