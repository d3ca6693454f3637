/**
 * The processes that a client may ask about: those of the same user, even where the server runs as root and could see all. The
 * rule is the kernel's effective user id (proc(5)), read anew for each call.
 */
import { readdirSync, readFileSync } from "node:fs";
import { isNodeProcess, readProcessName, readResident, type ResidentReading } from "plimsoll/diagnose/remote";
import { refuse } from "../answer/refuse.ts";

/** A running process of this user. */
export interface Target {
  readonly pid: number;
  /** Base names of program and script. */
  readonly name: string;
  readonly resident: ResidentReading;
  readonly isNode: boolean;
}

const LIST = "list_processes {}";

/**
 * Looks at a process.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when it is not there, or not this user's.
 */
export function readTarget(pid: number): Target {
  if (pid === process.pid) throw refuse(`${pid} is this server itself.`, LIST);
  const owner = readOwner(pid);
  if (owner === undefined) throw refuse(`There is no process ${pid}, or this user may not see it.`, LIST);
  if (owner !== process.geteuid?.()) {
    throw refuse(
      `Process ${pid} belongs to user ${owner}; this server answers for user ${process.geteuid?.()} alone.`,
      LIST,
    );
  }
  const resident = readResident(pid);
  if (resident === undefined) throw refuse(`Process ${pid} has ended, or belongs to the kernel.`, LIST);
  return { pid, name: readProcessName(pid) ?? "?", resident, isNode: isNodeProcess(pid) };
}

/** Node.js processes of this user, largest first; neither this one nor its parents and children. */
export function listTargets(): Target[] {
  const own = readAncestors();
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && !own.has(Number(name)))
    .flatMap((name) => {
      try {
        const target = readTarget(Number(name));
        return target.isNode && target.resident.parentPid !== process.pid ? [target] : [];
      } catch {
        return []; // gone, or another user's
      }
    })
    .toSorted((a, b) => b.resident.rssBytes - a.resident.rssBytes);
}

function readOwner(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const owner = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
    return owner === undefined ? undefined : Number(owner);
  } catch {
    return undefined;
  }
}

function readAncestors(): Set<number> {
  const found = new Set<number>();
  for (let pid: number | undefined = process.pid; pid !== undefined && pid > 0 && !found.has(pid);) {
    found.add(pid);
    pid = readResident(pid)?.parentPid;
  }
  return found;
}
