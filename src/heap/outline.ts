/**
 * The tree of dominators cut down to what a page can show: what is large stays with its children, the rest is summed.
 * The area of an object is what would go with it.
 */
import { className } from "./class-name.ts";
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";

/** Nodes in an outline at most; the page stays below its size whatever the heap. */
const MOST_NODES = 400;
const MOST_CHILDREN = 24;
const MOST_DEPTH = 12;
/** Less than this share of the heap is part of the rest. */
const LEAST_SHARE = 0.002;
/** A step from an object to its only large child says nothing by itself; this share counts as only. */
const PASSING_SHARE = 0.98;

/** An object, or a kind of V8's own, with what it keeps alive. */
export interface OutlineNode {
  /** Class, function name or kind. */
  readonly what: string;
  /** Its id in the snapshot. */
  readonly id: number;
  /** Bytes that would go with it. */
  readonly retainedBytes: number;
  /** The largest that it dominates. What is missing to `retainedBytes` is its own size and many small ones. */
  readonly children: readonly OutlineNode[];
}

interface Draft {
  readonly node: NodeIndex;
  readonly depth: number;
  readonly children: Draft[];
}

/** Outlines a heap. */
export function outlineHeap(graph: HeapGraph): OutlineNode {
  const least = graph.totalBytes * LEAST_SHARE;
  const children = largeChildren(graph, least);
  const root: Draft = { node: 0, depth: 0, children: [] };
  // The largest first, so that the bound on the number cuts the smallest.
  const open = [root];
  let count = 1;
  while (open.length > 0 && count < MOST_NODES) {
    open.sort((one, other) => graph.retainedSize(other.node) - graph.retainedSize(one.node));
    const draft = open.shift();
    if (!draft || draft.depth >= MOST_DEPTH) continue;
    for (const child of (children.get(draft.node) ?? []).slice(0, MOST_CHILDREN)) {
      const below = { node: passOver(graph, child, children), depth: draft.depth + 1, children: [] };
      draft.children.push(below);
      open.push(below);
      count++;
    }
  }
  return finish(graph, root);
}

/** Every object with its large children in the tree of dominators, largest first. */
function largeChildren(graph: HeapGraph, leastBytes: number): Map<NodeIndex, NodeIndex[]> {
  const children = new Map<NodeIndex, NodeIndex[]>();
  for (let node = 1; node < graph.nodeCount; node++) {
    if (graph.retainedSize(node) < leastBytes) continue;
    const dominator = graph.dominator(node);
    if (dominator === undefined) continue;
    const known = children.get(dominator);
    if (known) known.push(node);
    else children.set(dominator, [node]);
  }
  for (const list of children.values()) list.sort((one, other) => graph.retainedSize(other) - graph.retainedSize(one));
  return children;
}

/** V8's own inner objects that only lead on, such as the table below a Map, are passed over. */
function passOver(
  graph: HeapGraph,
  from: NodeIndex,
  children: ReadonlyMap<NodeIndex, readonly NodeIndex[]>,
): NodeIndex {
  let node = from;
  for (;;) {
    const [only, ...more] = children.get(node) ?? [];
    const isInner = /^(array|hidden|synthetic|code|object shape)$/.test(graph.type(node));
    if (!isInner || only === undefined || more.length > 0) return node;
    if (graph.retainedSize(only) < PASSING_SHARE * graph.retainedSize(node)) return node;
    node = only;
  }
}

function finish(graph: HeapGraph, { node, children }: Draft): OutlineNode {
  return {
    what: node === 0 ? "(heap)" : className(graph, node).slice(0, 60),
    id: graph.id(node),
    retainedBytes: graph.retainedSize(node),
    children: children.map((child) => finish(graph, child)),
  };
}
