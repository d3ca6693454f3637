/**
 * Functions by where they stand in the source, with what their closures keep: many closures of one function, or few
 * that keep much, are how callbacks leak. A context that several closures share counts for none of them alone.
 */
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";
import { placeOfFunction, type SourcePlace } from "./source-place.ts";

/** All closures of one function. */
export interface ClosureGroup {
  /** Where the function stands. Default: its script is not told. */
  readonly place?: SourcePlace;
  /** Its name. */
  readonly name: string;
  /** Closures of it. */
  readonly count: number;
  /** Bytes that would go with them. */
  readonly retainedBytes: number;
  /** Id of one of them. */
  readonly exampleId: number;
}

/**
 * Groups the program's closures by function; those of V8 and Node are left out.
 *
 * @param limit - Default: 20.
 */
export function findClosures(graph: HeapGraph, limit = 20): ClosureGroup[] {
  const groups = new Map<string, { node: NodeIndex; count: number; retainedBytes: number }>();
  for (let node = 1; node < graph.nodeCount; node += 1) {
    if (graph.type(node) !== "closure" || !graph.isReachable(node)) continue;
    const at = graph.location(node);
    if (!at) continue;
    const key = `${at.scriptId}:${at.line}:${at.column}`;
    const group = groups.get(key);
    if (!group) groups.set(key, { node, count: 1, retainedBytes: graph.retainedSize(node) });
    else {
      group.count += 1;
      group.retainedBytes += graph.retainedSize(node);
    }
  }
  const found: ClosureGroup[] = [];
  for (const group of [...groups.values()].sort((one, other) => other.retainedBytes - one.retainedBytes)) {
    if (found.length >= limit) break;
    const place = placeOfFunction(graph, group.node);
    if (place?.isInternal === true) continue;
    const { count, retainedBytes, node } = group;
    const name = graph.name(node) || "(anonymous)";
    found.push({ ...(place ? { place } : {}), name, count, retainedBytes, exampleId: graph.id(node) });
  }
  return found;
}
