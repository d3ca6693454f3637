/**
 * A container's process 1 inherits every process whose parent has ended, and must wait for it, or it stays
 * a zombie and keeps its number. Node waits only for what it has started itself; so libc's `waitpid` is
 * called for exactly those others, through the optional package koffi. Source: waitpid(2), pid_namespaces(7).
 */
import { createRequire } from "node:module";
import type * as Koffi from "koffi";
import { listSystemDirectory, readSystemText } from "../probe/system-files.ts";

const WNOHANG = 1;

type WaitPid = (pid: number, status: null, options: number) => number;

/** Seen at the last look: Node gets time to wait for what is its own. */
let before: ReadonlySet<number> = new Set();
let waitPid: WaitPid | "missing" | undefined;

/**
 * Waits for the children that had ended before the last call already, here has started.
 *
 * @param known - process ids that Node itself waits for.
 * @returns how many were waited for.
 */
export function reapOrphans(known: readonly number[]): number {
  const zombies = listSystemDirectory(`proc/${process.pid}/task`)
    .flatMap((thread) => (readSystemText(`proc/${process.pid}/task/${thread}/children`) ?? "").split(" "))
    .map(Number)
    .filter((pid) => pid > 0 && !known.includes(pid) && isZombie(pid));
  const due = zombies.filter((pid) => before.has(pid));
  before = new Set(zombies);
  if (due.length === 0) return 0;
  waitPid ??= findWaitPid();
  if (waitPid === "missing") return 0;
  let reaped = 0;
  for (const pid of due) if (waitPid(pid, null, WNOHANG) === pid) reaped += 1;
  return reaped;
}

function isZombie(pid: number): boolean {
  const stat = readSystemText(`proc/${pid}/stat`) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
}

function findWaitPid(): WaitPid | "missing" {
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
    // The C library that this process has loaded, whatever it is called.
    return koffi.load(null).func("waitpid", "int", ["int", "void *", "int"]) as WaitPid;
  } catch {
    return "missing";
  }
}
