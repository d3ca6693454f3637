/**
 * Child processes for tests: always with a deadline after which they are killed, never reading from
 * a terminal, and with the output that explains a failure.
 */
import { spawnSync } from "node:child_process";

/** How a child ended and what it said. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how long a child runs. */
export interface RunOptions {
  readonly cwd: string;
  /** Added to the test's own environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: 60,000. */
  readonly deadlineMs?: number;
}

/** Runs a program to its end, or to its deadline. */
export function run(file: string, args: readonly string[], options: RunOptions): Outcome {
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, {
    cwd: options.cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.deadlineMs ?? 60_000,
    killSignal: "SIGKILL",
    maxBuffer: 64 * 2 ** 20,
    env: { ...process.env, ...options.env },
  });
  return { status, signal, stdout, stderr: error ? `${stderr}\n${error.message}` : stderr };
}

/**
 * Runs a program that must end with 0, and returns what it wrote to stdout.
 *
 * @throws Error with everything the program said when it ends otherwise.
 */
export function runWell(file: string, args: readonly string[], options: RunOptions): string {
  const { status, signal, stdout, stderr } = run(file, args, options);
  if (status !== 0) {
    throw new Error(`${file} ${args.join(" ")} ended with ${signal ?? status}:\n${stdout}\n${stderr}`);
  }
  return stdout;
}
