/** The nodes of a snapshot: into columns, and the places where each node's edges begin. */
import type { ColumnName, ColumnStore } from "./column-store.ts";
import { bytesAt, numbersAt, type Workspace } from "./kernels.ts";
import { PIECE_BYTES } from "./memory-plan.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import { corrupt, type SnapshotLayout } from "./snapshot-layout.ts";
import { readRows } from "./text-rows.ts";

/** What the WebAssembly function knows of a field. */
const USES: Readonly<Record<string, number>> = {
  type: 1,
  name: 2,
  id: 3,
  self_size: 4,
  edge_count: 5,
  detachedness: 6,
};
/** The shortest row is five digits and their commas. */
const ROWS_A_PIECE = PIECE_BYTES / 8;
const HIGH = 2 ** 32;

/** What is known once the nodes are read. */
export interface NodesRead {
  /** Where the section ends in the file. */
  readonly endsAt: number;
  /** Largest id. */
  readonly maxId: number;
  /** Sum of all self sizes. */
  readonly totalBytes: number;
  /** Self sizes beyond 32 bits, by node. */
  readonly largeSizes: ReadonlyMap<number, number>;
}

/**
 * Reads the nodes.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT`.
 */
export function parseNodes(
  file: SnapshotFile,
  layout: SnapshotLayout,
  workspace: Workspace,
  columns: ColumnStore,
): NodesRead {
  const { plan, functions } = workspace;
  const { nodeCount, edgeCount, nodeFields } = layout;
  bytesAt(workspace, plan.uses, nodeFields.length).set(nodeFields.map((field) => USES[field] ?? 0));
  const [types, names, ids, sizes, detached] = stagesAt(plan.predecessors);
  const table = numbersAt(workspace, plan.uses + 64, 6);
  table.set([types, names, ids, sizes, detached, plan.starts]);
  const large = numbersAt(workspace, plan.sizes, 1 + 2 * 1024);
  const largeSizes = new Map<number, number>();
  const [, taken] = [0, numbersAt(workspace, plan.result, 3)];
  let row = 0;
  let edge = 0;
  let maxId = 0;
  let totalBytes = 0;
  const stages: readonly (readonly [ColumnName, number, number])[] = [
    ["type", types, 1],
    ["name", names, 4],
    ["id", ids, 4],
    ["selfSize", sizes, 4],
    ["detached", detached, 1],
  ];
  const endsAt = readRows(
    file,
    workspace,
    layout.nodesAt,
    ({ at, end }) => {
      table[5] = plan.starts + 4 * row;
      large[0] = 0;
      const most = Math.min(ROWS_A_PIECE, nodeCount - row + 1);
      edge =
        functions.parseNodes(
          at,
          end,
          nodeFields.length,
          plan.uses,
          plan.uses + 64,
          edge,
          most,
          plan.sizes,
          plan.result,
        ) >>> 0;
      const rows = taken[1] ?? 0;
      if (row + rows > nodeCount)
        throw corrupt(file, layout.nodesAt, `there are more nodes than the ${nodeCount} in its head`);
      for (const [name, stage, width] of stages) columns.write(name, row, bytesAt(workspace, stage, rows * width));
      for (const id of numbersAt(workspace, ids, rows)) if (id > maxId) maxId = id;
      for (const size of numbersAt(workspace, sizes, rows)) totalBytes += size;
      for (let i = 0; i < (large[0] ?? 0); i++) {
        const at32 = large[1 + 2 * i] ?? 0;
        const high = (large[2 + 2 * i] ?? 0) * HIGH;
        totalBytes += high;
        largeSizes.set(row + at32, high + (numbersAt(workspace, sizes, rows)[at32] ?? 0));
      }
      row += rows;
    },
    () => `its nodes, after ${row} of ${nodeCount}`,
  );
  if (row !== nodeCount) throw corrupt(file, endsAt, `its nodes end after ${row} of ${nodeCount}`);
  if (edge !== edgeCount) throw corrupt(file, endsAt, `its nodes have ${edge} edges, its head says ${edgeCount}`);
  numbersAt(workspace, plan.starts, nodeCount + 1)[nodeCount] = edge;
  columns.write("start", 0, bytesAt(workspace, plan.starts, 4 * nodeCount));
  return { endsAt, maxId, totalBytes, largeSizes };
}

/** Columns of one piece: type, name, id, self size, detached. */
function stagesAt(base: number): [number, number, number, number, number] {
  const wide = 4 * ROWS_A_PIECE;
  return [
    base,
    base + ROWS_A_PIECE,
    base + ROWS_A_PIECE + wide,
    base + ROWS_A_PIECE + 2 * wide,
    base + ROWS_A_PIECE + 3 * wide,
  ];
}
