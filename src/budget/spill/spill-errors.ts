/** The errors of the stores that go to disk: what was wanted, where, and what has become of the values. */
import { formatBytes } from "../../base/bytes.ts";
import { PlimsollError } from "../../base/errors.ts";

/** A file could not be made or written. What was not written is still where it was. */
export function spillFailed(path: string, bytes: number, why: string, cause?: unknown): PlimsollError {
  const message =
    `Could not write ${formatBytes(bytes)} to ${path}: ${why}. What was not written stays in memory; ` +
    "make room there, name another folder or give a larger budget.";
  return new PlimsollError("ERR_PLIMSOLL_SPILL_FAILED", message, { details: { path, bytes }, cause });
}

/** What was read is not what was written. */
export function spillCorrupt(path: string, offset: number, why: string): PlimsollError {
  const message = `${path} is damaged at byte ${offset}: ${why}. Check the disk; the values from there on are lost.`;
  return new PlimsollError("ERR_PLIMSOLL_SPILL_CORRUPT", message, { details: { path, offset } });
}

/** Somebody uses a store that was closed, or that another process has. */
export function spillClosed(what: string, why: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_SPILL_CLOSED", `${what} ${why}.`);
}

/** The words of a failure of the system. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
