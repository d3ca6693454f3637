/**
 * A heap graph that is slow and plain: the whole file through JSON.parse, ordinary arrays, dominators by Semi-NCA
 * (Georgiadis, Linear-Time Algorithms for Dominators and Related Problems, 2005). Its own test holds it against the
 * definition of dominance. For snapshots of some megabytes; the oracle of the fast one.
 */
import { readFileSync } from "node:fs";
import type { HeapEdge, HeapGraph, NodeIndex } from "../../src/heap/heap-graph.ts";

/** The parts of a `.heapsnapshot` file that are used here. */
export interface SnapshotFile {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly (readonly string[] | string)[];
      readonly edge_fields: readonly string[];
      readonly edge_types: readonly (readonly string[] | string)[];
      readonly location_fields?: readonly string[];
    };
    readonly node_count: number;
    readonly edge_count: number;
    readonly extra_native_bytes?: number;
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly locations?: readonly number[];
  readonly strings: readonly string[];
}

/** An edge of a WeakMap's entry: the value lives while its key and its table do. */
const EPHEMERON = /^\d+ \/ part of key .* pair in WeakMap \(table @(\d+)\)$/s;
const MAX_NAME = 1024;
const NONE = -1;

/** Reads a file. */
export function readReferenceGraph(path: string): ReferenceGraph {
  return new ReferenceGraph(JSON.parse(readFileSync(path, "utf8")) as SnapshotFile);
}

