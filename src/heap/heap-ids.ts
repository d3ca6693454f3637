/**
 * The ids of a snapshot alone: all that a comparison needs of the older one. An object whose id is not among
 * them came to be later. One bit an id, and no graph.
 */
import { ColumnStore } from "./column-store.ts";
import type { HeapIds } from "./growers.ts";
import { openWorkspace } from "./kernels.ts";
import { parseNodes } from "./parse-nodes.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { readLayout } from "./snapshot-layout.ts";

const PIECE = 256 * 1024;

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
  const bits = new Uint8Array((maxId >>> 3) + 1);
  for (let row = 0; row < layout.nodeCount; row += PIECE) {
    for (const id of columns.numbers("id", row, Math.min(PIECE, layout.nodeCount - row))) {
      bits[id >>> 3] = (bits[id >>> 3] ?? 0) | (1 << (id & 7));
    }
  }
  return { maxId, has: (id) => ((bits[id >>> 3] ?? 0) & (1 << (id & 7))) !== 0 };
}
