/**
 * Programs that die in one known way, run under the built `plimsoll`, and the report that it wrote.
 * Every program ends by itself within 30 s, so that none outlives a test that was killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../src/diagnose/report/report.ts";
import { ENTER } from "../support/memory-cgroup.ts";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");
const DEADLINE_MS = 60_000;
const BOUND = "setTimeout(() => process.exit(99), 30_000).unref();";
/** Fills the heap in turns of the event loop. */
const FILL = `${BOUND} const kept = []; setInterval(() => { for (let i = 0; i < 8_000; i++) kept.push({ i, text: "x" + i }); }, 20);`;
/** Fills the heap in one turn: the program says nothing from inside. */
const FILL_AT_ONCE = "const kept = []; for (let i = 0; ; i++) kept.push({ i, text: String(i) });";
/** Fills memory outside of the heap, 100 MB a second. */
export const FILL_BUFFERS = `${BOUND} const kept = []; setInterval(() => kept.push(Buffer.alloc(2 ** 21, 1)), 20);`;
const WORKER = `const { Worker } = require("node:worker_threads");
  const worker = new Worker(${JSON.stringify(FILL.replace(BOUND, ""))}, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 20 } });`;

/** One way to die. */
export interface Death {
  readonly name: string;
  /** Arguments for `node`. */
  readonly args: readonly string[];
  /** How the command ends. */
  readonly end: { readonly code: number | null; readonly signal: string | null };
  readonly kind: NonNullable<Report["exit"]["kind"]>;
  readonly outOfMemory: boolean;
  /** What the words must say. */
  readonly cause: RegExp;
}

const code = (value: number): Death["end"] => ({ code: value, signal: null });
const signal = (value: string): Death["end"] => ({ code: null, signal: value });
const fate = { kind: "code", outOfMemory: false } as const;

/** Every kind of death that needs no cgroup of its own. */
export const DEATHS: readonly Death[] = [
  { ...fate, name: "code 0", args: ["-e", "setTimeout(() => {}, 300)"], end: code(0), cause: /^ended with code 0$/ },
  {
    ...fate,
    name: "code 3",
    args: ["-e", "setTimeout(() => process.exit(3), 300)"],
    end: code(3),
    cause: /^ended with code 3$/,
  },
  {
    ...fate,
    name: "uncaught error",
    args: ["-e", "setTimeout(() => { throw new TypeError('hush-hush'); }, 300)"],
    end: code(1),
    cause: /^ended with code 1: nobody caught the TypeError$/,
  },
  {
    ...fate,
    name: "abort",
    args: ["-e", "setTimeout(() => process.abort(), 300)"],
    end: signal("SIGABRT"),
    kind: "abort",
    cause: /^aborted .*V8's heap was not full: [\d.]+ MB of .* were in use/,
  },
  {
    name: "V8 heap",
    args: ["--max-old-space-size=40", "-e", FILL],
    end: signal("SIGABRT"),
    kind: "heap-limit",
    outOfMemory: true,
    cause: /V8 heap out of memory \(code 134, SIGABRT\): .*limit (of|is) 40 MB/,
  },
  {
    name: "V8 heap, in one turn",
    args: ["--max-old-space-size=40", "-e", FILL_AT_ONCE],
    end: signal("SIGABRT"),
    kind: "heap-limit",
    outOfMemory: true,
    cause: /V8 heap out of memory \(code 134, SIGABRT\): .*limit (of|is) 40 MB/,
  },
  {
    name: "worker, handled",
    args: ["-e", `${WORKER} worker.on("error", () => {});`],
    end: code(0),
    kind: "code",
    outOfMemory: true,
    cause: /^ended with code 0; its worker 1 ran out of memory \(ERR_WORKER_OUT_OF_MEMORY\): its heap may take 20 MB/,
  },
  {
    name: "worker, unhandled",
    args: ["-e", WORKER],
    end: code(1),
    kind: "code",
    outOfMemory: true,
    cause: /^ended with code 1: nobody caught the Error \(ERR_WORKER_OUT_OF_MEMORY\); its worker 1 ran out of memory/,
  },
  {
    name: "external SIGKILL",
    args: [
      "-e",
      `${BOUND} setInterval(() => {}, 1e6); require("node:child_process").spawn("sh", ["-c", "sleep 0.3; kill -9 " + process.pid]);`,
    ],
    end: signal("SIGKILL"),
    kind: "killed",
    outOfMemory: false,
    cause:
      /^killed by SIGKILL from someone else than the kernel's out-of-memory killer .*held [\d.]+ MB 0\.\d+ s before$/,
  },
  {
    name: "V8 heap of a child",
    args: [
      "-e",
      `${BOUND} require("node:child_process").spawn(process.execPath, ["--max-old-space-size=40", "-e", ${JSON.stringify(FILL)}]).on("exit", () => setTimeout(() => process.exit(0), 200));`,
    ],
    end: code(0),
    kind: "code",
    outOfMemory: true,
    cause:
      /^ended with code 0; its child node \[eval\] \(pid \d+\) ended without a word, (most likely )?by V8 heap out of memory/,
  },
];

