/**
 * Memory as procedures of the language, in the keyword style: `(memory-stats)`, `(gc)`, `(why-alive x)`, and namespaces.
 */
import { failure, wrongType } from "../data/errors.ts";
import { isKeyed, keyed, Keyword, list, type RecordValue, Text, type Value } from "../data/values.ts";
import { keyword } from "../data/symbols.ts";
import type { MemoryHost } from "../memory/host.ts";
import type { Namespaces } from "../memory/namespaces.ts";
import { countReachable } from "../memory/census.ts";
import { describePath, findHolders, registers, type Root } from "../memory/why-alive.ts";
import { ControlPrimitive } from "../machine/procedures.ts";
import { type PrimitiveTable, toSymbol } from "./table.ts";

/** What the procedures of this file ask of the system. */
export interface MemorySystem {
  /** The host's memory. */
  readonly host: MemoryHost;
  /** The namespaces. */
  readonly namespaces: Namespaces;
  /** How many states a history holds. */
  snapshots(): number;
  /** What holds values for ever, the machine's registers aside. */
  roots(): readonly Root[];
}

/** How many holders `all-holders` tells. */
const MOST_HOLDERS = 20;
/** How many objects are looked at unless a program says how many. */
const SEARCH_LIMIT = 2_000_000;

function toKeyed(value: Value): RecordValue {
  if (isKeyed(value)) return value;
  throw wrongType("a table of keywords", value);
}

function toObject(value: Value): object {
  if (typeof value === "object" && value !== null) return value;
  throw wrongType("a value on the heap", value);
}

function lookUp(table: Value, key: Value, missing: Value): Value {
  const { type, fields } = toKeyed(table);
  if (!(key instanceof Keyword)) throw wrongType("a keyword", key);
  const index = type.fields.indexOf(key.name);
  return index < 0 ? missing : fields[index];
}

/** Adds memory. */
export function addMemory(table: PrimitiveTable, system: MemorySystem): void {
  const { host, namespaces } = system;
  table.add("memory-stats", () => stats(system), 0);
  table.add(
    "gc",
    () => {
      const before = host.sample().heapUsed;
      host.collect?.();
      const after = host.sample().heapUsed;
      const isDone = host.collect !== undefined && before !== undefined && after !== undefined;
      return keyed([
        ["freed", isDone ? before - after : false],
        ["heap-used", after ?? false],
      ]);
    },
    0,
  );
  const search = (name: string, most: number, answer: (paths: readonly Value[]) => Value): void => {
    const run: ControlPrimitive["run"] = (machine, [, value, limit = SEARCH_LIMIT]) => {
      if (typeof limit !== "number") throw wrongType("a number of objects", limit);
      const roots = [...system.roots(), ...registers(machine)];
      const { paths, isComplete } = findHolders(toObject(value), roots, limit, most);
      if (paths.length === 0 && !isComplete)
        throw failure(
          "memory",
          `not held by the ${limit} objects that were looked at; (${name} x ${10 * limit}) goes on`,
        );
      machine.value = answer(paths.map((path) => list(describePath(path).map((text) => new Text(text)))));
    };
    table.entries.set(name, new ControlPrimitive(name, 1, 2, run));
  };
  table.entries.set(
    "census",
    new ControlPrimitive("census", 0, 0, (machine) => {
      const held = [...namespaces.ownValues(), machine.frame, machine.dynamic];
      const { kinds, total, isComplete } = countReachable(held, SEARCH_LIMIT);
      machine.value = keyed([["total", total], ...kinds, ["complete", isComplete]]);
    }),
  );
  search("why-alive", 1, ([path]) => path ?? false);
  search("all-holders", MOST_HOLDERS, list);
  table.add("namespaces", () => list([...namespaces.scopes.keys()]), 0);
  table.add("make-namespace", (name) => namespaces.ensure(toSymbol(name)), 1);
  table.add("namespace", (name) => namespaces.get(toSymbol(name)), 1);
  table.add("clear-namespace", (name) => namespaces.clear(toSymbol(name)), 1);
  table.add("get", (value, key, missing = false) => lookUp(value, key, missing), 2, 3);
  table.add("keys", (value) => list(toKeyed(value).type.fields.map((name) => keyword(name))), 1);
}

function stats({ host, namespaces, snapshots }: MemorySystem): Value {
  const { heapUsed, heapTotal, external } = host.sample();
  return keyed([
    ["heap-used", heapUsed ?? false],
    ["heap-total", heapTotal ?? false],
    ["external", external ?? false],
    ["snapshots", snapshots()],
    ["namespaces", namespaces.scopes.size],
  ]);
}
