/** One object of a snapshot: its size, the way to it, who refers to it, what it refers to; a few lines of each. */
import { className, edgeWord } from "./class-name.ts";
import type { HeapEdge, HeapGraph, NodeIndex } from "./heap-graph.ts";

const MOST_LINES = 8;
const MOST_EDGES_READ = 20_000;

/** A neighbour of the object. */
export interface Neighbour {
  /** `property user`, `element 3`, `context variable cache`. */
  readonly how: string;
  /** Class or kind of the neighbour. */
  readonly what: string;
  /** Its id. */
  readonly id: number;
  /** What it retains, in bytes. */
  readonly retainedBytes: number;
}

/** Everything that is shown of an object. */
export interface NodeSheet {
  /** Version of this form. */
  readonly schema: "plimsoll.heap-node/1";
  /** The snapshot. */
  readonly file: string;
  /** Its id. */
  readonly id: number;
  /** Its class or kind. */
  readonly what: string;
  /** Its own bytes. */
  readonly selfBytes: number;
  /** What it retains, in bytes. */
  readonly retainedBytes: number;
  /** Share of the heap, 0..1. */
  readonly share: number;
  /** From the root, at most 12 steps. */
  readonly path: readonly Neighbour[];
  /** Who refers to it. */
  readonly retainers: readonly Neighbour[];
  /** What it refers to, largest first. */
  readonly references: readonly Neighbour[];
  /** How many there are of both in all. Bound: 20,000 of each are counted. */
  readonly counts: { readonly retainers: number; readonly references: number };
}

/** Looks at one object. Text of strings, and keys that no source would write, are never shown: they may be secrets. */
export function describeNode(graph: HeapGraph, node: NodeIndex, file: string): NodeSheet {
  const retainers = take(graph.retainers(node), (edge) => neighbour(graph, edge, edge.from));
  const references = take(graph.edges(node), (edge) => neighbour(graph, edge, edge.to));
  const path = graph.pathFromRoot(node).map((edge) => neighbour(graph, edge, edge.to));
  return {
    schema: "plimsoll.heap-node/1",
    file,
    id: graph.id(node),
    what: className(graph, node),
    selfBytes: graph.selfSize(node),
    retainedBytes: graph.retainedSize(node),
    share: graph.retainedSize(node) / graph.totalBytes,
    path: path.length > 12 ? [...path.slice(0, 5), ...path.slice(-7)] : path,
    retainers: retainers.slice(0, MOST_LINES),
    references: references.sort((a, b) => b.retainedBytes - a.retainedBytes).slice(0, MOST_LINES),
    counts: { retainers: retainers.length, references: references.length },
  };
}

function take(edges: Iterable<HeapEdge>, describe: (edge: HeapEdge) => Neighbour): Neighbour[] {
  const taken: Neighbour[] = [];
  for (const edge of edges) {
    taken.push(describe(edge));
    if (taken.length >= MOST_EDGES_READ) break;
  }
  return taken;
}

function neighbour(graph: HeapGraph, edge: HeapEdge, node: NodeIndex): Neighbour {
  const kind = edge.type === "context" ? "variable" : edge.type;
  return {
    how: `${kind} ${edgeWord(edge)}`,
    what: className(graph, node),
    id: graph.id(node),
    retainedBytes: graph.retainedSize(node),
  };
}
