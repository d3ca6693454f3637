/**
 * Memory as procedures of the language, in the keyword style: `(memory-stats)`, `(gc)`, `(why-alive x)`, and namespaces.
 */
import { failure, wrongType } from "../data/errors.ts";
import { isKeyed, keyed, Keyword, list, type RecordValue, Text, type Value } from "../data/values.ts";
import { keyword } from "../data/symbols.ts";
import type { MemoryHost } from "../memory/host.ts";
import type { Namespaces } from "../memory/namespaces.ts";
import { describePath, findHolder, type Root } from "../memory/why-alive.ts";
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

/** How many objects `why-alive` looks at unless it is told. */
const SEARCH_LIMIT = 2_000_000;

function toKeyed(value: Value): RecordValue {
  if (isKeyed(value)) return value;
  throw wrongType("a table of keywords", value);
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
  table.entries.set(
    "why-alive",
    new ControlPrimitive("why-alive", 1, 2, (machine, [, value, limit = SEARCH_LIMIT]) => {
      if (typeof value !== "object" || value === null) throw wrongType("a value on the heap", value);
      if (typeof limit !== "number") throw wrongType("a number of objects", limit);
      const { frame, dynamic } = machine;
      const roots = [...system.roots(), { name: "", target: frame }, { name: "", target: dynamic }];
      const found = findHolder(value, roots, limit);
      if (found.outcome === "unknown")
        throw failure(
          "memory",
          `not among the ${limit} objects that were looked at; (why-alive x ${10 * limit}) goes on`,
        );
      machine.value = found.outcome === "held" && list(describePath(found.path).map((text) => new Text(text)));
    }),
  );
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
