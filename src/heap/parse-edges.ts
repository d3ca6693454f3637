/**
 * The edges of a snapshot: only where they lead. Their names are read again when somebody asks. With a second thread they are
 * read from both ends: it begins at the end while this one still reads nodes, and blocks of rows are claimed until none is left.
 */
import { type EdgeRows, ROWS_A_MARK } from "./edge-rows.ts";
import { bytesAt, numbersAt, type Workspace } from "./kernels.ts";
import { nameRoom, PIECE_BYTES, RARE_ROOM } from "./memory-plan.ts";
import type { SecondThread } from "./second-thread.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import { corrupt, type SnapshotLayout } from "./snapshot-layout.ts";
import { readRows } from "./text-rows.ts";

/** Set in a target that keeps nothing alive. */
export const WEAK = 0x80000000;
/** Follows the edges in every version. */
const BEHIND_EDGES = '"trace_function_infos":[';
const CLOSING = 0x5d;

/** What is known once the edges are read. */
export interface EdgesRead {
  /** Where the section ends in the file. */
  readonly endsAt: number;
  /** Where each {@link ROWS_A_MARK}th row begins in the file. */
  readonly marks: Float64Array;
}

/** How the work is shared, for tests. */
export interface EdgeShares {
  /** Rows that are claimed together; divides {@link ROWS_A_MARK}. */
  readonly rowsAClaim: number;
  /** Bytes that the second thread reads at once. */
  readonly pieceBytes: number;
  /** Claims that are this thread's; the others are the second's. Default: whoever comes first. */
  readonly claimsHere?: number;
}

const SHARES: EdgeShares = { rowsAClaim: ROWS_A_MARK, pieceBytes: PIECE_BYTES };

/**
 * Reads the edges.
 *
 * @param from - where the first row begins in the file.
 * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT`.
 */
export function parseEdges(file: SnapshotFile, layout: SnapshotLayout, workspace: Workspace, from: number): EdgesRead {
  const marks = new Float64Array(markCount(layout));
  numbersAt(workspace, workspace.plan.rare, 2).set([0, RARE_ROOM]);
  numbersAt(workspace, workspace.plan.besideRare, 2).set([0, RARE_ROOM]);
  const { endsAt, row } = readForward(file, layout, workspace, from, marks, ROWS_A_MARK, () => true);
  if (row !== layout.edgeCount) throw corrupt(file, endsAt, `its edges end after ${row} of ${layout.edgeCount}`);
  return { endsAt, marks };
}

/**
 * Begins to read the edges from their end, on the second thread.
 *
 * @returns reads the rest, from their start; nothing when the two do not meet, so that they must be read again. Without the
 * start it gives up. Undefined when the end of the edges is not where it is expected.
 */
export function parseEdgesBeside(
  file: SnapshotFile,
  layout: SnapshotLayout,
  workspace: Workspace,
  thread: SecondThread,
  { rowsAClaim, pieceBytes, claimsHere }: EdgeShares = SHARES,
): ((from: number | undefined) => EdgesRead | undefined) | undefined {
  const { plan } = workspace;
  const { nodeCount, edgeCount } = layout;
  const end = findEnd(file);
  if (end === undefined) return undefined;
  const marks = new Float64Array(new SharedArrayBuffer(8 * markCount(layout)));
  const met = new Float64Array(new SharedArrayBuffer(16));
  const blocks = Math.ceil(edgeCount / rowsAClaim);
  const claims = new Int32Array(new SharedArrayBuffer(claimsHere === undefined ? 4 : 8));
  claims.set(claimsHere === undefined ? [blocks] : [claimsHere, blocks - claimsHere]);
  numbersAt(workspace, plan.rare, 2).set([0, RARE_ROOM]);
  numbersAt(workspace, plan.besideRare, 2).set([0, RARE_ROOM]);
  const isDone = thread.run("edges", {
    descriptor: file.descriptor,
    from: layout.nodesAt,
    end,
    rows: edgeCount,
    rowsAClaim,
    rowsAMark: ROWS_A_MARK,
    claims,
    marks,
    met,
    text: plan.besideText,
    pieceBytes,
    parameters: parametersOf(layout),
    targets: plan.targets,
    rest: [plan.nameUses, nameRoom(nodeCount, edgeCount), plan.besideRare],
    result: plan.besideResult,
  });
  return (from) => {
    const giveUp = (): undefined => {
      claims.fill(0);
      isDone();
      bytesAt(workspace, plan.nameUses, nameRoom(nodeCount, edgeCount)).fill(0);
      return undefined;
    };
    if (from === undefined) return giveUp();
    let forward: { endsAt: number; row: number };
    try {
      forward = readForward(file, layout, workspace, from, marks, rowsAClaim, () => Atomics.sub(claims, 0, 1) > 0);
    } catch {
      // One thread alone reads it again, and tells what is wrong and where.
      return giveUp();
    }
    const { row, endsAt } = forward;
    const isMet = row === edgeCount ? endsAt === end : undefined;
    if (isDone() && (isMet ?? (met[0] === row && met[1] === endsAt))) return { endsAt: end, marks };
    return giveUp();
  };
}

