/**
 * Ends the instances when the supervisor is killed and can no longer do it: a shell that waits for the end
 * of a pipe. Programs with the preload notice by themselves and drain; the shell ends at once those that
 * cannot, and kills after the time for draining what is left, also a program that hangs. 1 MB, no polling.
 */
import { type ChildProcess, spawn } from "node:child_process";

/** `+ PID` and `- PID` lines; `t PID` for one that does not drain by itself. At the end of the input: act. */
const SCRIPT = `
trap '' TERM INT HUP QUIT
drop() { kept=; for p in $1; do [ "$p" = "$2" ] || kept="$kept $p"; done; }
while read -r op pid; do
  case $op in
    +) all="$all $pid" ;;
    t) term="$term $pid" ;;
    -) drop "$all" "$pid"; all=$kept; drop "$term" "$pid"; term=$kept ;;
  esac
done
[ -n "$all" ] || exit 0
[ -z "$term" ] || kill -TERM $term 2>/dev/null
n=0
while [ $n -lt "$1" ]; do
  sleep 1; n=$((n + 1)); left=
  for p in $all; do kill -0 "$p" 2>/dev/null && left="$left $p"; done
  [ -n "$left" ] || exit 0
done
kill -KILL $left 2>/dev/null
`;

/** Watches over the supervisor. Where there is no shell it does nothing. */
export class Guardian implements Disposable {
  readonly #shell: ChildProcess | undefined;

  /** @param drainMs - how long programs may drain. */
  constructor(drainMs: number) {
    if (process.platform === "win32") return;
    const seconds = String(Math.ceil(drainMs / 1000) + 1);
    // In a session of its own: what ends the supervisor's group, such as Ctrl-C, must not end it.
    const shell = spawn("/bin/sh", ["-c", SCRIPT, "plimsoll-guardian", seconds], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
    });
    shell.on("error", () => {});
    shell.stdin.on("error", () => {});
    shell.unref();
    this.#shell = shell;
  }

  /** Process id of the shell; 0 without one. */
  get pid(): number {
    return this.#shell?.pid ?? 0;
  }

  /** Watches over an instance. */
  add(pid: number): void {
    this.#say(`+ ${pid}`);
    this.#say(`t ${pid}`);
  }

  /** The instance drains by itself. */
  trust(pid: number): void {
    this.#say(`- ${pid}`);
    this.#say(`+ ${pid}`);
  }

  /** The instance has ended. */
  remove(pid: number): void {
    this.#say(`- ${pid}`);
  }

  /** Ends the watch; nothing may be running any more. */
  [Symbol.dispose](): void {
    this.#shell?.stdin?.end();
  }

  #say(line: string): void {
    this.#shell?.stdin?.write(`${line}\n`);
  }
}
