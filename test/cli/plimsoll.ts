/** Starts the built command line, with or without a terminal; every process has a deadline. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IPty, spawn as spawnPty } from "@lydell/node-pty";
import { afterAll } from "vitest";

/** The executable, as `npm run build` leaves it. */
export const MAIN: string = join(import.meta.dirname, "../../dist/cli/main.js");
/** Programs to watch. */
export const PROGRAMS: string = join(import.meta.dirname, "fixtures");
const DEADLINE_MS = 60_000;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, removed after the file's tests. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-cli-"));
  folders.push(folder);
  return folder;
}

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start one. */
export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Called with the process and all of stderr so far, whenever it says something. */
  readonly onStderr?: (child: ChildProcess, text: string) => void;
  /** Node's own options, before the script. */
  readonly nodeOptions?: readonly string[];
}

/** The environment without what would change how things look. */
export function plainEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, GITHUB_ACTIONS: ____, NODE_OPTIONS: _____, ...rest } = process.env;
  return { ...rest, ...extra };
}

/** Runs any command to its end. */
export async function start(command: readonly string[], options: StartOptions = {}): Promise<Ended> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: options.cwd ?? makeFolder(),
    env: plainEnvironment(options.env),
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    options.onStderr?.(child, stderr);
  });
  child.stdin.on("error", () => {}).end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs `plimsoll` to its end. */
export function plimsoll(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start([process.execPath, ...(options.nodeOptions ?? []), MAIN, ...args], options);
}

/** What a terminal received, and how the process behind it ended. */
export interface TerminalEnded {
  readonly text: string;
  readonly code: number;
  readonly signal: number | undefined;
}

/** How to use a terminal. */
export interface TerminalOptions {
  readonly cwd?: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with the terminal and all of its text so far, whenever something is written. */
  readonly onText?: (terminal: IPty, text: string) => void;
}

/** Runs any command on a real terminal to its end. */
export function startOnTerminal(command: readonly string[], options: TerminalOptions = {}): Promise<TerminalEnded> {
  const [program = "", ...args] = command;
  const terminal = spawnPty(program, args, {
    cols: options.columns ?? 80,
    rows: options.rows ?? 30,
    name: options.env?.["TERM"] ?? "xterm-256color",
    cwd: options.cwd ?? makeFolder(),
    env: plainEnvironment(options.env),
  });
  const deadline = setTimeout(() => terminal.kill("SIGKILL"), DEADLINE_MS);
  let text = "";
  terminal.onData((data) => {
    text += data;
    options.onText?.(terminal, text);
  });
  return new Promise((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      clearTimeout(deadline);
      resolve({ text, code: exitCode, signal });
    });
  });
}

/** Runs `plimsoll` on a real terminal to its end. */
export function plimsollOnTerminal(args: readonly string[], options: TerminalOptions = {}): Promise<TerminalEnded> {
  return startOnTerminal([process.execPath, MAIN, ...args], options);
}
