/** Runs the soak of `toLeakNothing`: makes the plan, two processes at a time, and counts. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "../../src/monitor/trend.ts";
import { CLEAN_FUNCTIONS } from "../../test/testing/clean-functions.ts";
import { LEAKY_FUNCTIONS } from "../../test/testing/leaky-functions.ts";
import type { SoakLine } from "./testing-case.ts";

/** How much is run. */
export interface SoakPlan {
  /** Clean runs. */
  readonly count: number;
  /** Takes a line for each run that went wrong, and for progress. */
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface SoakOutcome {
  readonly clean: number;
  readonly leaky: number;
  /** Lines of clean functions in which a leak was found. */
  readonly falseAlarms: readonly SoakLine[];
  /** Lines of leaks that were not found, or under another name only. */
  readonly misses: readonly SoakLine[];
  /** Smallest planted leak that was found every time. Default: none was. */
  readonly minimalBytes: number | undefined;
  /** Duration of a clean run, in milliseconds. */
  readonly medianMs: number;
  readonly maxMs: number;
}

const CASE = join(import.meta.dirname, "testing-case.ts");
/** Runs in one process: a later one meets the heap that earlier ones left. */
const TASKS_A_PROCESS = 25;
const WIDTH = 2;
const DEADLINE_MS = 300_000;
/** Bytes a call of the planted ladder, and how often each is tried. */
const LADDER = [128, 96, 80, 64];
const LADDER_RUNS = 5;
const LEAKY_RUNS = 3;

/** Runs the plan. */
export async function runSoak({ count, say }: SoakPlan): Promise<SoakOutcome> {
  const names = Object.keys(CLEAN_FUNCTIONS);
  const clean = Array.from({ length: count }, (_, index) => `clean:${names[index % names.length] ?? ""}`);
  const leaky = Object.keys(LEAKY_FUNCTIONS).flatMap((name) => Array<string>(LEAKY_RUNS).fill(`leaky:${name}`));
  const ladder = LADDER.flatMap((bytes) => Array<string>(LADDER_RUNS).fill(`bytes:${bytes}`));
  const lines = await runAll(shuffle([...clean, ...leaky, ...ladder]), say);
  const cleanLines = lines.filter(({ task }) => task.startsWith("clean:"));
  const leakyLines = lines.filter(({ task }) => task.startsWith("leaky:"));
  const found = (bytes: number): boolean =>
    lines.filter(({ task }) => task === `bytes:${bytes}`).every((line) => isFound(line));
  const durations = cleanLines.map(({ durationMs }) => durationMs);
  return {
    clean: cleanLines.length,
    leaky: leakyLines.length,
    falseAlarms: cleanLines.filter(({ found: grown }) => Object.keys(grown).length > 0),
    misses: leakyLines.filter((line) => !isFound(line)),
    minimalBytes: LADDER.filter((_, index) => LADDER.slice(0, index + 1).every(found)).at(-1),
    medianMs: Math.round(median(durations)),
    maxMs: Math.round(Math.max(...durations)),
  };
}

function isFound({ found, expected }: SoakLine): boolean {
  return expected !== undefined && expected in found;
}

/** Two processes at a time, each with its share of the tasks. */
async function runAll(tasks: readonly string[], say: (line: string) => void): Promise<SoakLine[]> {
  const lots = Array.from({ length: Math.ceil(tasks.length / TASKS_A_PROCESS) }, (_, lot) =>
    tasks.slice(lot * TASKS_A_PROCESS, (lot + 1) * TASKS_A_PROCESS),
  );
  const lines: SoakLine[] = [];
  const worker = async (): Promise<void> => {
    for (let lot = lots.shift(); lot; lot = lots.shift()) {
      for (const line of await runLot(lot)) {
        lines.push(line);
        const isClean = line.expected === undefined;
        if (isClean ? Object.keys(line.found).length > 0 : !isFound(line)) say(JSON.stringify(line));
      }
      say(`${lines.length} of ${tasks.length}`);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return lines;
}

async function runLot(tasks: readonly string[]): Promise<SoakLine[]> {
  const options = { timeout: DEADLINE_MS, killSignal: "SIGKILL", maxBuffer: 2 ** 24 } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", CASE, ...tasks], options);
  const lines = stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as SoakLine);
}

/** In an order that is new in every soak. */
function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
