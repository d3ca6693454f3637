/**
 * The cases of the bench as children: run to their end for the lines they print, or held open and asked in turns. Each has a
 * deadline, and dies with the process that started it.
 */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const DEADLINE_MS = 180_000;

/** A line that a case prints, or its answer: figures by name. */
export type Figures = Readonly<Record<string, number>>;

/** How a case ended. */
export interface CaseEnd {
  /** Its lines of JSON. */
  readonly lines: readonly Figures[];
  /** Exit code or signal; `deadline` when it was stopped. */
  readonly end: string;
  /** What it wrote to stderr. */
  readonly stderr: string;
}

/** Runs a case to its end. */
export function runCase(name: string, parameters: readonly string[], nodeArguments: readonly string[] = []): CaseEnd {
  const { status, signal, stdout, stderr, error } = spawnSync(
    process.execPath,
    [...nodeArguments, fileOf(name), ...parameters],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: DEADLINE_MS, killSignal: "SIGKILL" },
  );
  const end = error ? "deadline" : (signal ?? String(status));
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return { lines: lines.map((line) => JSON.parse(line) as Figures), end, stderr };
}

/** Runs a case that prints one line and must end well. */
export function measureCase(name: string, ...parameters: readonly string[]): Figures {
  const { lines, end, stderr } = runCase(name, parameters);
  const line = lines.at(-1);
  if (end !== "0" || line === undefined)
    throw new Error(`${name} ${parameters.join(" ")} ended with ${end}:\n${stderr}`);
  return line;
}

/** A case that waits for what it is told. */
export class OpenCase implements Disposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts one and waits until it is ready. */
  static async open(name: string, parameters: readonly string[]): Promise<OpenCase> {
    const child = fork(fileOf(name), parameters, {
      execArgv: ["--expose-gc"],
      timeout: DEADLINE_MS,
      killSignal: "SIGKILL",
    });
    const opened = new OpenCase(child);
    await opened.#answer();
    return opened;
  }

  /** Tells it a number of calls, or `tell`. */
  async ask(message: number | "tell"): Promise<Figures> {
    const answer = this.#answer();
    this.#child.send(message);
    return answer;
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }

  async #answer(): Promise<Figures> {
    const done = new AbortController();
    const { signal } = done;
    const ended = once(this.#child, "exit", { signal }).then((how: unknown[]) => {
      throw new Error(`the case ended with ${how.join(" ")}`);
    });
    try {
      const [answer] = (await Promise.race([once(this.#child, "message", { signal }), ended])) as [Figures];
      return answer;
    } finally {
      ended.catch(() => undefined);
      done.abort();
    }
  }
}

function fileOf(name: string): string {
  return join(import.meta.dirname, `${name}-case.mjs`);
}
