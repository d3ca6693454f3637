/**
 * Makes the graph of a step: what the newest state is made of, what compaction writes keyframes from, and what two
 * states are compared by.
 */
import type { Header } from "./cell-codec.ts";
import type { Awaitable } from "./driver.ts";
import { EMPTY, GraphNode, type SlotValue } from "./graph-node.ts";
import { SlotReader } from "./slot-reader.ts";
import type { Slices } from "./turn.ts";
import type { Version } from "./version.ts";

/**
 * Every container of a step, by the cells of their headers.
 *
 * @param slices - gives the event loop its turn. Default: it gets none while nothing is waited for.
 */
export async function readGraph(version: Version, slices?: Slices): Promise<Map<number, GraphNode>> {
  const nodes = new Map<number, GraphNode>();
  const queue: GraphNode[] = [];
  const reader = new SlotReader(version, true, slices);
  const make = (id: number, { kind, runs }: Header): GraphNode => {
    const node = new GraphNode(id, kind);
    node.runs = runs.map(({ start, capacity, firstSlot }) => ({ start: start + id, capacity, firstSlot }));
    nodes.set(id, node);
    queue.push(node);
    return node;
  };
  const refer = (id: number): Awaitable<GraphNode> => {
    const known = nodes.get(id);
    if (known) return known;
    const header = reader.header(id);
    return header instanceof Promise ? header.then((header) => make(id, header)) : make(id, header);
  };
  await refer(0);
  for (let node = queue.pop(); node; node = queue.pop()) {
    const { keyed, valued, runs, capacity } = node;
    if (keyed) node.keys = new Array<SlotValue>(capacity);
    if (valued) node.values = new Array<SlotValue>(capacity);
    for (const { start, capacity, firstSlot } of runs) {
      const keys = keyed ? reader.read(start, capacity, node.keys, firstSlot, refer) : undefined;
      if (keys instanceof Promise) await keys;
      const from = start + (keyed ? capacity : 0);
      const values = valued ? reader.read(from, capacity, node.values, firstSlot, refer) : undefined;
      if (values instanceof Promise) await values;
    }
    trim(node);
  }
  return nodes;
}

/** Drops the slots that were reserved and never used, and the values of deleted keys. */
function trim(node: GraphNode): void {
  const { keys, values } = node;
  if (node.keyed) {
    let used = keys.length;
    while (used > 0 && keys[used - 1] === EMPTY) used--;
    keys.length = used;
    if (node.valued) values.length = used;
    for (let slot = 0; slot < used; slot++) {
      if (keys[slot] !== EMPTY) node.live++;
      else if (node.valued) values[slot] = EMPTY;
    }
  } else {
    let used = values.length;
    while (used > 0 && values[used - 1] === EMPTY) used--;
    values.length = used;
  }
}
