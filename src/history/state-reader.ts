/**
 * Makes a program's values again from the store's graph: shared references are shared, cycles are cycles.
 * It uses a work list, so depth costs no stack.
 */
import { fillEmpty, isMadeWhole, makeEmpty, makeWhole } from "./container.ts";
import { EMPTY, GraphNode, type SlotValue } from "./graph-node.ts";
import { KIND } from "./kind.ts";

/** The value of a slot. */
export function toValue(slot: SlotValue): unknown {
  const made = new Map<GraphNode, object>();
  const queue: GraphNode[] = [];
  const value = (slot: SlotValue): unknown => {
    if (!(slot instanceof GraphNode)) return slot;
    let container = made.get(slot);
    if (container) return container;
    const { kind } = slot;
    if (isMadeWhole(kind)) {
      container = makeWhole(kind, slot.values.map(value));
    } else {
      container = makeEmpty(kind);
      queue.push(slot);
    }
    made.set(slot, container);
    return container;
  };
  const result = value(slot);
  for (let node = queue.pop(); node; node = queue.pop()) {
    const keys = node.keys.map(value);
    fillEmpty(made.get(node) ?? {}, node.kind === KIND.sparseArray, keys, node.values.map(value), 0, node.used);
  }
  return result === EMPTY ? undefined : result;
}
