/**
 * The ids of a snapshot alone: all that a comparison needs of the older one. An object whose id is not among
 * them came to be later. No graph is made.
 */
import { ColumnStore } from "./column-store.ts";
import type { HeapIds } from "./growers.ts";
import { IdIndex } from "./id-index.ts";
import { openWorkspace } from "./kernels.ts";
import { parseNodes } from "./parse-nodes.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { readLayout } from "./snapshot-layout.ts";

/**
 * Reads the ids of a snapshot file.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT`; the system's error when the file cannot be opened.
 */
export function readHeapIds(path: string): HeapIds {
  using file = new SnapshotFile(path);
  const layout = readLayout(file);
  using columns = new ColumnStore(layout.nodeCount, path);
  // The workspace reserves addresses for the edges; what is not touched takes no memory.
  const { maxId } = parseNodes(file, layout, openWorkspace(layout.nodeCount, layout.edgeCount), columns);
  // Not one bit an id: what Node itself adds has ids near 2^32.
  const ids = columns.numbers("id", 0, layout.nodeCount);
  const index = new IdIndex(layout.nodeCount, (node) => ids[node] ?? 0);
  return { maxId, has: (id) => index.find(id) !== undefined };
}