/** See {@link HeapGraph}; every column is an ordinary array. */
export class ReferenceGraph implements HeapGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly totalBytes: number;
  readonly externalBytes?: number;
  readonly maxId: number;
  readonly #strings: readonly string[];
  readonly #types: string[] = [];
  readonly #names: number[] = [];
  readonly #ids: number[] = [];
  readonly #sizes: number[] = [];
  readonly #detached: boolean[] = [];
  readonly #out: HeapEdge[][] = [];
  readonly #in: HeapEdge[][] = [];
  readonly #byId = new Map<number, NodeIndex>();
  readonly #idom: NodeIndex[];
  readonly #retained: number[];
  readonly #locations = new Map<NodeIndex, { scriptId: number; line: number; column: number }>();
  #cameBy: (HeapEdge | undefined)[] | undefined;

  constructor(file: SnapshotFile) {
    const { meta, extra_native_bytes: externalBytes } = file.snapshot;
    const { node_fields: nodeFields, edge_fields: edgeFields } = meta;
    const [nodeTypes, edgeTypes] = [listed(meta.node_types[0]), listed(meta.edge_types[0])];
    this.#strings = file.strings;
    if (externalBytes !== undefined) this.externalBytes = externalBytes;
    const field = (row: number, name: string): number => file.nodes[row + nodeFields.indexOf(name)] ?? 0;
    const edgeField = (row: number, name: string): number => file.edges[row + edgeFields.indexOf(name)] ?? 0;

    const edgeCounts: number[] = [];
    for (let row = 0; row < file.nodes.length; row += nodeFields.length) {
      this.#byId.set(field(row, "id"), this.#types.length);
      this.#types.push(nodeTypes[field(row, "type")] ?? "unknown");
      this.#names.push(field(row, "name"));
      this.#ids.push(field(row, "id"));
      this.#sizes.push(field(row, "self_size"));
      this.#detached.push(nodeFields.includes("detachedness") && field(row, "detachedness") === 2);
      edgeCounts.push(field(row, "edge_count"));
      this.#out.push([]);
      this.#in.push([]);
    }
    this.nodeCount = this.#types.length;
    this.edgeCount = file.edges.length / edgeFields.length;
    this.totalBytes = this.#sizes.reduce((sum, size) => sum + size, 0);
    this.maxId = this.#ids.reduce((most, id) => Math.max(most, id), 0);

    let row = 0;
    for (const [from, count] of edgeCounts.entries()) {
      for (let nth = 0; nth < count; nth += 1, row += edgeFields.length) {
        const type = (edgeTypes[edgeField(row, "type")] ?? "internal") as HeapEdge["type"];
        const value = edgeField(row, "name_or_index");
        const name = type === "element" || type === "hidden" ? value : (file.strings[value] ?? "").slice(0, MAX_NAME);
        const edge: HeapEdge = { type, name, from, to: edgeField(row, "to_node") / nodeFields.length };
        this.#out[from]?.push(edge);
        this.#in[edge.to]?.push(edge);
      }
    }
    const place = meta.location_fields ?? [];
    const locations = file.locations ?? [];
    for (let at = 0; at < locations.length; at += place.length) {
      const [object, scriptId, line, column] = locations.slice(at, at + 4);
      this.#locations.set((object ?? 0) / nodeFields.length, {
        scriptId: scriptId ?? 0,
        line: line ?? 0,
        column: column ?? 0,
      });
    }
    const { order, parent } = this.#preorder();
    this.#idom = this.#dominators(order, parent);
    this.#retained = this.#retainedSizes(order);
  }

  type(node: NodeIndex): string {
    return at(this.#types, node);
  }

  name(node: NodeIndex): string {
    return (this.#strings[at(this.#names, node)] ?? "").slice(0, MAX_NAME);
  }

  nameIndex(node: NodeIndex): number {
    return at(this.#names, node);
  }

  id(node: NodeIndex): number {
    return at(this.#ids, node);
  }

  nodeWithId(id: number): NodeIndex | undefined {
    return this.#byId.get(id);
  }

  selfSize(node: NodeIndex): number {
    return at(this.#sizes, node);
  }

  retainedSize(node: NodeIndex): number {
    return at(this.#retained, node);
  }

  isReachable(node: NodeIndex): boolean {
    return at(this.#idom, node) !== NONE;
  }

  isDetached(node: NodeIndex): boolean {
    return at(this.#detached, node);
  }

  dominator(node: NodeIndex): NodeIndex | undefined {
    const dominator = at(this.#idom, node);
    return node === 0 || dominator === NONE ? undefined : dominator;
  }

  edges(node: NodeIndex): readonly HeapEdge[] {
    return at(this.#out, node);
  }

  retainers(node: NodeIndex): readonly HeapEdge[] {
    return at(this.#in, node);
  }

  location(node: NodeIndex): { scriptId: number; line: number; column: number } | undefined {
    return this.#locations.get(node);
  }

  pathFromRoot(node: NodeIndex): readonly HeapEdge[] {
    this.#cameBy ??= this.#shortestPaths();
    const path: HeapEdge[] = [];
    for (let edge = this.#cameBy[node]; edge; edge = this.#cameBy[edge.from]) path.unshift(edge);
    return path;
  }

  /** True where an edge keeps its target alive: what reachability, dominators and paths go by. */
  isEssential({ type, name, from }: HeapEdge): boolean {
    if (type === "weak") return false;
    if (type === "shortcut") return from === 0;
    const table = type === "internal" ? EPHEMERON.exec(String(name))?.[1] : undefined;
    return table === undefined || Number(table) !== this.id(from);
  }

  [Symbol.dispose](): void {}

  /** Breadth first, from the global objects before anything else. */
  #shortestPaths(): (HeapEdge | undefined)[] {
    const cameBy: (HeapEdge | undefined)[] = Array.from({ length: this.nodeCount }, () => undefined);
    const walk = (first: readonly HeapEdge[]): void => {
      const queue = [...first];
      for (let next = 0; next < queue.length; next += 1) {
        const edge = queue[next];
        if (!edge || edge.to === 0 || cameBy[edge.to] || !this.isEssential(edge)) continue;
        cameBy[edge.to] = edge;
        for (const on of this.edges(edge.to)) queue.push(on);
      }
    };
    const roots = this.edges(0);
    walk(roots.filter(({ type }) => type === "shortcut"));
    walk(roots);
    return cameBy;
  }

  /** Depth first from the root: reachable nodes in the order in which they are found, and the parent of each. */
  #preorder(): { order: NodeIndex[]; parent: NodeIndex[] } {
    const order: NodeIndex[] = [0];
    const parent: NodeIndex[] = [];
    parent[0] = 0;
    const stack: { node: NodeIndex; next: number }[] = [{ node: 0, next: 0 }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = this.edges(top.node)[top.next];
      top.next += 1;
      if (!edge) {
        stack.pop();
      } else if (this.isEssential(edge) && parent[edge.to] === undefined) {
        parent[edge.to] = edge.from;
        order.push(edge.to);
        stack.push({ node: edge.to, next: 0 });
      }
    }
    return { order, parent };
  }

  /** Semi-NCA: semidominators with path compression, then the nearest common ancestor of each with its parent. */
  #dominators(order: readonly NodeIndex[], parents: readonly NodeIndex[]): NodeIndex[] {
    const rank: number[] = [];
    for (const [index, node] of order.entries()) rank[node] = index;
    const parent = order.map((node) => at(rank, at(parents, node)));
    const ancestor = [...parent];
    const semi = order.map((_, index) => index);
    const label = [...semi];
    const evaluate = (start: number, last: number): number => {
      const path: number[] = [];
      for (let one = start; one > last; one = at(ancestor, one)) path.push(one);
      let best = Number.POSITIVE_INFINITY;
      for (const one of path.reverse()) {
        best = Math.min(best, at(label, one));
        label[one] = best;
        ancestor[one] = at(ancestor, path[0] ?? one);
      }
      return best;
    };
    for (let index = order.length - 1; index > 0; index -= 1) {
      let least = at(parent, index);
      for (const edge of this.retainers(at(order, index))) {
        const from = rank[edge.from];
        if (from === undefined || !this.isEssential(edge)) continue;
        least = Math.min(least, from <= index ? from : evaluate(from, index));
      }
      semi[index] = least;
      label[index] = least;
    }
    const found: NodeIndex[] = Array.from({ length: this.nodeCount }, () => NONE);
    const idom = [...parent];
    found[0] = 0;
    for (let index = 1; index < order.length; index += 1) {
      let one = at(parent, index);
      while (one > at(semi, index)) one = at(idom, one);
      idom[index] = one;
      found[at(order, index)] = at(order, one);
    }
    return found;
  }

  #retainedSizes(order: readonly NodeIndex[]): number[] {
    const retained = [...this.#sizes];
    for (const node of [...order].reverse()) {
      if (node === 0) continue;
      const dominator = at(this.#idom, node);
      retained[dominator] = at(retained, dominator) + at(retained, node);
    }
    return retained;
  }
}

function listed(types: readonly string[] | string | undefined): readonly string[] {
  return Array.isArray(types) ? (types as readonly string[]) : [];
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`the snapshot has no entry ${index}`);
  return value;
}
