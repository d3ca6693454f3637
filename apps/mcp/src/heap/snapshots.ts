/**
 * Snapshot files by handle, within a bound on the disk: the least recently used goes, and with it its file, if the server has written it.
 * A snapshot holds every string of its program, so that none is kept longer than the server lives.
 */
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { BoundedMap } from "plimsoll/budget";
import { refuse } from "../answer/refuse.ts";

const DISK = "4gb";
/** The first number is that of the server that wrote it. */
const OWN_NAME = /^heap-(\d+)-\d+-\d+\.heapsnapshot(\.\w+)?$/;
const SUFFIX = /\.(heapsnapshot|compact)$/;

/** A snapshot file. */
export interface Snapshot {
  readonly id: string;
  readonly file: string;
  readonly fileBytes: number;
  /** Of the program; absent for a file that somebody else has written. */
  readonly pid?: number;
  readonly takenMs: number;
}

/** Keeps snapshots. */
export class Snapshots implements Disposable {
  readonly #own = new Set<string>();
  readonly #kept = new BoundedMap<string, Snapshot>({
    memory: DISK,
    name: "snapshots",
    sizeOf: ({ fileBytes }) => fileBytes,
    onEvict: (_id, snapshot) => this.#remove(snapshot),
  });
  readonly #dir: string;
  #ids: readonly string[] = [];
  #lastId = 0;

  /** @param dir - where the server writes; what killed servers have left there is removed. */
  constructor(dir: string) {
    this.#dir = dir;
    for (const name of readdirSync(dir)) {
      const server = OWN_NAME.exec(name)?.[1];
      if (server !== undefined && !existsSync(`/proc/${server}`)) rmSync(join(dir, name), { force: true });
    }
  }

  /** A path for a new snapshot of a process. */
  newFile(pid: number): string {
    return join(this.#dir, `heap-${process.pid}-${pid}-${Date.now()}.heapsnapshot`);
  }

  /** All that are kept, oldest first. */
  list(): readonly Snapshot[] {
    this.#ids = this.#ids.filter((id) => this.#kept.has(id));
    return this.#ids.flatMap((id) => this.#kept.get(id) ?? []);
  }

  /**
   * Finds one.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when there is none.
   */
  get(id: string): Snapshot {
    const found = this.#kept.get(id);
    if (found) return found;
    const known =
      this.list()
        .map((one) => one.id)
        .join(", ") || "none";
    throw refuse(
      `There is no snapshot "${id.slice(0, 20)}" (there are: ${known}).`,
      'capture_heap {"watch":"w1"} takes one.',
    );
  }

  /** Takes in a file that the server has written. */
  add(file: string, pid: number): Snapshot {
    this.#own.add(file);
    return this.#keep({ file, fileBytes: statSync(file).size, pid, takenMs: Date.now() });
  }

  /**
   * Takes in a file of somebody else, which is never removed.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when it is not there, another user's, or no snapshot by its name.
   */
  open(file: string): Snapshot {
    const found = SUFFIX.test(file) ? statSync(file, { throwIfNoEntry: false }) : undefined;
    if (!found?.isFile() || found.uid !== process.geteuid?.()) {
      throw refuse(
        "That is no snapshot file of this user: its name must end with .heapsnapshot or .compact.",
        "plimsoll heap capture PID writes one; capture_heap does it here.",
      );
    }
    return this.#keep({ file, fileBytes: found.size, takenMs: Math.round(found.mtimeMs) });
  }

  /** Forgets one, with its file where the server has written it. */
  drop(snapshot: Snapshot): void {
    this.#kept.delete(snapshot.id);
    this.#remove(snapshot);
  }

  /** Forgets all. */
  [Symbol.dispose](): void {
    for (const snapshot of this.list()) this.drop(snapshot);
  }

  #keep(snapshot: Omit<Snapshot, "id">): Snapshot {
    this.#lastId += 1;
    const kept = { ...snapshot, id: `s${this.#lastId}` };
    this.#ids = [...this.#ids, kept.id];
    if (this.#kept.set(kept.id, kept)) return kept;
    this.#remove(kept);
    throw refuse(
      `A snapshot of ${kept.fileBytes} bytes is more than the ${DISK} that may be kept.`,
      "plimsoll heap FILE opens it elsewhere.",
    );
  }

  #remove({ file }: Snapshot): void {
    if (this.#own.delete(file)) rmSync(file, { force: true });
  }
}
