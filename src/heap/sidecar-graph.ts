/**
 * A snapshot that was opened before: everything that took time then lies in its sidecar. References and names are read from the
 * snapshot itself. Who refers to an object is not in the sidecar: the first question opens the snapshot in full.
 */
import { describeEdge, EdgeRows } from "./edge-rows.ts";
import type { HeapEdge, HeapGraph, HeapLocation, NodeIndex } from "./heap-graph.ts";
import { LocationTable } from "./location-table.ts";
import { IdIndex } from "./id-index.ts";
import { LazyColumn } from "./sidecar-column.ts";
import { fingerprintOf, readDirectory, type SidecarDirectory, SidecarWriter } from "./sidecar-file.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { readLayout, type SnapshotLayout } from "./snapshot-layout.ts";
import { StringTable } from "./string-table.ts";

/** What is written: a graph, and what only its maker knows. */
export interface SidecarSource {
  /** Of the snapshot. */
  readonly path: string;
  /** Opened in full. */
  readonly graph: HeapGraph;
  /** Types by number. */
  readonly nodeTypes: readonly string[];
  /** Where each node's references begin. */
  readonly startOf: (node: NodeIndex) => number;
  /** The node before each on a shortest path from the root. */
  readonly cameFrom: (node: NodeIndex) => NodeIndex;
  /** See {@link EdgeRows}. */
  readonly marks: Float64Array;
  /** Where each string begins in the file. */
  readonly stringPlaces: Float64Array;
  /** Where the references end in the file. */
  readonly edgesEndAt: number;
}

/** Where the sidecar of a snapshot lies. */
export function sidecarPath(path: string): string {
  return `${path}.plimsoll`;
}

/**
 * Writes the sidecar of a snapshot.
 *
 * @throws the system's error when it cannot be written beside the snapshot.
 */
export function writeSidecar(source: SidecarSource): void {
  const { graph, nodeTypes, marks, stringPlaces } = source;
  const { nodeCount } = graph;
  using writer = new SidecarWriter(sidecarPath(source.path));
  const numbers = new Map(nodeTypes.map((type, number) => [type, number]));
  const each =
    (value: (node: NodeIndex) => number) =>
    (row: number, count: number): Float64Array => {
      const values = new Float64Array(count);
      for (let nth = 0; nth < count; nth++) values[nth] = value(row + nth);
      return values;
    };
  const slice =
    (values: Float64Array) =>
    (row: number, count: number): Float64Array =>
      values.subarray(row, row + count);
  writer.add(
    "type",
    "plain",
    nodeCount,
    each((node) => numbers.get(graph.type(node)) ?? 0),
  );
  writer.add(
    "state",
    "plain",
    nodeCount,
    each((node) => (graph.isReachable(node) ? 1 : 0) + (graph.isDetached(node) ? 2 : 0)),
  );
  writer.add(
    "name",
    "plain",
    nodeCount,
    each((node) => graph.nameIndex(node)),
  );
  writer.add(
    "id",
    "difference",
    nodeCount,
    each((node) => graph.id(node)),
  );
  writer.add(
    "size",
    "plain",
    nodeCount,
    each((node) => graph.selfSize(node)),
  );
  // Most objects retain themselves alone.
  writer.add(
    "kept",
    "plain",
    nodeCount,
    each((node) => graph.retainedSize(node) - graph.selfSize(node)),
  );
  writer.add(
    "dominator",
    "from-row",
    nodeCount,
    each((node) => graph.dominator(node) ?? node),
  );
  writer.add("start", "difference", nodeCount, each(source.startOf));
  writer.add(
    "cameFrom",
    "from-row",
    nodeCount,
    each((node) => (graph.isReachable(node) ? source.cameFrom(node) : node)),
  );
  writer.add("mark", "difference", marks.length, slice(marks));
  writer.add("string", "difference", stringPlaces.length, slice(stringPlaces));
  const { edgeCount, totalBytes, maxId } = graph;
  writer.finish(fingerprintOf(source.path), { edgeCount, totalBytes, maxId, edgesEndAt: source.edgesEndAt });
}

/**
 * Opens a snapshot by its sidecar.
 *
 * @param openInFull - opens it without.
 * @returns `undefined` when there is no sidecar that belongs to the snapshot as it is now.
 */
export function openSidecar(path: string, openInFull: () => HeapGraph): HeapGraph | undefined {
  const directory = readDirectory(sidecarPath(path), fingerprintOf(path));
  return directory === undefined ? undefined : new SidecarGraph(path, directory, openInFull);
}

