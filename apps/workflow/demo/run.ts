/**
 * `npm run workflow:demo`: a map-reduce over 10,000 documents, each a tool result of 1 MB, inside a memory cgroup of 256 MB. 10 GB go
 * through it. Where no cgroup can be made (no root, no Linux), it says so, and keeps to the same limit by itself.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const HERE = import.meta.dirname;
const ROOT = join(HERE, "../../..");
const LIMIT_BYTES = 256 * 2 ** 20;
const DEADLINE_MS = 300_000;
const COMMAND = join(ROOT, "apps/workflow/bin/workflow.js");
const PAGE = join(ROOT, ".workflow", "timeline.html");
const HEAP_MB = 128;

/** A memory cgroup, of version 1 or 2. */
class Cgroup implements Disposable {
  readonly #path: string;
  readonly version: 1 | 2;

  /** @throws Error where none can be made. */
  constructor() {
    this.version = existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes") ? 1 : 2;
    this.#path = join(this.version === 1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", `workflow-demo-${process.pid}`);
    mkdirSync(this.#path);
    try {
      writeFileSync(join(this.#path, this.version === 1 ? "memory.limit_in_bytes" : "memory.max"), String(LIMIT_BYTES));
    } catch (error) {
      rmdirSync(this.#path);
      throw error;
    }
    for (const [file, value] of [
      ["memory.memsw.limit_in_bytes", LIMIT_BYTES],
      ["memory.swap.max", 0],
    ] as const)
      if (existsSync(join(this.#path, file))) writeFileSync(join(this.#path, file), String(value));
  }

  /** How to start a program in it. */
  wrap(program: string, args: readonly string[]): [string, string[]] {
    return ["sh", ["-c", `echo $$ > "${join(this.#path, "cgroup.procs")}" && exec "$0" "$@"`, program, ...args]];
  }

  /** Times that the kernel has killed in it. */
  get kills(): number {
    const file = join(this.#path, this.version === 1 ? "memory.oom_control" : "memory.events");
    return Number(/oom_kill (\d+)/.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
  }

  [Symbol.dispose](): void {
    try {
      rmdirSync(this.#path);
    } catch {
      // Something is still ending in it: an empty group stays behind.
    }
  }
}

function openCgroup(): Cgroup | undefined {
  try {
    return new Cgroup();
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    console.log(
      `No memory cgroup can be made here (${why}; it needs root on Linux): the run keeps to 256 MB by itself,`,
    );
    console.log(`with ${HEAP_MB} MB of V8 heap, and nobody would kill it above that.`);
    return undefined;
  }
}

async function startServer(): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", join(HERE, "server.ts")], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  const [first] = (await once(child.stdout, "data", { signal: AbortSignal.timeout(30_000) })) as [Buffer];
  return { child, origin: first.toString().trim() };
}

const { child: server, origin } = await startServer();
process.once("exit", () => server.kill("SIGKILL"));
using cgroup = openCgroup();
mkdirSync(join(ROOT, ".workflow"), { recursive: true });
const asked = ["run", relative(ROOT, join(HERE, "documents.ts")), "--timeline", relative(ROOT, PAGE), "--json"];
const limits = cgroup ? [] : ["--limit", "256mb"];
console.log(
  `$ workflow ${[...asked, ...limits].join(" ")}${cgroup ? `    # in a cgroup v${cgroup.version} of 256 MB` : ""}`,
);
const args = [`--max-old-space-size=${HEAP_MB}`, COMMAND, ...asked, ...limits];
const [file, rest] = cgroup ? cgroup.wrap(process.execPath, args) : [process.execPath, args];
const run = spawn(file, rest, {
  cwd: ROOT,
  env: { ...process.env, DEMO_SERVER: origin, MALLOC_ARENA_MAX: "1" },
  stdio: ["ignore", "pipe", "inherit"],
  timeout: DEADLINE_MS,
  killSignal: "SIGKILL",
});
process.once("exit", () => run.kill("SIGKILL"));
let text = "";
run.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
const [code, signal] = (await once(run, "close")) as [number | null, string | null];
server.stdin?.end();
if (code !== 0) {
  console.error(
    `workflow:demo: the run ended with ${signal ?? `code ${code}`}; killed by the kernel: ${cgroup?.kills ?? "not known"}.`,
  );
  process.exitCode = 1;
} else {
  const { output, elapsedMs, peakRssBytes } = JSON.parse(text) as {
    output: { documents: number; characters: number };
    elapsedMs: number;
    peakRssBytes: number;
  };
  const { documents, characters } = output;
  console.log(
    `${documents.toLocaleString("en-US")} documents, ${(characters / 2 ** 30).toFixed(1)} GB, in ${(elapsedMs / 1000).toFixed(0)} s.`,
  );
  console.log(
    `Peak resident memory ${Math.round(peakRssBytes / 2 ** 20)} MB of 256 MB. Killed by the kernel: ${cgroup?.kills ?? 0} times.`,
  );
  console.log(`The timeline (${Math.round(statSync(PAGE).size / 1024)} KB): ${pathToFileURL(PAGE).href}`);
  const isRight = characters === documents * 2 ** 20 && peakRssBytes <= LIMIT_BYTES;
  console.log(
    isRight
      ? "Every document was read whole, within the limit."
      : "WRONG: documents are missing, or the limit was passed.",
  );
  process.exitCode = isRight ? 0 : 1;
}
