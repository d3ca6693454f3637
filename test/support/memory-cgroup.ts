/** A real memory cgroup, of version 1 or 2, without swap, in which programs run until they end or are killed. Needs root. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION_1 = existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes");
const ROOT = VERSION_1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
/** A killed process still stands in its cgroup for a moment. */
const REMOVE_TRIES = 100;

/** Enters the memory cgroup `$0` and becomes the command. */
export const ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"';

/** How a program ended. */
export interface CgroupRun {
  readonly signal: string | null;
  readonly stdout: string;
}

/** True where memory cgroups can be made here. */
export function canMakeCgroups(): boolean {
  try {
    using trial = new MemoryCgroup("plimsoll-trial");
    return existsSync(join(trial.path, VERSION_1 ? "memory.limit_in_bytes" : "memory.max"));
  } catch {
    return false;
  }
}

/** Is removed when disposed of, and what still runs in it is killed. */
export class MemoryCgroup implements Disposable {
  readonly path: string;

  /** @param limitBytes - of memory, without swap. Default: none yet. */
  constructor(name: string, limitBytes?: number) {
    this.path = join(ROOT, `${name}-${process.pid}`);
    mkdirSync(this.path);
    if (limitBytes !== undefined) this.limitTo(limitBytes);
  }

  /** Sets its limit. Without swap, where the kernel counts it; else the kernel would swap instead of killing. */
  limitTo(limitBytes: number): void {
    for (const [file, value] of [
      [VERSION_1 ? "memory.limit_in_bytes" : "memory.max", limitBytes],
      ["memory.memsw.limit_in_bytes", limitBytes],
      ["memory.swap.max", 0],
    ] as const) {
      const path = join(this.path, file);
      if (existsSync(path)) writeFileSync(path, String(value));
    }
  }

  /** A command that enters it. */
  enter(...command: string[]): [string, ...string[]] {
    return ["sh", "-c", ENTER, this.path, ...command];
  }

  /** Runs a program in it. */
  run(program: string, args: readonly string[], deadlineMs: number): Promise<CgroupRun> {
    const [shell, ...rest] = this.enter(program, ...args);
    const options = { timeout: deadlineMs, killSignal: "SIGKILL" } as const;
    return new Promise((resolve) => {
      execFile(shell, rest, options, (error, stdout) => resolve({ signal: error?.signal ?? null, stdout }));
    });
  }

  /** Process ids in it. */
  members(): number[] {
    return readFileSync(join(this.path, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  }

  /** How often the kernel's killer struck in it. */
  countKills(): number {
    const file = join(this.path, VERSION_1 ? "memory.oom_control" : "memory.events");
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1]);
  }

  [Symbol.dispose](): void {
    for (let tries = 0; tries < REMOVE_TRIES; tries += 1) {
      for (const pid of this.members()) killOne(pid);
      try {
        rmdirSync(this.path);
        return;
      } catch {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