/** What became of one run. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  /** `undefined` when none was written. */
  readonly report?: Report;
  /** Its folder; removed with {@link removeFolders}. */
  readonly folder: string;
}

const folders: string[] = [];

/** Removes what all runs have left. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** How to run. */
export interface DieOptions {
  /** Entered by the watcher, and so by the program. Default: none. */
  readonly watcherGroup?: string;
  /** Whether the kernel shall prefer the watcher. Default: false. */
  readonly isFirstVictim?: boolean;
  /** Called once the program runs, with its process id. */
  readonly onWatching?: (watcher: ChildProcess, pid: number) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command under `plimsoll run` to its end. */
export async function die(command: readonly string[], options: DieOptions = {}): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-death-"));
  folders.push(folder);
  const { CI: _, NODE_OPTIONS: __, ...env } = process.env;
  const run = [process.execPath, MAIN, "run", "--report-dir", "report", "--", ...command];
  const [program = "", ...args] =
    options.watcherGroup === undefined
      ? run
      : [
          "sh",
          "-c",
          `${options.isFirstVictim === true ? "echo 1000 > /proc/self/oom_score_adj; " : ""}${ENTER}`,
          options.watcherGroup,
          ...run,
        ];
  const watcher = spawn(program, args, {
    cwd: folder,
    env: { ...env, ...options.env },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let stderr = "";
  let isTold = false;
  watcher.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    const pid = /plimsoll: watching .* pid (\d+);/.exec(stderr)?.[1];
    if (isTold || pid === undefined) return;
    isTold = true;
    options.onWatching?.(watcher, Number(pid));
  });
  const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    watcher.on("error", reject);
    watcher.on("exit", (value, name) => resolve({ code: value, signal: name }));
  });
  const file = join(folder, "report", "report.json");
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Report) : undefined;
  return { ...ended, stderr, folder, ...(report ? { report } : {}) };
}

/** Why a run is not what its death should have left behind; empty when it is. */
export function faults({ kind, outOfMemory, cause, end }: Omit<Death, "args">, outcome: Outcome): string[] {
  const { report } = outcome;
  if (!report)
    return [`no report; the watcher ended with ${outcome.signal ?? outcome.code}: ${outcome.stderr.slice(-400)}`];
  const { exit } = report;
  const wrong: string[] = [];
  if (exit.code !== end.code || exit.signal !== end.signal) wrong.push(`ended with ${exit.signal ?? exit.code}`);
  if (outcome.code !== end.code || outcome.signal !== end.signal) {
    wrong.push(`the watcher ended with ${outcome.signal ?? outcome.code}`);
  }
  if (exit.kind !== kind || exit.outOfMemory !== outOfMemory || !cause.test(exit.cause)) {
    wrong.push(`${exit.kind}, ${exit.outOfMemory}: ${exit.cause}`);
  }
  if (!exit.waterline || exit.waterline.rssBytes < 10 * 2 ** 20) wrong.push("no last waterline");
  return wrong;
}

/** `plimsoll explain` of a run's folder: the report that it recovers, and what it says. */
export async function explain(outcome: Outcome): Promise<Outcome> {
  const explaining = spawn(process.execPath, [MAIN, "explain", "report"], {
    cwd: outcome.folder,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let stderr = "";
  explaining.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = await new Promise<number | null>((resolve) => explaining.on("close", resolve));
  const dir = join(outcome.folder, "report");
  const isThere = readdirSync(dir).includes("report.json");
  const report = isThere ? (JSON.parse(readFileSync(join(dir, "report.json"), "utf8")) as Report) : undefined;
  return { code: ended, signal: null, stderr, folder: outcome.folder, ...(report ? { report } : {}) };
}
