/** A real memory cgroup, of version 1 or 2, in which a program runs until it ends or is killed. Needs root. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION_1 = existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes");
const ROOT = VERSION_1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";

/** How a program ended. */
export interface CgroupRun {
  readonly signal: string | null;
  readonly stdout: string;
}

/** Is removed when disposed of; nothing may run in it then. */
export class MemoryCgroup implements Disposable {
  readonly #path: string;

  /** @param limitBytes - of memory, without swap. */
  constructor(name: string, limitBytes: number) {
    this.#path = join(ROOT, `${name}-${process.pid}`);
    mkdirSync(this.#path);
    for (const [file, value] of [
      [VERSION_1 ? "memory.limit_in_bytes" : "memory.max", limitBytes],
      ["memory.memsw.limit_in_bytes", limitBytes],
      ["memory.swap.max", 0],
    ] as const) {
      const path = join(this.#path, file);
      if (existsSync(path)) writeFileSync(path, String(value));
    }
  }

  /** Runs a program in it. */
  run(program: string, args: readonly string[], deadlineMs: number): Promise<CgroupRun> {
    const script = `echo $$ > "${join(this.#path, "cgroup.procs")}" && exec "$0" "$@"`;
    const options = { timeout: deadlineMs, killSignal: "SIGKILL" } as const;
    return new Promise((resolve) => {
      execFile("sh", ["-c", script, program, ...args], options, (error, stdout) => {
        resolve({ signal: error?.signal ?? null, stdout });
      });
    });
  }

  [Symbol.dispose](): void {
    rmdirSync(this.#path);
  }
}
