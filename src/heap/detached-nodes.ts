/**
 * Objects that V8 marks as detached: parts of a document that are in no document any more, in a browser's snapshots.
 * Node marks handles of its own whose JavaScript side may go; these are no leak and are left out.
 */
import { className } from "./class-name.ts";
import type { HeapGraph } from "./heap-graph.ts";

/** All detached objects of one class. */
export interface DetachedClass {
  /** Its name. */
  readonly className: string;
  /** Detached objects of it. */
  readonly count: number;
  /** Retained bytes of the largest of them: those of several may overlap. */
  readonly largestBytes: number;
  /** Id of the largest. */
  readonly largestId: number;
}

/**
 * Finds detached objects by class, the largest first.
 *
 * @param limit - Default: 20.
 */
export function findDetached(graph: HeapGraph, limit = 20): DetachedClass[] {
  const classes = new Map<string, DetachedClass>();
  for (let node = 1; node < graph.nodeCount; node += 1) {
    if (!graph.isDetached(node) || !graph.isReachable(node)) continue;
    const name = className(graph, node);
    if (name.startsWith("Node / ")) continue;
    const known = classes.get(name) ?? { className: name, count: 0, largestBytes: -1, largestId: 0 };
    const bytes = graph.retainedSize(node);
    const largest = bytes > known.largestBytes ? { largestBytes: bytes, largestId: graph.id(node) } : {};
    classes.set(name, { ...known, ...largest, count: known.count + 1 });
  }
  return [...classes.values()].sort((one, other) => other.largestBytes - one.largestBytes).slice(0, limit);
}
