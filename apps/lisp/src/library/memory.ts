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
import type { Outside } from "./outside.ts";
import { type PrimitiveTable, toSymbol } from "./table.ts";

/** What the procedures of this file ask of the system. */
export interface MemorySystem {
  /** The host's memory. */
  readonly host: MemoryHost;
  /** What lies outside of the program. */
  readonly outside: Outside;
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

/** A number or nothing, as a program sees it. */
function orFalse(bytes: number | undefined): Value {
  return bytes ?? false;
}

/** Adds memory. What it finds depends on more than the program's state, so that it is asked through `outside`. */
export function addMemory(table: PrimitiveTable, system: MemorySystem): void {
  const { host, namespaces, outside } = system;
  table.add("memory-stats", () => stats(system), 0);
  table.add(
    "gc",
    () => {
      const [before, after] = outside.perform(() => {
        const { heapUsed } = host.sample();
        host.collect?.();
        return [heapUsed, host.sample().heapUsed] as const;
      });
      const isDone = host.collect !== undefined && before !== undefined && after !== undefined;
      return keyed([
        ["freed", isDone && Math.max(0, before - after)],
        ["heap-used", orFalse(after)],
      ]);
    },
    0,
  );
  table.entries.set(
    "census",
    new ControlPrimitive("census", 0, 0, (machine) => {
      const [entries, isComplete] = outside.perform(() => {
        const held = [...namespaces.ownValues(), machine.frame, machine.dynamic];
        const { kinds, total, isComplete } = countReachable(held, SEARCH_LIMIT);
        return [[["total", total] as const, ...kinds], isComplete] as const;
      });
      machine.value = keyed([...entries, ["complete", isComplete]]);
    }),
  );
  const search = (name: string, most: number, answer: (paths: readonly Value[]) => Value): void => {
    const run: ControlPrimitive["run"] = (machine, [, value, limit = SEARCH_LIMIT]) => {
      if (typeof limit !== "number") throw wrongType("a number of objects", limit);
      const object = toObject(value);
      const [isComplete, paths] = outside.perform(() => {
        const found = findHolders(object, [...system.roots(), ...registers(machine)], limit, most);
        return [found.isComplete, found.paths.map(describePath)] as const;
      });
      if (paths.length === 0 && !isComplete)
        throw failure(
          "memory",
          `not held by the ${limit} objects that were looked at; (${name} x ${10 * limit}) goes on`,
        );
      machine.value = answer(paths.map((path) => list(path.map((text) => new Text(text)))));
    };
    table.entries.set(name, new ControlPrimitive(name, 1, 2, run));
  };
  search("why-alive", 1, ([path]) => path ?? false);
  search("all-holders", MOST_HOLDERS, list);
  table.add("namespaces", () => list([...namespaces.scopes.keys()]), 0);
  table.add("make-namespace", (name) => namespaces.ensure(toSymbol(name)), 1);
  table.add("namespace", (name) => namespaces.get(toSymbol(name)), 1);
  table.add("clear-namespace", (name) => namespaces.clear(toSymbol(name)), 1);
  table.add("get", (value, key, missing = false) => lookUp(value, key, missing), 2, 3);
  table.add("keys", (value) => list(toKeyed(value).type.fields.map((name) => keyword(name))), 1);
}

function stats({ host, namespaces, snapshots, outside }: MemorySystem): Value {
  const [heapUsed, heapTotal, external, states] = outside.perform(() => {
    const { heapUsed, heapTotal, external } = host.sample();
    return [heapUsed, heapTotal, external, snapshots()] as const;
  });
  return keyed([
    ["heap-used", orFalse(heapUsed)],
    ["heap-total", orFalse(heapTotal)],
    ["external", orFalse(external)],
    ["snapshots", states],
    ["namespaces", namespaces.scopes.size],
  ]);
}
