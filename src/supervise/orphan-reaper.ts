/**
 * A container's process 1 inherits every process whose parent has ended, and must wait for it, or it stays
 * a zombie and keeps its number. Node waits only for what it has started itself; so libc's `waitpid` is
 * called for exactly those others, through the optional package koffi. Source: waitpid(2), pid_namespaces(7).
 */
import { createRequire } from "node:module";
import type * as Koffi from "koffi";
import { listSystemDirectory, readSystemText } from "../probe/system-files.ts";

const LOOK_MS = 1_000;
const WNOHANG = 1;

type WaitPid = (pid: number, status: null, options: number) => number;

/** Waits for the ended children that nobody here has started. */
export class OrphanReaper {
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Seen at the last look: Node gets time to wait for what is its own. */
  #before: ReadonlySet<number> = new Set();
  #waitPid: WaitPid | "missing" | undefined;

  /**
   * Looks for zombies, once a second at most.
   *
   * @param known - process ids that Node itself waits for.
   */
  look(nowMs: number, known: readonly number[]): void {
    if (nowMs - this.#lookedAtMs < LOOK_MS) return;
    this.#lookedAtMs = nowMs;
    const zombies = listSystemDirectory("proc/self/task")
      .flatMap((thread) => (readSystemText(`proc/self/task/${thread}/children`) ?? "").split(" "))
      .map(Number)
      .filter((pid) => pid > 0 && !known.includes(pid) && isZombie(pid));
    const due = zombies.filter((pid) => this.#before.has(pid));
    this.#before = new Set(zombies);
    if (due.length === 0) return;
    this.#waitPid ??= findWaitPid();
    if (this.#waitPid === "missing") return;
    for (const pid of due) this.#waitPid(pid, null, WNOHANG);
  }
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
