/**
 * The head of a heap snapshot: how many nodes and edges, which fields a row has and in which order. It
 * differs between versions of Node, so nothing about it is taken for granted but the names.
 */
import { PlimsollError } from "../base/errors.ts";
import type { SnapshotFile } from "./snapshot-file.ts";

const FIRST_READ = 64 * 1024;
const LARGEST_HEAD = 1024 * 1024;
const NODES = '"nodes":[';

/** What the head of a snapshot says. */
export interface SnapshotLayout {
  /** Rows of nodes. */
  readonly nodeCount: number;
  /** Rows of edges. */
  readonly edgeCount: number;
  /** Fields of a node row, in order. */
  readonly nodeFields: readonly string[];
  /** Names of the node types, by number. */
  readonly nodeTypes: readonly string[];
  /** Fields of an edge row, in order. */
  readonly edgeFields: readonly string[];
  /** Names of the edge types, by number. */
  readonly edgeTypes: readonly string[];
  /** Fields of a location. Default: empty, when there are none. */
  readonly locationFields: readonly string[];
  /** Bytes outside of the heap that the head names. Default: not named. */
  readonly externalBytes: number | undefined;
  /** Where the first node row begins. */
  readonly nodesAt: number;
}

/**
 * Reads the head.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT` when there is none, or none of a known shape.
 */
export function readLayout(file: SnapshotFile): SnapshotLayout {
  if (file.sizeBytes === 0) throw corrupt(file, 0, "the file is empty: its capture failed");
  for (let size = FIRST_READ; ; size *= 4) {
    const text = file.read(0, Math.min(size, LARGEST_HEAD)).toString("latin1");
    const at = text.indexOf(NODES);
    if (at >= 0) return parseHead(file, text.slice(0, at), at + NODES.length);
    if (!/^\s*\{\s*"snapshot"/.test(text)) throw corrupt(file, 0, "it does not begin like a V8 heap snapshot");
    if (size >= LARGEST_HEAD || size >= file.sizeBytes)
      throw corrupt(file, Math.min(size, file.sizeBytes), "it ends within its head");
  }
}

function parseHead(file: SnapshotFile, text: string, nodesAt: number): SnapshotLayout {
  let head: unknown;
  try {
    head = JSON.parse(`${text.replace(/,\s*$/, "")}}`);
  } catch (cause) {
    throw corrupt(file, 0, "its head is not valid JSON", cause);
  }
  const snapshot = record(record(head)?.["snapshot"]);
  const meta = record(snapshot?.["meta"]);
  const layout = {
    nodeCount: count(snapshot?.["node_count"]),
    edgeCount: count(snapshot?.["edge_count"]),
    nodeFields: words(meta?.["node_fields"]),
    nodeTypes: words(list(meta?.["node_types"])[0]),
    edgeFields: words(meta?.["edge_fields"]),
    edgeTypes: words(list(meta?.["edge_types"])[0]),
    locationFields: words(meta?.["location_fields"]),
    externalBytes: typeof snapshot?.["extra_native_bytes"] === "number" ? snapshot["extra_native_bytes"] : undefined,
    nodesAt,
  };
  const needed = ["type", "name", "id", "self_size", "edge_count"];
  const lacking = needed.filter((field) => !layout.nodeFields.includes(field));
  if (lacking.length > 0) throw corrupt(file, 0, `its nodes lack ${lacking.join(", ")}: this layout is not known`);
  if (layout.edgeFields.join() !== "type,name_or_index,to_node") {
    throw corrupt(
      file,
      0,
      `its edges have the fields ${layout.edgeFields.join(", ") || "none"}: this layout is not known`,
    );
  }
  const { nodeCount, edgeCount } = layout;
  if (nodeCount === undefined || edgeCount === undefined || nodeCount === 0)
    throw corrupt(file, 0, "its head names no nodes");
  return { ...layout, nodeCount, edgeCount };
}

/** The error for a file that cannot be read to its end. */
export function corrupt(file: SnapshotFile, offset: number, what: string, cause?: unknown): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_SNAPSHOT_CORRUPT",
    `${file.path} cannot be read as a heap snapshot at byte ${offset} of ${file.sizeBytes}: ${what}. Capture it again.`,
    { cause, details: { path: file.path, offset, sizeBytes: file.sizeBytes } },
  );
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function words(value: unknown): string[] {
  return list(value).filter((word) => typeof word === "string");
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31 ? value : undefined;
}
