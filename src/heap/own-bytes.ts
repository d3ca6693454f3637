/**
 * What belongs to a holder itself, apart from old structures that hang below it and grow on their own account: its
 * retained size less that of the children it has in the tree of dominators in both the first and the last snapshot.
 * Without this, everything above a leaking Map would seem to leak, up to the module and the global object.
 */
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";

/**
 * Measures holders in one of the snapshots.
 *
 * @param graph - in which they are measured.
 * @param ids - of the holders.
 * @param first - the first snapshot.
 * @param last - the last snapshot.
 * @param withStores - false leaves out the backing stores of collections, which grow by doubling. Default: true.
 * @returns bytes by id; 0 for a holder that is not there.
 */
export function ownBytes(
  graph: HeapGraph,
  ids: readonly number[],
  first: HeapGraph,
  last: HeapGraph,
  withStores = true,
): Map<number, number> {
  const bytes = new Map<number, number>(ids.map((id) => [id, 0]));
  const holders = new Map<NodeIndex, number>();
  for (const id of ids) {
    const node = graph.nodeWithId(id);
    if (node === undefined || !graph.isReachable(node)) continue;
    holders.set(node, id);
    bytes.set(id, graph.retainedSize(node));
  }
  for (let node = 1; node < graph.nodeCount; node += 1) {
    const dominator = graph.dominator(node);
    const holder = dominator === undefined ? undefined : holders.get(dominator);
    if (holder === undefined) continue;
    const id = graph.id(node);
    if (!withStores && graph.type(node) === "array") bytes.set(holder, (bytes.get(holder) ?? 0) - graph.selfSize(node));
    if (isChild(first, id, holder) && isChild(last, id, holder)) {
      bytes.set(holder, (bytes.get(holder) ?? 0) - graph.retainedSize(node));
    }
  }
  return bytes;
}

function isChild(graph: HeapGraph, id: number, holderId: number): boolean {
  const node = graph.nodeWithId(id);
  const dominator = node === undefined ? undefined : graph.dominator(node);
  return dominator !== undefined && graph.id(dominator) === holderId;
}
