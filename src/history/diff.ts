/**
 * What differs between two states, by path. Containers that stand at the same place are compared slot by
 * slot; a pair that was compared is not compared again, so cycles end.
 */
import { EMPTY, GraphNode, isSame, type SlotValue } from "./graph-node.ts";
import { KIND, type Path } from "./kind.ts";
import { toValue } from "./state-reader.ts";

/** One difference. */
export interface Change {
  /** `added`: nothing was there before; `removed`: nothing is there after. */
  readonly what: "added" | "removed" | "changed";
  /** Keys from the root. */
  readonly path: Path;
  /** The value before; `undefined` when it was added. */
  readonly before: unknown;
  /** The value after; `undefined` when it was removed. */
  readonly after: unknown;
}

/** Compares two states. */
export function diffNodes(before: GraphNode | undefined, after: GraphNode | undefined): Change[] {
  const changes: Change[] = [];
  const seen = new Map<GraphNode, Set<GraphNode>>();
  const queue: { readonly path: Path; readonly one: SlotValue; readonly other: SlotValue }[] = [
    { path: [], one: before?.values[0] ?? EMPTY, other: after?.values[0] ?? EMPTY },
  ];
  if (before) queue[0] = { path: [], one: before.values[0], other: after ? after.values[0] : EMPTY };
  else if (after) queue[0] = { path: [], one: EMPTY, other: after.values[0] };
  for (let pair = queue.shift(); pair; pair = queue.shift()) {
    const { path, one, other } = pair;
    if (one instanceof GraphNode && other instanceof GraphNode && isWalked(one) && one.kind === other.kind) {
      const met = seen.get(one) ?? new Set();
      seen.set(one, met);
      if (met.has(other)) continue;
      met.add(other);
      queue.push(...children(one, other, path));
    } else if (!isEqual(one, other)) {
      const what = one === EMPTY ? "added" : other === EMPTY ? "removed" : "changed";
      changes.push({ what, path, before: toValue(one), after: toValue(other) });
    }
  }
  return changes;
}

function isWalked({ kind }: GraphNode): boolean {
  return kind <= KIND.set;
}

function* children(
  one: GraphNode,
  other: GraphNode,
  path: Path,
): Generator<{ readonly path: Path; readonly one: SlotValue; readonly other: SlotValue }> {
  if (!one.keyed) {
    for (let slot = 1; slot < Math.max(one.used, other.used); slot++) {
      yield { path: [...path, slot - 1], one: slotOf(one, slot), other: slotOf(other, slot) };
    }
    return;
  }
  const value = (node: GraphNode, slot: number | undefined): SlotValue =>
    slot === undefined ? EMPTY : node.valued ? node.values[slot] : node.keys[slot];
  for (const [slot, key] of one.keys.entries()) {
    if (key === EMPTY) continue;
    yield { path: [...path, toValue(key)], one: value(one, slot), other: value(other, findKey(other, key)) };
  }
  for (const [slot, key] of other.keys.entries()) {
    if (key === EMPTY || findKey(one, key) !== undefined) continue;
    yield { path: [...path, toValue(key)], one: EMPTY, other: value(other, slot) };
  }
}

/** A key that is a container is the same one when it has the same cell. */
function findKey(node: GraphNode, key: SlotValue): number | undefined {
  if (!(key instanceof GraphNode)) return node.find(key);
  const slot = node.keys.findIndex((candidate) => candidate instanceof GraphNode && candidate.id === key.id);
  return slot < 0 ? undefined : slot;
}

function slotOf(node: GraphNode, slot: number): SlotValue {
  return slot < node.used ? node.values[slot] : EMPTY;
}

/** Leaves with content (dates, buffers, views) are equal when their slots are. */
function isEqual(one: SlotValue, other: SlotValue): boolean {
  if (!(one instanceof GraphNode && other instanceof GraphNode)) return isSame(one, other);
  if (one.kind !== other.kind || one.used !== other.used || isWalked(one)) return false;
  return one.values.every((value, slot) => isEqual(value, other.values[slot]));
}
