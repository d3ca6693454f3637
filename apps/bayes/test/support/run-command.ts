/** Runs `bayes` and other programs as a user would: in processes of their own, with a deadline. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DEADLINE_MS = 40_000;
const COMMAND = join(import.meta.dirname, "..", "..", "bin", "bayes.js");

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that is under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a program of Node; it is killed at its deadline, and when this process ends. */
export function start(
  args: readonly string[],
  { node = process.execPath, cwd }: { node?: string; cwd?: string } = {},
): Running {
  const child = spawn(node, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
    cwd,
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
  child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      process.removeListener("exit", kill);
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
  return { child, ended };
}

/** Starts `bayes`. */
export function startCommand(args: readonly string[], options?: { node?: string; cwd?: string }): Running {
  return start([COMMAND, ...args], options);
}

/** Runs `bayes` to its end. */
export function runCommand(args: readonly string[], options?: { node?: string; cwd?: string }): Promise<Ended> {
  return startCommand(args, options).ended;
}

/** A folder that is removed when it is disposed. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "bayes-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
