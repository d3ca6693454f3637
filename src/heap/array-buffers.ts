/**
 * Array buffers with the bytes that lie outside of the JavaScript heap. A small Buffer may keep a large one: the bytes
 * belong to the ArrayBuffer below it, and V8 notes them as a node of their own.
 */
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";

/** One array buffer. */
export interface ArrayBufferSize {
  /** Its id. */
  readonly id: number;
  /** Bytes outside of the heap. */
  readonly outsideBytes: number;
  /** Views of it, such as Buffers: several may share its bytes. */
  readonly viewCount: number;
}

/** All array buffers together. */
export interface ArrayBufferTotals {
  /** How many there are. */
  readonly count: number;
  /** Their bytes outside of the heap. */
  readonly outsideBytes: number;
  /** The largest, largest first. */
  readonly largest: readonly ArrayBufferSize[];
}

const DATA = "system / JSArrayBufferData";

/**
 * Adds up the array buffers.
 *
 * @param limit - of the largest. Default: 20.
 */
export function measureArrayBuffers(graph: HeapGraph, limit = 20): ArrayBufferTotals {
  const data: NodeIndex[] = [];
  const isData = new Map<number, boolean>();
  let outsideBytes = 0;
  let count = 0;
  for (let node = 1; node < graph.nodeCount; node += 1) {
    if (graph.type(node) !== "native" || !graph.isReachable(node)) continue;
    const name = graph.nameIndex(node);
    let matches = isData.get(name);
    if (matches === undefined) isData.set(name, (matches = graph.name(node) === DATA));
    if (!matches) continue;
    count += 1;
    outsideBytes += graph.selfSize(node);
    insert(data, node, limit, (one) => graph.selfSize(one));
  }
  return { count, outsideBytes, largest: data.map((node) => describe(graph, node)) };
}

function insert(best: NodeIndex[], node: NodeIndex, limit: number, sizeOf: (node: NodeIndex) => number): void {
  if (best.length >= limit && sizeOf(node) <= sizeOf(best.at(-1) ?? node)) return;
  const place = best.findIndex((other) => sizeOf(other) < sizeOf(node));
  best.splice(place < 0 ? best.length : place, 0, node);
  if (best.length > limit) best.pop();
}

function describe(graph: HeapGraph, data: NodeIndex): ArrayBufferSize {
  let owner = data;
  for (const { from, type } of graph.retainers(data)) {
    if (type === "internal" && graph.type(from) === "object") owner = from;
  }
  const views = new Set<NodeIndex>();
  for (const { from, name } of graph.retainers(owner)) if (name === "buffer") views.add(from);
  return { id: graph.id(owner), outsideBytes: graph.selfSize(data), viewCount: views.size };
}
