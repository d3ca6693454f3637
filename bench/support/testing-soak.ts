/**
 * The soak of `toLeakNothing`: makes the plan, runs it in processes of some functions each, as far as there is time, and counts.
 * What was measured of the same code on the same Node.js is kept and not measured again.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "../../src/monitor/trend.ts";
import { CLEAN_FUNCTIONS } from "../../test/testing/clean-functions.ts";
import { LEAKY_FUNCTIONS } from "../../test/testing/leaky-functions.ts";
import { type ChunkOptions, runWithin } from "./chunk.ts";
import type { SoakLine } from "./testing-case.ts";

/** How much is run. */
export interface SoakPlan extends ChunkOptions {
  /** Clean runs, and half as many of planted leaks, which take some times longer. */
  readonly count: number;
  /** Takes a line for each run that went wrong, and for progress. */
  readonly say: (line: string) => void;
}

/** What came of one function. */
export interface SoakFunction {
  readonly name: string;
  readonly isLeaky: boolean;
  readonly runs: number;
  /** False alarms or misses. */
  readonly wrong: number;
  readonly medianMs: number;
}

/** What came of it. */
export interface SoakOutcome {
  /** Runs that are still to be made. */
  readonly left: number;
  readonly clean: readonly SoakLine[];
  readonly leaky: readonly SoakLine[];
  /** Of clean functions, in which a leak was found. */
  readonly falseAlarms: readonly SoakLine[];
  /** Of leaks that were not found, or under another name only. */
  readonly misses: readonly SoakLine[];
  /** Smallest planted leak that was found every time. Default: none was. */
  readonly minimalBytes: number | undefined;
  readonly functions: readonly SoakFunction[];
}

const ROOT = join(import.meta.dirname, "..", "..");
const CASE = join(import.meta.dirname, "testing-case.ts");
const KEPT = join(ROOT, "bench", ".cache-soak");
/** What a verdict depends on. */
const JUDGING = ["src/testing", "src/monitor/force-gc.ts", "test/testing", "bench/support/testing-case.ts"];
/** Runs in one process: a later one meets the heap that earlier ones left. */
const TASKS_A_PROCESS = 20;
/** What one is expected to take. */
const LOT_SECONDS = 45;
const DEADLINE_MS = 180_000;
/** Bytes a call of the planted ladder, each tried as often as a planted leak. */
const LADDER = [128, 96, 80, 64, 40];

/** Runs what is left of the plan. */
export async function runSoak(plan: SoakPlan): Promise<SoakOutcome> {
  const file = join(KEPT, `${process.versions.node}-${fingerprint()}.jsonl`);
  if (plan.again) rmSync(file, { force: true });
  mkdirSync(KEPT, { recursive: true });
  const wanted = tasksOf(plan.count);
  const tasks = shuffle(without(wanted, readLines(file)));
  const lots = Array.from({ length: Math.ceil(tasks.length / TASKS_A_PROCESS) }, (_, lot) =>
    tasks.slice(lot * TASKS_A_PROCESS, (lot + 1) * TASKS_A_PROCESS),
  );
  let done = wanted.length - tasks.length;
  await runWithin(
    lots,
    plan,
    () => LOT_SECONDS,
    async (lot) => {
      const lines = await runLot(lot);
      appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      for (const line of lines) if (isWrong(line)) plan.say(JSON.stringify(line));
      plan.say(`${(done += lines.length)} of ${wanted.length}`);
    },
  );
  return countUp(wanted, readLines(file));
}

function tasksOf(count: number): string[] {
  const clean = Object.keys(CLEAN_FUNCTIONS).map((name) => `clean:${name}`);
  const leaky = [
    ...Object.keys(LEAKY_FUNCTIONS).map((name) => `leaky:${name}`),
    ...LADDER.map((bytes) => `bytes:${bytes}`),
  ];
  const repeat = (tasks: readonly string[], times: number): string[] =>
    Array.from({ length: times }, (_, index) => tasks[index % tasks.length] ?? "");
  return [...repeat(clean, count), ...repeat(leaky, Math.ceil(count / 2))];
}

/** One line for each task, also where the process died of it. */
async function runLot(tasks: readonly string[]): Promise<SoakLine[]> {
  const options = { timeout: DEADLINE_MS, killSignal: "SIGKILL", maxBuffer: 2 ** 24 } as const;
  const ended = await promisify(execFile)(process.execPath, ["--import", "tsx", CASE, ...tasks], options).catch(
    (error: Error & { stdout: string; stderr: string }) => error,
  );
  const lines = parseLines(ended.stdout);
  const [fatal] = ended instanceof Error ? tasks.slice(lines.length) : [];
  if (fatal !== undefined)
    lines.push({ task: fatal, found: {}, calls: 0, durationMs: 0, error: ended.stderr.slice(0, 500) });
  return lines;
}

function countUp(wanted: readonly string[], lines: readonly SoakLine[]): SoakOutcome {
  const clean = lines.filter(({ task }) => task.startsWith("clean:"));
  const leaky = lines.filter(({ task }) => !task.startsWith("clean:"));
  const isFound = (bytes: number): boolean => {
    const tried = lines.filter(({ task }) => task === `bytes:${bytes}`);
    return tried.length > 0 && !tried.some(isWrong);
  };
  return {
    left: without(wanted, lines).length,
    clean,
    leaky,
    falseAlarms: clean.filter(isWrong),
    misses: leaky.filter(isWrong),
    minimalBytes: LADDER.filter((_, index) => LADDER.slice(0, index + 1).every(isFound)).at(-1),
    functions: [...new Set(lines.map(({ task }) => task))].sort().map((task) => {
      const runs = lines.filter((line) => line.task === task);
      return {
        name: task.slice(task.indexOf(":") + 1) + (task.startsWith("bytes:") ? " B a call" : ""),
        isLeaky: !task.startsWith("clean:"),
        runs: runs.length,
        wrong: runs.filter(isWrong).length,
        medianMs: Math.round(median(runs.map(({ durationMs }) => durationMs))),
      };
    }),
  };
}

function isWrong({ task, found, expected, error }: SoakLine): boolean {
  if (error !== undefined) return true;
  return task.startsWith("clean:")
    ? Object.keys(found).length > 0
    : expected === undefined || !Object.hasOwn(found, expected);
}

function readLines(file: string): SoakLine[] {
  return existsSync(file) ? parseLines(readFileSync(file, "utf8")) : [];
}

function parseLines(text: string): SoakLine[] {
  const whole = text.split("\n").filter((line) => line.endsWith("}"));
  return whole.map((line) => JSON.parse(line) as SoakLine);
}

/** The tasks that no line is of; each line stands for one. */
function without(tasks: readonly string[], lines: readonly SoakLine[]): string[] {
  const done = new Map<string, number>();
  for (const { task } of lines) done.set(task, (done.get(task) ?? 0) + 1);
  return tasks.filter((task) => {
    const count = done.get(task) ?? 0;
    done.set(task, count - 1);
    return count <= 0;
  });
}

function fingerprint(): string {
  const hash = createHash("sha256");
  for (const path of JUDGING.map((part) => join(ROOT, part))) {
    const files = path.endsWith(".ts") ? [path] : readdirSync(path).map((name) => join(path, name));
    for (const file of files.sort()) if (/(?<!\.test)\.ts$/.test(file)) hash.update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 12);
}

/** In an order that is new in every soak. */
function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
