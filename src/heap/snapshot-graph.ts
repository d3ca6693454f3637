/** A snapshot file that was opened: columns in memory, names and references read from the file when asked for. */
import type { ColumnStore } from "./column-store.ts";
import type { GraphPlaces } from "./build-graph.ts";
import { describeEdge, type EdgeRows } from "./edge-rows.ts";
import type { HeapEdge, HeapGraph, HeapLocation, NodeIndex } from "./heap-graph.ts";
import { type LocationTable } from "./location-table.ts";
import { IdIndex } from "./id-index.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import type { SnapshotLayout } from "./snapshot-layout.ts";
import type { StringTable } from "./string-table.ts";

/** What a graph is made of. */
export interface SnapshotParts {
  /** Open as long as the graph is. */
  readonly file: SnapshotFile;
  /** Of the file. */
  readonly layout: SnapshotLayout;
  /** Columns by node. */
  readonly columns: ColumnStore;
  /** The structure. */
  readonly places: GraphPlaces;
  /** Of the file. */
  readonly strings: StringTable;
  /** Of the file. */
  readonly edgeRows: EdgeRows;
  /** Of the file. */
  readonly locations: LocationTable;
  /** Largest id. */
  readonly maxId: number;
  /** Sum of all self sizes. */
  readonly totalBytes: number;
  /** Self sizes beyond 32 bits. */
  readonly largeSizes: ReadonlyMap<number, number>;
}

/** See {@link HeapGraph}. */
export class SnapshotGraph implements HeapGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly totalBytes: number;
  readonly maxId: number;
  readonly externalBytes?: number;
  readonly #parts: SnapshotParts;
  #types: Uint8Array | undefined;
  #names: Uint32Array | undefined;
  #ids: Uint32Array | undefined;
  #byId: IdIndex | undefined;
  #sizes: Uint32Array | undefined;

  constructor(parts: SnapshotParts) {
    const { layout } = parts;
    this.#parts = parts;
    this.nodeCount = layout.nodeCount;
    this.edgeCount = layout.edgeCount;
    this.maxId = parts.maxId;
    if (layout.externalBytes !== undefined) this.externalBytes = layout.externalBytes;
    this.totalBytes = parts.totalBytes;
  }

  type(node: NodeIndex): string {
    if (!this.#types) this.#parts.columns.readInto("type", 0, (this.#types = new Uint8Array(this.nodeCount)));
    return this.#parts.layout.nodeTypes[this.#types[node] ?? -1] ?? "unknown";
  }

  name(node: NodeIndex): string {
    return this.#parts.strings.text(this.nameIndex(node));
  }

  nameIndex(node: NodeIndex): number {
    this.#names ??= this.#load("name");
    return this.#names[node] ?? 0;
  }

  id(node: NodeIndex): number {
    this.#ids ??= this.#load("id");
    return this.#ids[node] ?? 0;
  }

  nodeWithId(id: number): NodeIndex | undefined {
    this.#byId ??= new IdIndex(this.nodeCount, (node) => this.id(node));
    return this.#byId.find(id);
  }

  selfSize(node: NodeIndex): number {
    const { largeSizes } = this.#parts;
    this.#sizes ??= this.#load("selfSize");
    const size = this.#sizes[node] ?? 0;
    return largeSizes.size > 0 ? (largeSizes.get(node) ?? size) : size;
  }

  retainedSize(node: NodeIndex): number {
    const { numberOf, retained } = this.#parts.places;
    const number = numberOf[node] ?? 0;
    return number === 0 ? this.selfSize(node) : (retained[number] ?? 0);
  }

  isReachable(node: NodeIndex): boolean {
    return (this.#parts.places.numberOf[node] ?? 0) > 0;
  }

  isDetached(node: NodeIndex): boolean {
    const byte = new Uint8Array(1);
    this.#parts.columns.readInto("detached", node, byte);
    // 0 is unknown, 1 attached, 2 detached.
    return byte[0] === 2;
  }

  dominator(node: NodeIndex): NodeIndex | undefined {
    const { numberOf, nodeOf, dominators } = this.#parts.places;
    const number = numberOf[node] ?? 0;
    return number <= 1 ? undefined : nodeOf[dominators[number] ?? 0];
  }

  *edges(node: NodeIndex): Generator<HeapEdge> {
    const { columns, edgeRows, strings } = this.#parts;
    const isLast = node + 1 >= this.nodeCount;
    const [start = 0, next = this.edgeCount] = columns.numbers("start", node, isLast ? 1 : 2);
    for (const row of edgeRows.read(start, next)) yield describeEdge(row, node, strings);
  }

  *retainers(node: NodeIndex): Generator<HeapEdge> {
    const { numberOf, nodeOf, first, predecessors } = this.#parts.places;
    const number = numberOf[node] ?? 0;
    if (number === 0) return;
    let last = -1;
    for (let at = first[number] ?? 0; at < (first[number + 1] ?? 0); at++) {
      const from = nodeOf[predecessors[at] ?? 0] ?? 0;
      // An object that refers twice stands there twice, in a row; all its references come at once.
      if (from === last) continue;
      last = from;
      for (const edge of this.#edgesTo(from, node)) yield edge;
    }
  }

  pathFromRoot(node: NodeIndex): readonly HeapEdge[] {
    const path: HeapEdge[] = [];
    if (!this.isReachable(node)) return path;
    for (let to = node; to !== 0;) {
      const [from = 0] = this.#parts.columns.numbers("cameFrom", to, 1);
      const [edge] = this.#edgesTo(from, to);
      if (!edge) break;
      path.push(edge);
      to = from;
    }
    return path.reverse();
  }

  location(node: NodeIndex): HeapLocation | undefined {
    return this.#parts.locations.of(node);
  }

  [Symbol.dispose](): void {
    this.#parts.file[Symbol.dispose]();
    this.#parts.columns[Symbol.dispose]();
  }

  /** Columns are read when asked for: many a question needs none of them. */
  #load(column: "name" | "id" | "selfSize"): Uint32Array {
    return this.#parts.columns.numbers(column, 0, this.nodeCount);
  }

  /** The references between two objects that keep alive. */
  *#edgesTo(from: NodeIndex, to: NodeIndex): Generator<HeapEdge> {
    const { columns, edgeRows, strings } = this.#parts;
    const [start = 0, next = this.edgeCount] = columns.numbers("start", from, from + 1 < this.nodeCount ? 2 : 1);
    for (const row of edgeRows.read(start, next)) {
      if (row.to === to && row.type !== "weak" && (row.type !== "shortcut" || from === 0))
        yield describeEdge(row, from, strings);
    }
  }
}
