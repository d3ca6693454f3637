/**
 * Makes a program's values again from the store's graph: shared references are shared, cycles are cycles.
 * It uses a work list, so depth costs no stack.
 */
import { EMPTY, GraphNode, type SlotValue } from "./graph-node.ts";
import { KIND, viewType } from "./kind.ts";

/** The value of a slot. */
export function toValue(slot: SlotValue): unknown {
  const made = new Map<GraphNode, object>();
  const queue: GraphNode[] = [];
  const value = (slot: SlotValue): unknown => {
    if (typeof slot !== "object" || !(slot instanceof GraphNode)) return slot === EMPTY ? undefined : slot;
    let shell = made.get(slot);
    if (!shell) {
      shell = make(slot, value);
      made.set(slot, shell);
      queue.push(slot);
    }
    return shell;
  };
  const result = value(slot);
  for (let node = queue.pop(); node; node = queue.pop()) fill(node, made.get(node), value);
  return result;
}

/** The container, empty where it can be filled later. */
function make(node: GraphNode, value: (slot: SlotValue) => unknown): object {
  const { kind, values } = node;
  switch (kind) {
    case KIND.object:
      return {};
    case KIND.bareObject:
      return Object.create(null) as object;
    case KIND.array:
    case KIND.sparseArray:
      return [];
    case KIND.map:
      return new Map();
    case KIND.set:
      return new Set();
    case KIND.date:
      return new Date(values[0] as number);
    case KIND.regexp: {
      const made = new RegExp(values[0] as string, values[1] as string);
      made.lastIndex = values[2] as number;
      return made;
    }
    case KIND.buffer: {
      const bytes = new Uint8Array(values[0] as number);
      let at = 0;
      for (const chunk of values.slice(1)) {
        if (!(chunk instanceof Uint8Array)) continue;
        bytes.set(chunk, at);
        at += chunk.length;
      }
      return bytes.buffer;
    }
    case KIND.view: {
      const name = values[0] as string;
      const Type = viewType(name);
      if (!Type) throw new TypeError(`this platform has no ${name}`);
      return new Type(value(values[1]) as ArrayBuffer, values[2] as number, values[3] as number);
    }
    case KIND.root:
      throw new TypeError("the root is no value");
  }
}

function fill(node: GraphNode, made: object | undefined, value: (slot: SlotValue) => unknown): void {
  const { keys, values } = node;
  if (made instanceof Map) {
    for (let slot = 0; slot < keys.length; slot++) {
      const key = keys[slot];
      if (key !== EMPTY) made.set(value(key), value(values[slot]));
    }
  } else if (made instanceof Set) {
    for (const key of keys) if (key !== EMPTY) made.add(value(key));
  } else if (node.kind === KIND.array && Array.isArray(made)) {
    made.length = values[0] as number;
    for (let slot = 1; slot < values.length; slot++) {
      if (values[slot] !== EMPTY) made[slot - 1] = value(values[slot]);
    }
  } else if (made && node.keyed) {
    const record = made as Record<string | number, unknown>;
    for (let slot = 0; slot < keys.length; slot++) {
      const key = keys[slot];
      if (key === "__proto__") {
        Object.defineProperty(made, key, {
          value: value(values[slot]),
          writable: true,
          enumerable: true,
          configurable: true,
        });
      } else if (key !== EMPTY) {
        record[key as string | number] = value(values[slot]);
      }
    }
  }
}
