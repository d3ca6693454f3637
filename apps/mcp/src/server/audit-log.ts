/**
 * Who asked what, when, with which outcome: one JSON line a call, readable by the owner only, with handles and process ids alone. Of
 * two files of 4 MB the older one goes.
 */
import { appendFileSync, chmodSync, renameSync, statSync } from "node:fs";

const MOST_BYTES = 4_000_000;
/** Arguments that are no data of anybody. */
const SHOWN = new Set(["watch", "pid", "snapshot", "first", "between", "last", "object", "confirm", "cursor"]);

/** One call. */
export interface AuditEntry {
  /** `stdio`, or the HTTP session's number. */
  readonly session: string;
  readonly tool: string;
  readonly args: unknown;
  readonly outcome: "answered" | "refused" | "cancelled" | "failed";
  readonly ms: number;
  readonly bytes: number;
}

/** Writes the log. A full disk stops no call. */
export class AuditLog {
  readonly #file: string;

  /** @param file - its path. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Notes a call. */
  note({ session, tool, args, ...rest }: AuditEntry): void {
    const shown = Object.entries(typeof args === "object" && args !== null ? args : {}).filter(
      ([key, value]) => SHOWN.has(key) && /^[\w.:-]{1,40}$/.test(String(value)),
    );
    const line = JSON.stringify({
      time: new Date().toISOString(),
      session,
      // A tool that does not exist may have any name.
      tool: /^\w{1,40}$/.test(tool) ? tool : "?",
      args: Object.fromEntries(shown),
      ...rest,
      ms: Math.round(rest.ms),
    });
    try {
      this.#rotate();
      appendFileSync(this.#file, `${line}\n`, { mode: 0o600 });
    } catch {
      // Told by the operator's own monitoring of the disk.
    }
  }

  #rotate(): void {
    const found = statSync(this.#file, { throwIfNoEntry: false });
    if (!found) return;
    if ((found.mode & 0o077) !== 0) chmodSync(this.#file, 0o600);
    if (found.size > MOST_BYTES) renameSync(this.#file, `${this.#file}.old`);
  }
}
