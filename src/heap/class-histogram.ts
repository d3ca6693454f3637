/**
 * Objects by class: how many there are and what they weigh by themselves. One pass, grouped by the index of the name, so
 * that each name is read once; strings, arrays and code are one class each, whatever text they hold.
 */
import { className } from "./class-name.ts";
import type { HeapGraph } from "./heap-graph.ts";

/** All objects of one class. */
export interface ClassCount {
  /** Name of the class, or the kind in brackets. */
  readonly className: string;
  /** Objects of it that can be reached. */
  readonly count: number;
  /** Their own bytes, without what they hold. */
  readonly selfBytes: number;
}

/** Types whose name is the class's name; every other type is one class. */
const NAMED = new Set(["object", "native", "hidden", "synthetic", "closure"]);

/**
 * Counts the objects of every class.
 *
 * @returns by class name; as many entries as the program has classes and named functions.
 */
export function countClasses(graph: HeapGraph): Map<string, ClassCount> {
  const rows = new Map<string, { className: string; count: number; selfBytes: number }>();
  const types = new Map<string, Map<number, { className: string; count: number; selfBytes: number }>>();
  for (let node = 1; node < graph.nodeCount; node += 1) {
    if (!graph.isReachable(node)) continue;
    const type = graph.type(node);
    const key = NAMED.has(type) ? graph.nameIndex(node) : -1;
    let ofType = types.get(type);
    if (!ofType) types.set(type, (ofType = new Map()));
    let row = ofType.get(key);
    if (!row) {
      const name = className(graph, node);
      row = rows.get(name) ?? { className: name, count: 0, selfBytes: 0 };
      rows.set(name, row);
      ofType.set(key, row);
    }
    row.count += 1;
    row.selfBytes += graph.selfSize(node);
  }
  return rows;
}

/**
 * The heaviest classes.
 *
 * @param limit - Default: 20.
 */
export function classHistogram(graph: HeapGraph, limit = 20): ClassCount[] {
  return [...countClasses(graph).values()].sort((one, other) => other.selfBytes - one.selfBytes).slice(0, limit);
}
