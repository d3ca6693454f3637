/** Runs `plimsoll supervise --json` over a program, and waits for what it tells; nothing outlives a test. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { MAIN, makeFolder, plainEnvironment } from "../cli/plimsoll.ts";

/** Programs to supervise. */
export const PROGRAMS: string = join(import.meta.dirname, "fixtures");
const DEADLINE_MS = 20_000;

/** One line of JSON. */
export type Told = Readonly<Record<string, unknown>> & { readonly plimsoll: string };

/** A running supervisor. */
export class Supervising implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly folder: string = makeFolder();
  readonly told: Told[] = [];
  #hasEnded = false;
  stdout = "";
  stderr = "";
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;

  /** @param options - before `--`. */
  constructor(options: readonly string[], command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [MAIN, "supervise", "--json", ...options, "--", ...command], {
      cwd: this.folder,
      env: plainEnvironment(env),
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    let rest = "";
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("{")) this.told.push(JSON.parse(line) as Told);
    });
    this.exited = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        this.#hasEnded = true;
        resolve({ code, signal });
      });
    });
  }

  /** The first event of a name, and of an instance where one is given, as soon as it is told. */
  event(name: string, instance?: number): Promise<Told> {
    return until(`${name} of instance ${instance ?? "any"}`, () => {
      const found = this.told.find(
        (one) => one.plimsoll === name && (instance === undefined || one["instance"] === instance),
      );
      if (!found && this.#hasEnded) throw new Error(`the supervisor ended first: ${this.stderr}`);
      return found;
    });
  }

  /** Where the program listens, as it has written. */
  async port(): Promise<number> {
    await this.event("ready");
    return until("the port", () => Number(/port (\d+)\n/.exec(this.stdout)?.[1]) || undefined);
  }

  /** Process ids of all instances so far. */
  pids(): number[] {
    return this.told.flatMap(({ plimsoll, pid }) => (plimsoll === "start" ? [Number(pid)] : []));
  }

  /** Ends it, and makes sure that no instance is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    const killing = setTimeout(() => this.child.kill("SIGKILL"), DEADLINE_MS);
    await this.exited;
    clearTimeout(killing);
    await gone(this.pids());
  }
}

/** Waits until none of the processes lives. */
export async function gone(pids: readonly number[]): Promise<void> {
  await until(`the end of ${pids.join()}`, () => (pids.some(isAlive) ? undefined : true));
}

/** Waits until something is there; `expect.poll` does not work in tests that run at the same time. */
export async function until<T>(what: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const endMs = performance.now() + DEADLINE_MS; performance.now() < endMs;) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what} was waited for ${DEADLINE_MS / 1000} s in vain`);
}

function isAlive(pid: number): boolean {
  try {
    return !/^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, ""));
  } catch {
    return false;
  }
}

/** What a request came to. */
export interface Answer {
  readonly body: string;
  readonly connection: string | undefined;
}

/** Asks; rejects when the answer is not whole. */
export function ask(port: number, path = "/", agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path, agent: agent ?? false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ body, connection: response.headers.connection }));
      response.on("error", reject);
    });
    request.on("error", reject);
  });
}

/** Asks what will never be answered. */
export async function isLost(port: number, path: string): Promise<boolean> {
  return ask(port, path).then(
    () => false,
    () => true,
  );
}

/** Clients that keep their connections alive and ask until told to stop. @returns stops them: how many were answered, and what failed. */
export function load(
  port: number,
  clients: number,
): () => Promise<{ readonly served: number; readonly failed: unknown[] }> {
  let isOver = false;
  let served = 0;
  const failed: unknown[] = [];
  const running = Array.from({ length: clients }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    // oxlint-disable-next-line eslint/no-unmodified-loop-condition -- changed by who stops it
    while (!isOver) {
      try {
        await ask(port, "/slow/10", agent);
        served += 1;
      } catch (error) {
        failed.push(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    agent.destroy();
  });
  return async () => {
    isOver = true;
    await Promise.all(running);
    return { served, failed };
  };
}
