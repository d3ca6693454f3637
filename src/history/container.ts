/**
 * Makes the containers of a program again. Those that hold others are made empty and filled later, so that cycles
 * close; a date, a buffer and the like are made of their slots at once.
 */
import { EMPTY } from "./graph-node.ts";
import { KIND, type Kind, viewType } from "./kind.ts";

/** True for kinds that are made of their slots at once. */
export function isMadeWhole(kind: Kind): boolean {
  return kind >= KIND.date;
}

/** An empty container. */
export function makeEmpty(kind: Kind): object {
  switch (kind) {
    case KIND.bareObject:
      return Object.create(null) as object;
    case KIND.array:
    case KIND.sparseArray:
      return [];
    case KIND.map:
      return new Map();
    case KIND.set:
      return new Set();
    default:
      return {};
  }
}

/** A container that is made of its slots. */
export function makeWhole(kind: Kind, slots: readonly unknown[]): object {
  switch (kind) {
    case KIND.date:
      return new Date(slots[0] as number);
    case KIND.regexp: {
      const made = new RegExp(slots[0] as string, slots[1] as string);
      made.lastIndex = slots[2] as number;
      return made;
    }
    case KIND.buffer: {
      const bytes = new Uint8Array(slots[0] as number);
      let at = 0;
      for (const chunk of slots.slice(1)) {
        if (!(chunk instanceof Uint8Array)) continue;
        bytes.set(chunk, at);
        at += chunk.length;
      }
      return bytes.buffer;
    }
    default: {
      const name = slots[0] as string;
      const Type = viewType(name);
      if (!Type) throw new TypeError(`this platform has no ${name}`);
      return new Type(slots[1] as ArrayBuffer, slots[2] as number, slots[3] as number);
    }
  }
}

/**
 * Puts slots into a container that was made empty.
 *
 * @param firstSlot - the slot that `keys` and `values` begin with.
 */
export function fillEmpty(
  made: object,
  isSparse: boolean,
  keys: readonly unknown[],
  values: readonly unknown[],
  firstSlot: number,
  count: number,
): void {
  if (made instanceof Map) {
    for (let i = 0; i < count; i++) if (keys[i] !== EMPTY) made.set(keys[i], values[i]);
  } else if (made instanceof Set) {
    for (let i = 0; i < count; i++) if (keys[i] !== EMPTY) made.add(keys[i]);
  } else if (Array.isArray(made) && !isSparse) {
    for (let i = 0; i < count; i++) {
      if (firstSlot + i === 0) made.length = values[i] as number;
      else if (values[i] !== EMPTY) made[firstSlot + i - 1] = values[i];
    }
  } else {
    const record = made as Record<string | number, unknown>;
    for (let i = 0; i < count; i++) {
      const key = keys[i];
      if (key === EMPTY) continue;
      if (key === "__proto__") {
        Object.defineProperty(made, key, { value: values[i], writable: true, enumerable: true, configurable: true });
      } else {
        record[key as string | number] = values[i];
      }
    }
  }
}
