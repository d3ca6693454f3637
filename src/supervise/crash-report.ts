/**
 * Node's own crash report (`--report-on-fatalerror`). Plimsoll never switches it on: it stops the dying
 * program to write a file that holds its environment and arguments. Where the user has, it names the
 * cause for certain, and costs one directory listing: of the file only the first 2 KB are read, up to
 * the event's name. The command line after it is not kept, the environment at its end never read.
 */
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

const HEAD_BYTES = 2048;

/**
 * Finds what Node's crash report of a process names as its cause, such as
 * `Allocation failed - JavaScript heap out of memory`.
 *
 * @param pid - the process.
 * @param directory - where it was written: Node's default is the working directory.
 * @returns `undefined` when there is none, or it is not one of a fatal error.
 */
export function findCrashReport(pid: number, directory: string): string | undefined {
  try {
    // report.<date>.<time>.<pid>.<thread>.<number>.json
    const pattern = new RegExp(`^report\\.\\d+\\.\\d+\\.${pid}\\.\\d+\\.\\d+\\.json$`);
    const newest = readdirSync(directory)
      .filter((name) => pattern.test(name))
      .sort()
      .at(-1);
    return newest === undefined ? undefined : readCause(join(directory, newest));
  } catch {
    // A directory that cannot be read holds no report for us.
    return undefined;
  }
}

function readCause(file: string): string | undefined {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const head = buffer.toString("utf8", 0, readSync(descriptor, buffer, 0, HEAD_BYTES, 0));
    const trigger = /"trigger":\s*"(\w+)"/.exec(head)?.[1];
    if (trigger !== "OOMError" && trigger !== "FatalError") return undefined;
    return /"event":\s*"([^"\\]{1,200})"/.exec(head)?.[1];
  } finally {
    closeSync(descriptor);
  }
}