/** Lets the root's shortcuts count: they mark the user's own globals. */
export function strengthenGlobals(workspace: Workspace, rows: EdgeRows): void {
  const { plan } = workspace;
  const rootEnd = numbersAt(workspace, plan.starts, 2)[1] ?? 0;
  const targets = numbersAt(workspace, plan.targets, rootEnd);
  let edge = 0;
  for (const { type, to } of rows.read(0, rootEnd)) {
    if (type === "shortcut") targets[edge] = to;
    edge++;
  }
}

function markCount({ edgeCount }: SnapshotLayout): number {
  return Math.ceil(edgeCount / ROWS_A_MARK) + 1;
}

function parametersOf({ nodeCount, nodeFields, edgeTypes }: SnapshotLayout): number[] {
  const types = ["weak", "shortcut", "internal"].map((name) => edgeTypes.indexOf(name) >>> 0);
  return [nodeCount, nodeFields.length, ...types];
}

/** From the first row on, until the section ends or a claim is refused. */
function readForward(
  file: SnapshotFile,
  layout: SnapshotLayout,
  workspace: Workspace,
  from: number,
  marks: Float64Array,
  rowsAClaim: number,
  claim: () => boolean,
): { endsAt: number; row: number } {
  const { plan, functions } = workspace;
  const { nodeCount, edgeCount } = layout;
  const taken = numbersAt(workspace, plan.result, 3);
  const parameters = parametersOf(layout);
  const rest = [plan.nameUses, nameRoom(nodeCount, edgeCount), plan.rare, plan.result];
  let row = 0;
  let claimed = 0;
  const endsAt = readRows(
    file,
    workspace,
    from,
    ({ at, end, fileAt }) => {
      if (row === claimed && row < edgeCount) {
        if (!claim()) {
          taken.set([at, 0, 1]);
          return;
        }
        claimed = Math.min(edgeCount, row + rowsAClaim);
      }
      if (row % ROWS_A_MARK === 0) marks[row / ROWS_A_MARK] = fileAt;
      if (row > edgeCount) throw corrupt(file, fileAt, `there are more edges than the ${edgeCount} in its head`);
      // One too many to notice that there are more.
      const most = row === edgeCount ? 1 : claimed - row;
      functions.parseEdgesForward(at, end, ...parameters, plan.targets + 4 * row, row, most, ...rest);
      row += taken[1] ?? 0;
    },
    () => `its edges, after ${row} of ${edgeCount}`,
  );
  return { endsAt, row };
}

/** Where the bracket behind the edges stands. No string can look like the field behind it: its quotes would be escaped. */
function findEnd(file: SnapshotFile): number | undefined {
  const behind = file.findLast(BEHIND_EDGES);
  if (behind === undefined) return undefined;
  const before = file.read(Math.max(0, behind - 8), Math.min(8, behind));
  const place = before.lastIndexOf(CLOSING);
  return place < 0 || !/^\]\s*,\s*$/.test(before.toString("latin1", place))
    ? undefined
    : behind - before.length + place;
}
