/** Starts a program that keeps memory of one kind, on any Node.js; it dies with the test or after a minute. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface StartedProgram extends AsyncDisposable {
  readonly pid: number;
  /** What the program's main thread says of its own memory. */
  readonly usage: NodeJS.MemoryUsage;
}

export const MEMORY_PROGRAM: string = join(import.meta.dirname, "memory-program.cjs");

export async function startProgram(
  kind: string,
  node: string = process.execPath,
  wrap: (command: readonly string[]) => readonly string[] = (command) => command,
): Promise<StartedProgram> {
  const [program = "", ...rest] = wrap([node, MEMORY_PROGRAM, kind]);
  const child = spawn(program, rest, {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true || child.pid === undefined) throw new Error(`the program "${kind}" ended too early`);
  return {
    pid: child.pid,
    usage: JSON.parse(first.value) as NodeJS.MemoryUsage,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
