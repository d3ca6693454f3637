/**
 * A folder of a store that outlives the process: for its owner alone, and for one process of this machine at a time. A mark left
 * by a process that is dead, or by another machine or container, does not count: where several share the disk, each needs a
 * folder of its own.
 */
import { closeSync, fsync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { isOwnerGone, ownMark } from "./owner-mark.ts";
import { reasonOf, spillClosed, spillFailed } from "./spill-errors.ts";

const sync = promisify(fsync);

/** The folder, held until disposed. */
export class DurableFolder implements Disposable {
  /** Absolute. */
  readonly path: string;
  readonly #mark: string;

  /**
   * @throws PlimsollError `ERR_PLIMSOLL_SPILL_CLOSED` when a running process holds it, `ERR_PLIMSOLL_SPILL_FAILED` when it cannot be made.
   */
  constructor(path: string) {
    this.path = resolve(path);
    this.#mark = join(this.path, "owner");
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw spillFailed(this.path, 0, reasonOf(error), error);
    }
    try {
      writeFileSync(this.#mark, ownMark(), { flag: "wx", mode: 0o600 });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        throw spillFailed(this.#mark, 0, reasonOf(error), error);
      }
      const owner = readFileSync(this.#mark, "utf8");
      if (!isOwnerGone(owner, true)) throw spillClosed(this.path, `is in use by process ${owner.split("-")[1] ?? "?"}`);
      writeFileSync(this.#mark, ownMark(), { mode: 0o600 });
    }
  }

  /** Waits until the names of new files are on the disk. */
  async sync(): Promise<void> {
    const descriptor = openSync(this.path, "r");
    try {
      await sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Lets others have it. */
  [Symbol.dispose](): void {
    rmSync(this.#mark, { force: true });
  }
}
