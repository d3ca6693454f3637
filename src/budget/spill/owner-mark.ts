/**
 * Marks a folder as the property of a running process, so that the next one knows whether its owner is dead. A process number
 * alone is given again: the time of its start and a mark of machine and process namespace go with it. Where /proc is missing the
 * number must do.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { crc32 } from "node:zlib";

/** Of the running process, for file names. */
export function ownMark(): string {
  return `${machineMark()}-${process.pid}-${startOf(process.pid)}`;
}

/**
 * True when the process that made the mark runs no more on this machine, as far as can be seen from here.
 *
 * @param elsewhere - what to say of a mark from another machine or container.
 */
export function isOwnerGone(mark: string, elsewhere: boolean): boolean {
  const [machine, pid, start] = mark.split("-");
  if (machine !== machineMark()) return elsewhere;
  if (!isRunning(Number(pid))) return true;
  return startOf(Number(pid)) !== start;
}

function machineMark(): string {
  let namespace = "";
  try {
    namespace = readlinkSync("/proc/self/ns/pid");
  } catch {
    // not Linux
  }
  return crc32(`${hostname()} ${namespace}`).toString(16);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Clock ticks between the machine's start and the process's; `0` where there is no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  } catch {
    return "0";
  }
}
