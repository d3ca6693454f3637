/**
 * Starts a real program with a native heap of a known size (fixtures/native-program.cjs) and asks it what glibc says.
 * The program ends when it is disposed, with this process, or after a minute.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What glibc says in the program itself. */
export interface GlibcAccount {
  readonly arena: number;
  readonly used: number;
  readonly free: number;
  readonly mappedCount: number;
  readonly mappedBytes: number;
  /** Least and most `used` since the last question, in the busy program. */
  readonly least: number | null;
  readonly most: number;
  /** Longest that its event loop was late since the last question. */
  readonly stallMs: number;
}

/** A program that has done its work and waits. */
export interface NativeProgram extends AsyncDisposable {
  readonly pid: number;
  /** What glibc said when the work was done. */
  readonly account: GlibcAccount;
  /** What glibc says now. */
  ask(): Promise<GlibcAccount>;
  /** Does its work once more, then the same. */
  again(): Promise<GlibcAccount>;
}

const PROGRAM = join(import.meta.dirname, "..", "fixtures", "native-program.cjs");

/** Starts the program and waits until it has done what `action` says. */
export async function startNativeProgram(action: string, node: string = process.execPath): Promise<NativeProgram> {
  const child = spawn(node, [PROGRAM, action], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 90_000,
    killSignal: "SIGKILL",
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<GlibcAccount> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the program "${action}" ended`);
    return JSON.parse(line.value) as GlibcAccount;
  };
  const account = await next();
  return {
    pid: child.pid ?? 0,
    account,
    ask: () => {
      child.stdin.write("\n");
      return next();
    },
    again: () => {
      child.stdin.write("again\n");
      return next();
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}
