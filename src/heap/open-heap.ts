/** Opens a heap snapshot: parse, graph, dominators, retained sizes, in seconds and in about half of the file's size. */
import { availableParallelism } from "node:os";
import { formatBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import { buildGraph, predictBytes } from "./build-graph.ts";
import { ColumnStore } from "./column-store.ts";
import { EdgeRows } from "./edge-rows.ts";
import type { HeapGraph } from "./heap-graph.ts";
import { openWorkspace } from "./kernels.ts";
import { LocationTable } from "./location-table.ts";
import { type EdgeShares, parseEdges, parseEdgesBeside, strengthenGlobals } from "./parse-edges.ts";
import { parseNodes } from "./parse-nodes.ts";
import { SecondThread } from "./second-thread.ts";
import { openSidecar, writeSidecar } from "./sidecar-graph.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { SnapshotGraph } from "./snapshot-graph.ts";
import { corrupt, readLayout } from "./snapshot-layout.ts";
import { StringTable } from "./string-table.ts";
import { weakenTableEntries } from "./weak-map-entries.ts";

/** From this size on the second thread is worth its start. */
const LEAST_BYTES_BESIDE = 64 * 1024 * 1024;

/** A stage of opening, in order. */
export type OpenStage = "nodes" | "edges" | "strings" | "graph";

/** How a snapshot is opened. */
export interface OpenHeapOptions {
  /** Most memory that the opening may use. Default: no bound. */
  readonly maxMemoryBytes?: number;
  /** Told when a stage begins. Default: nobody is. */
  readonly onProgress?: (stage: OpenStage) => void;
  /**
   * What is done with the file beside it, `FILE.plimsoll`, that makes opening it again fast: `use` it where it belongs to the
   * snapshot as it is now, `write` it too where there is none, or `ignore` it. Default: `use`.
   */
  readonly sidecar?: "use" | "write" | "ignore";
  /** Threads that work at once. Default: 2 for files of 64 MiB and more where there are two cores, else 1. */
  readonly threads?: 1 | 2;
}

/**
 * Opens a snapshot file, as `v8.writeHeapSnapshot`, DevTools or `plimsoll heap capture` write it, also in its compact form. The thread is busy meanwhile.
 *
 * @param path - of the file.
 * @returns a graph that holds the file open until it is disposed of.
 * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT` with the place and what was read; `ERR_PLIMSOLL_OVER_LIMIT` when it would need
 * more than `maxMemoryBytes`. The system's error when the file cannot be opened.
 */
export function openHeap(path: string, options: OpenHeapOptions = {}): HeapGraph {
  const inFull = (): HeapGraph => openInFull(path, options);
  return (options.sidecar === "ignore" ? undefined : openSidecar(path, inFull)) ?? inFull();
}

/** Opens a snapshot without its sidecar. @param shares - how two threads share the edges, for tests. */
export function openInFull(path: string, options: OpenHeapOptions, shares?: EdgeShares): HeapGraph {
  const file = new SnapshotFile(path);
  let columns: ColumnStore | undefined;
  let thread: SecondThread | undefined;
  let readBeside: ReturnType<typeof parseEdgesBeside>;
  try {
    const layout = readLayout(file);
    const { nodeCount, edgeCount } = layout;
    assertFits(path, predictBytes(nodeCount, edgeCount), options.maxMemoryBytes);
    const workspace = openWorkspace(nodeCount, edgeCount);
    if (!file.isCompact && (options.threads ?? threadsFor(file)) === 2) thread = new SecondThread(workspace);
    readBeside = thread && parseEdgesBeside(file, layout, workspace, thread, shares);
    columns = new ColumnStore(nodeCount, path);
    options.onProgress?.("nodes");
    const { endsAt, maxId, totalBytes, largeSizes } = parseNodes(file, layout, workspace, columns);
    options.onProgress?.("edges");
    const edgesAt = startOfEdges(file, endsAt);
    const readRest = readBeside;
    readBeside = undefined;
    const edges = readRest?.(edgesAt) ?? parseEdges(file, layout, workspace, edgesAt);
    const edgeRows = new EdgeRows(file, layout, edges.marks);
    strengthenGlobals(workspace, edgeRows);
    options.onProgress?.("strings");
    const strings = StringTable.find(file, workspace, edges.endsAt);
    const store = columns;
    weakenTableEntries(workspace, nodeCount, strings, (node) => store.numbers("id", node, 1)[0] ?? 0);
    options.onProgress?.("graph");
    const places = buildGraph(workspace, nodeCount, columns, largeSizes, thread);
    const locations = new LocationTable(file, layout, edges.endsAt);
    const graph = new SnapshotGraph({
      file,
      layout,
      columns,
      places,
      strings,
      edgeRows,
      locations,
      maxId,
      totalBytes,
      largeSizes,
    });
    if (options.sidecar === "write") {
      const starts = columns.numbers("start", 0, nodeCount);
      const cameFrom = columns.numbers("cameFrom", 0, nodeCount);
      writeSidecar({
        path,
        graph,
        nodeTypes: layout.nodeTypes,
        startOf: (node) => starts[node] ?? 0,
        cameFrom: (node) => cameFrom[node] ?? 0,
        marks: edges.marks,
        stringPlaces: strings.places,
        edgesEndAt: edges.endsAt,
      });
    }
    return graph;
  } catch (error) {
    readBeside?.(undefined);
    file[Symbol.dispose]();
    columns?.[Symbol.dispose]();
    throw error;
  } finally {
    thread?.[Symbol.dispose]();
  }
}

function threadsFor(file: SnapshotFile): 1 | 2 {
  return file.sizeBytes >= LEAST_BYTES_BESIDE && availableParallelism() >= 2 ? 2 : 1;
}

function startOfEdges(file: SnapshotFile, nodesEnd: number): number {
  const pattern = '"edges":[';
  const at = file.find(pattern, nodesEnd, nodesEnd + 64);
  if (at === undefined) throw corrupt(file, nodesEnd, "its nodes were read, but no edges follow them");
  return at + pattern.length;
}

function assertFits(path: string, neededBytes: number, maxBytes: number = Number.POSITIVE_INFINITY): void {
  if (neededBytes <= maxBytes) return;
  throw new PlimsollError(
    "ERR_PLIMSOLL_OVER_LIMIT",
    `Opening ${path} takes up to ${formatBytes(neededBytes)}, more than the ${formatBytes(maxBytes)} allowed. Allow more (--max-memory), or open it on another machine.`,
    { details: { path, neededBytes, maxBytes } },
  );
}