/** See {@link HeapGraph}. */
class SidecarGraph implements HeapGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly totalBytes: number;
  readonly maxId: number;
  readonly externalBytes?: number;
  readonly #file: SnapshotFile;
  readonly #sidecar: SnapshotFile;
  readonly #directory: SidecarDirectory;
  readonly #columns = new Map<string, LazyColumn>();
  readonly #layout: SnapshotLayout;
  readonly #locations: LocationTable;
  readonly #openInFull: () => HeapGraph;
  #edgeRows: EdgeRows | undefined;
  #strings: StringTable | undefined;
  #full: HeapGraph | undefined;
  #byId: IdIndex | undefined;

  constructor(path: string, directory: SidecarDirectory, openInFull: () => HeapGraph) {
    const { edgeCount = 0, totalBytes = 0, maxId = 0, edgesEndAt = 0 } = directory.figures;
    this.#file = new SnapshotFile(path);
    this.#sidecar = new SnapshotFile(sidecarPath(path));
    this.#directory = directory;
    this.#openInFull = openInFull;
    this.#layout = readLayout(this.#file);
    this.#locations = new LocationTable(this.#file, this.#layout, edgesEndAt);
    this.nodeCount = this.#layout.nodeCount;
    [this.edgeCount, this.totalBytes, this.maxId] = [edgeCount, totalBytes, maxId];
    if (this.#layout.externalBytes !== undefined) this.externalBytes = this.#layout.externalBytes;
  }

  type(node: NodeIndex): string {
    return this.#layout.nodeTypes[this.#column("type").at(node)] ?? "unknown";
  }

  name(node: NodeIndex): string {
    return this.#texts().text(this.nameIndex(node));
  }

  nameIndex(node: NodeIndex): number {
    return this.#column("name").at(node);
  }

  id(node: NodeIndex): number {
    return this.#column("id").at(node);
  }

  nodeWithId(id: number): NodeIndex | undefined {
    this.#byId ??= new IdIndex(this.nodeCount, (node) => this.id(node));
    return this.#byId.find(id);
  }

  selfSize(node: NodeIndex): number {
    return this.#column("size").at(node);
  }

  retainedSize(node: NodeIndex): number {
    return this.selfSize(node) + this.#column("kept").at(node);
  }

  isReachable(node: NodeIndex): boolean {
    return this.#column("state").at(node) % 2 === 1;
  }

  isDetached(node: NodeIndex): boolean {
    return this.#column("state").at(node) >= 2;
  }

  dominator(node: NodeIndex): NodeIndex | undefined {
    const dominator = this.#column("dominator").at(node);
    return dominator === node ? undefined : dominator;
  }

  *edges(node: NodeIndex): Generator<HeapEdge> {
    const starts = this.#column("start");
    const end = node + 1 < this.nodeCount ? starts.at(node + 1) : this.edgeCount;
    this.#edgeRows ??= new EdgeRows(this.#file, this.#layout, this.#column("mark").all());
    for (const row of this.#edgeRows.read(starts.at(node), end)) yield describeEdge(row, node, this.#texts());
  }

  retainers(node: NodeIndex): Iterable<HeapEdge> {
    this.#full ??= this.#openInFull();
    return this.#full.retainers(node);
  }

  pathFromRoot(node: NodeIndex): readonly HeapEdge[] {
    const path: HeapEdge[] = [];
    if (!this.isReachable(node)) return path;
    for (let to = node; to !== 0;) {
      const from = this.#column("cameFrom").at(to);
      const edge = this.#keepingEdge(from, to);
      if (!edge) break;
      path.push(edge);
      to = from;
    }
    return path.reverse();
  }

  location(node: NodeIndex): HeapLocation | undefined {
    return this.#locations.of(node);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
    this.#sidecar[Symbol.dispose]();
    this.#full?.[Symbol.dispose]();
  }

  #keepingEdge(from: NodeIndex, to: NodeIndex): HeapEdge | undefined {
    for (const edge of this.edges(from)) {
      if (edge.to === to && edge.type !== "weak" && (edge.type !== "shortcut" || from === 0)) return edge;
    }
    return undefined;
  }

  #texts(): StringTable {
    return (this.#strings ??= StringTable.at(this.#file, this.#column("string").all()));
  }

  #column(name: string): LazyColumn {
    let column = this.#columns.get(name);
    if (!column) {
      column = new LazyColumn(this.#sidecar, this.#directory.columns[name] ?? { form: "plain", rows: 0, places: [] });
      this.#columns.set(name, column);
    }
    return column;
  }
}
