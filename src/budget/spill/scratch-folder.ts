/**
 * The folder of a process for what need not outlive it: one in each parent folder, for its owner alone, removed at exit. Files in
 * it lose their name as soon as they are open, so that their space is free again however the process ends. What a killed one
 * has left behind is removed by the next that uses the same parent.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isOwnerGone, ownMark } from "./owner-mark.ts";
import { reasonOf, spillFailed } from "./spill-errors.ts";

const PREFIX = "plimsoll-spill-";
const folders = new Map<string, string>();

/**
 * The process's own folder beneath `parent`.
 *
 * @param parent - Default: the system's folder for temporary files.
 * @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` when it cannot be made.
 */
export function scratchFolder(parent: string = tmpdir()): string {
  const where = resolve(parent);
  const known = folders.get(where);
  if (known !== undefined && existsSync(known)) return known;
  try {
    removeLeftovers(where);
    const made = mkdtempSync(join(where, `${PREFIX}${ownMark()}-`));
    if (folders.size === 0) process.once("exit", removeAll);
    folders.set(where, made);
    return made;
  } catch (error) {
    throw spillFailed(where, 0, reasonOf(error), error);
  }
}

function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(PREFIX) || !isOwnerGone(name.slice(PREFIX.length), false)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // another user's
    }
  }
}

function removeAll(): void {
  for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
}
