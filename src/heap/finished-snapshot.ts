/**
 * A snapshot file is there whole or not at all: it is written under another name, readable by its owner only, looked at,
 * and renamed. V8's file ends with the strings and closes the object; one that was cut off, by a full disk or a kill, does not.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { dirname } from "node:path";
import { formatBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";

const TAIL_BYTES = 16;
const LEAST_BYTES = 1000;

/**
 * Makes sure that a file of this size can be written.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_CAPTURE_REFUSED` when the disk has no room, or the file is there already.
 */
export function checkRoom(file: string, bytes: number): void {
  if (existsSync(file)) {
    throw new PlimsollError("ERR_PLIMSOLL_CAPTURE_REFUSED", `${file} is there already: choose another name.`, {
      details: { file, reason: "exists" },
    });
  }
  let freeBytes: number;
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    freeBytes = bavail * bsize;
  } catch (cause) {
    throw new PlimsollError("ERR_PLIMSOLL_UNWRITABLE", `${dirname(file)} is no folder that can be written.`, { cause });
  }
  if (freeBytes >= bytes) return;
  throw new PlimsollError(
    "ERR_PLIMSOLL_CAPTURE_REFUSED",
    `The snapshot may take ${formatBytes(bytes)}, but the disk of ${dirname(file)} has ${formatBytes(freeBytes)} left. Choose another folder.`,
    { details: { file, fileBytes: bytes, freeBytes, reason: "disk" } },
  );
}

/** Where it is written first. */
export function partialName(file: string): string {
  return `${file}.partial`;
}

/**
 * Gives a written file its name.
 *
 * @returns its size in bytes.
 * @throws PlimsollError `ERR_PLIMSOLL_CAPTURE_FAILED` when it is not whole; it is removed then.
 */
export function finishSnapshot(file: string): number {
  const partial = partialName(file);
  try {
    const bytes = checkWhole(partial);
    chmodSync(partial, 0o600);
    renameSync(partial, file);
    return bytes;
  } catch (cause) {
    throw failSnapshot(file, cause);
  }
}

/** Removes what was written so far, and says why there is no more. */
export function failSnapshot(file: string, cause: unknown): PlimsollError {
  rmSync(partialName(file), { force: true });
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `The capture failed, and what was written of ${file} was removed: ${why}`;
  return new PlimsollError("ERR_PLIMSOLL_CAPTURE_FAILED", message, { details: { file }, cause });
}

function checkWhole(file: string): number {
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const tail = Buffer.alloc(TAIL_BYTES);
    readSync(descriptor, tail, 0, TAIL_BYTES, Math.max(0, size - TAIL_BYTES));
    if (size < LEAST_BYTES || !/\]\s*\}\s*\0*$/.test(tail.toString("latin1"))) {
      throw new Error(`only ${size.toLocaleString("en")} bytes of it arrived. Is the disk full?`);
    }
    return size;
  } finally {
    closeSync(descriptor);
  }
}
