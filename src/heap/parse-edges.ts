/** The edges of a snapshot: only where they lead. Their names are read again when somebody asks. */
import { type EdgeRows, ROWS_A_MARK } from "./edge-rows.ts";
import { numbersAt, type Workspace } from "./kernels.ts";
import { nameRoom, RARE_ROOM } from "./memory-plan.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import { corrupt, type SnapshotLayout } from "./snapshot-layout.ts";
import { readRows } from "./text-rows.ts";

/** Set in a target that keeps nothing alive. */
export const WEAK = 0x80000000;

/** What is known once the edges are read. */
export interface EdgesRead {
  /** Where the section ends in the file. */
  readonly endsAt: number;
  /** Where each {@link ROWS_A_MARK}th row begins in the file. */
  readonly marks: Float64Array;
}

/**
 * Reads the edges.
 *
 * @param from - where the first row begins in the file.
 * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT`.
 */
export function parseEdges(file: SnapshotFile, layout: SnapshotLayout, workspace: Workspace, from: number): EdgesRead {
  const { plan, functions } = workspace;
  const { nodeCount, edgeCount, nodeFields, edgeTypes } = layout;
  const types = ["weak", "shortcut", "internal"].map((name) => edgeTypes.indexOf(name) >>> 0);
  const marks = new Float64Array(Math.ceil(edgeCount / ROWS_A_MARK) + 1);
  numbersAt(workspace, plan.rare, 2).set([0, RARE_ROOM]);
  const taken = numbersAt(workspace, plan.result, 3);
  let row = 0;
  const endsAt = readRows(
    file,
    workspace,
    from,
    ({ at, end, fileAt }) => {
      if (row % ROWS_A_MARK === 0) marks[row / ROWS_A_MARK] = fileAt;
      if (row > edgeCount) throw corrupt(file, fileAt, `there are more edges than the ${edgeCount} in its head`);
      // To the next mark, or one too many to notice that there are more.
      const most = Math.min(ROWS_A_MARK - (row % ROWS_A_MARK), edgeCount - row + 1);
      const numbers = [
        plan.targets + 4 * row,
        row,
        most,
        plan.nameUses,
        nameRoom(nodeCount, edgeCount),
        plan.rare,
        plan.result,
      ];
      functions.parseEdgesForward(at, end, nodeFields.length, ...types, ...numbers);
      row += taken[1] ?? 0;
    },
    () => `its edges, after ${row} of ${edgeCount}`,
  );
  if (row !== edgeCount) throw corrupt(file, endsAt, `its edges end after ${row} of ${edgeCount}`);
  return { endsAt, marks };
}

/** Checks where the edges lead, and lets the root's shortcuts count: they mark the user's own globals. */
export function settleTargets(file: SnapshotFile, layout: SnapshotLayout, workspace: Workspace, rows: EdgeRows): void {
  const { nodeCount, edgeCount } = layout;
  const { plan } = workspace;
  const targets = numbersAt(workspace, plan.targets, edgeCount);
  const rootEnd = numbersAt(workspace, plan.starts, 2)[1] ?? 0;
  let edge = 0;
  for (const { type, to } of rows.read(0, rootEnd)) {
    if (type === "shortcut") targets[edge] = to;
    edge++;
  }
  for (edge = 0; edge < edgeCount; edge++) {
    if (((targets[edge] ?? 0) & ~WEAK) >>> 0 >= nodeCount) throw corrupt(file, 0, `edge ${edge} leads to no node`);
  }
}
