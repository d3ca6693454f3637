/**
 * Starts the command that is watched: its own stdin, stdout and stderr, its exit code and signal told
 * truthfully, our signals passed on. If the watcher is killed the command lives on, as it would have
 * without it.
 */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { readFileSync } from "node:fs";
import { PlimsollError } from "../../base/errors.ts";
import type { ExitRecord } from "./recording.ts";

/** How to start it. */
export interface LaunchOptions {
  /** All of its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Default: the present directory. */
  readonly cwd?: string;
  /** Default: `inherit`. */
  readonly stdio?: StdioOptions;
}

/** A command that has started. */
export interface Launched {
  /** Process id. */
  readonly pid: number;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<ExitRecord>;
  /** Passes this process's signals on to the command, until disposed; none of them ends this process meanwhile. */
  forwardSignals(): Disposable;
}

/** SIGKILL and SIGSTOP cannot be caught; the terminal stops and resumes the whole group by itself. */
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
/** Typed on a terminal, these reach every process of the foreground group. */
const TYPED: readonly string[] = ["SIGINT", "SIGQUIT"];

/**
 * Starts a command.
 *
 * @param command - program and arguments.
 * @throws PlimsollError `ERR_PLIMSOLL_START_FAILED` with `details.reason` "not-found" or "not-executable".
 */
export async function launch(command: readonly string[], options: LaunchOptions): Promise<Launched> {
  const [program = "", ...rest] = command;
  let child: ChildProcess;
  try {
    child = spawn(program, rest, { stdio: options.stdio ?? "inherit", env: options.env, cwd: options.cwd });
  } catch (error) {
    throw startFailure(program, error);
  }
  const exited = new Promise<ExitRecord>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.on("error", (error) => reject(startFailure(program, error)));
  });
  const pid = child.pid ?? 0;
  return { pid, exited, forwardSignals: () => forwardSignals(child) };
}

function forwardSignals(child: ChildProcess): Disposable {
  const handlers = FORWARDED.map((signal) => {
    const handler = (): void => {
      if (TYPED.includes(signal) && ownsTerminal()) return;
      child.kill(signal);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return {
    [Symbol.dispose]() {
      for (const { signal, handler } of handlers) process.removeListener(signal, handler);
    },
  };
}

/** True when this process is in the foreground of a terminal, which then signals the command as well. */
function ownsTerminal(): boolean {
  try {
    const text = readFileSync("/proc/self/stat", "latin1");
    // After the name in parentheses: state, parent, group, session, terminal, the terminal's foreground group.
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
  }
}

/** The error of a program that cannot be started; `details.reason` is "not-found" or "not-executable". */
export function startFailure(program: string, cause: unknown): PlimsollError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reason = code === "ENOENT" ? "not-found" : "not-executable";
  const why =
    reason === "not-found" ? "there is no such command" : `it cannot be executed (${code || "unknown reason"})`;
  return new PlimsollError("ERR_PLIMSOLL_START_FAILED", `"${program}" was not started: ${why}.`, {
    details: { program, reason, code },
    cause,
  });
}
