/**
 * Goes through a section of rows piece by piece. What a piece ends within is carried to the front of the next, so that the
 * functions that read numbers need no memory of their own.
 */
import { bytesAt, numbersAt, type Workspace } from "./kernels.ts";
import { CARRY_BYTES, PIECE_BYTES } from "./memory-plan.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import { corrupt } from "./snapshot-layout.ts";

/** One call on a piece of text. */
export interface PieceOfText {
  /** Address of its first byte. */
  readonly at: number;
  /** Address behind its last byte. */
  readonly end: number;
  /** Where its first byte stands in the file. */
  readonly fileAt: number;
}

/**
 * Goes through a section.
 *
 * @param from - where its first row begins in the file.
 * @param take - handles a piece, and leaves its result at `plan.result`; called again until it takes nothing more of it.
 * @param describe - what had been read, for the error.
 * @returns where the section's end stands in the file.
 * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT`.
 */
export function readRows(
  file: SnapshotFile,
  workspace: Workspace,
  from: number,
  take: (piece: PieceOfText) => void,
  describe: () => string,
): number {
  const { text, result } = workspace.plan;
  const results = numbersAt(workspace, result, 3);
  const room = bytesAt(workspace, text, CARRY_BYTES + PIECE_BYTES + 1);
  let carried = 0;
  let fileAt = from;
  for (;;) {
    const read = file.readInto(room.subarray(CARRY_BYTES, CARRY_BYTES + PIECE_BYTES), fileAt + carried);
    if (read === 0) throw corrupt(file, fileAt + carried, `it ends within ${describe()}`);
    let at = text + CARRY_BYTES - carried;
    const end = text + CARRY_BYTES + read;
    room[CARRY_BYTES + read] = 0;
    for (;;) {
      take({ at, end, fileAt });
      const [next = at, rows = 0, state = 0] = results;
      fileAt += next - at;
      at = next;
      if (state === 1) return fileAt;
      if (state === 3) throw corrupt(file, fileAt, `a reference to no node within ${describe()}`);
      if (state === 2) throw corrupt(file, fileAt, `an unexpected byte within ${describe()}`);
      if (rows === 0) break;
    }
    carried = end - at;
    if (carried > CARRY_BYTES) throw corrupt(file, fileAt, `a row too long within ${describe()}`);
    room.copyWithin(CARRY_BYTES - carried, at - text, end - text);
  }
}
