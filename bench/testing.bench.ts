/**
 * What matchers and reporter cost a suite: the same generated suite with and without them, in turns; all files in one
 * worker (`isolate: false`), where the reporter has most to do, and each in a worker of its own, vitest's default. And how often
 * `toLeakNothing` errs, from the runs of `npm run soak:testing`: what is left of them is run first.
 * `npm run bench:testing [-- suite | soak] [--minutes 3]`: some minutes besides the soak; one part keeps the other's rows. Needs the build.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { readOptions, TASKS_LEFT } from "./support/chunk.ts";
import { type BenchRow, readList, writeResults } from "./support/results.ts";
import { runSoak, type SoakOutcome } from "./support/testing-soak.ts";

const ROOT = join(import.meta.dirname, "..");
const COUNT = 1000;
const PAIRS = 5;
const FILES = 40;
const SUITE = "a suite of";

const CONFIG = `const isMeasured = process.env.MEASURED === "1";
export default {
  test: {
    isolate: process.env.ISOLATED === "1",
    maxWorkers: 1,
    setupFiles: isMeasured ? ["plimsoll/testing/vitest"] : [],
    reporters: isMeasured ? ["default", "plimsoll/testing/reporter"] : ["default"],
  },
};
`;
const TEST_FILE = `import { expect, test } from "vitest";
test.each(Array.from({ length: 10 }, (_, index) => index))("sorts %i", (index) => {
  const list = Array.from({ length: 20_000 }, (_, at) => ({ at: (at * 7919 + index) % 20_011, text: "row " + at }));
  expect(list.sort((one, other) => one.at - other.at).length).toBe(20_000);
});
`;

function makeSuite(): string {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-suite-"));
  const installed = join(folder, "node_modules", "plimsoll");
  mkdirSync(installed, { recursive: true });
  // A copy, as npm makes it: vitest would transform what a link leads to.
  cpSync(join(ROOT, "dist"), join(installed, "dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
  symlinkSync(join(ROOT, "node_modules", "vitest"), join(folder, "node_modules", "vitest"), "dir");
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, "vitest.config.ts"), CONFIG);
  for (let file = 0; file < FILES; file += 1) writeFileSync(join(folder, `file-${file}.test.ts`), TEST_FILE);
  return folder;
}

/** Milliseconds of one run. */
function runSuite(cwd: string, isMeasured: boolean, isIsolated: boolean): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "node_modules", "vitest", "vitest.mjs"), "run"], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, MEASURED: isMeasured ? "1" : "0", ISOLATED: isIsolated ? "1" : "0" },
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  if (status !== 0) throw new Error(`the suite ended with ${status}: ${stderr}`);
  if (isMeasured !== stderr.includes(" Memory ")) throw new Error(`the reporter was there or not: ${stderr}`);
  return Math.round(performance.now() - began);
}

/** Pairs in turns, each side first in every second pair. */
function compare(cwd: string, isIsolated: boolean): BenchRow {
  const where = isIsolated ? "each in a worker of its own" : "in one worker";
  const without: number[] = [];
  const measured: number[] = [];
  runSuite(cwd, true, isIsolated);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    if (pair % 2 === 0) without.push(runSuite(cwd, false, isIsolated));
    measured.push(runSuite(cwd, true, isIsolated));
    if (pair % 2 === 1) without.push(runSuite(cwd, false, isIsolated));
  }
  const ratios = measured.map((ms, pair) => round(100 * (ms / (without[pair] ?? ms) - 1)));
  const row: BenchRow = {
    name: `${SUITE} ${FILES} files, ${where}: slower with matchers and reporter by`,
    value: round(100 * (median(measured) / median(without) - 1)),
    unit: "%",
    goal: "<= 5",
    runs: ratios,
    peers: { "ms without": median(without), "ms with": median(measured) },
  };
  console.log(row, { without, measured });
  return row;
}

function soakRows({ clean, leaky, falseAlarms, misses, minimalBytes, left }: SoakOutcome): BenchRow[] {
  const state = left > 0 ? `, while ${left} runs of the soak are left` : "";
  const sizes = leaky.flatMap(({ task }) => (task.startsWith("bytes:") ? [Number(task.slice("bytes:".length))] : []));
  const tried = [...new Set(sizes)].sort((one, other) => other - one).join(", ");
  const cleanMs = clean.map(({ durationMs }) => durationMs);
  const leakyMs = leaky.map(({ durationMs }) => durationMs);
  const kinds = (lines: readonly { readonly task: string }[]): number => new Set(lines.map(({ task }) => task)).size;
  return [
    { name: `clean functions checked${state}`, value: clean.length, unit: "runs", goal: `>= ${COUNT}` },
    {
      name: `false alarms of toLeakNothing in ${clean.length} runs of ${kinds(clean)} clean functions`,
      value: falseAlarms.length,
      unit: "runs",
      goal: "<= 0",
    },
    {
      name: `planted leaks missed in ${leaky.length} runs of ${kinds(leaky)}`,
      value: misses.length,
      unit: "runs",
      goal: "<= 0",
    },
    {
      name: `smallest leak of the heap that was found every time; tried: ${tried} B a call${state}`,
      value: minimalBytes ?? "none",
      unit: "B a call",
      goal: "<= 64",
    },
    { name: "duration of a clean check, median", value: Math.round(median(cleanMs)), unit: "ms", goal: "<= 1000" },
    { name: "duration of a clean check, longest", value: Math.round(Math.max(...cleanMs)), unit: "ms" },
    { name: "duration of a check that finds a leak, median", value: Math.round(median(leakyMs)), unit: "ms" },
    { name: "duration of a check that finds a leak, longest", value: Math.round(Math.max(...leakyMs)), unit: "ms" },
  ];
}

function round(percent: number): number {
  return Math.round(100 * percent) / 100;
}

function measureSuites(): BenchRow[] {
  const folder = makeSuite();
  try {
    return [compare(folder, false), compare(folder, true)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const options = readOptions(2);
const parts = options.names.length > 0 ? options.names : ["soak", "suite"];
const kept = readList("testing", "rows") as readonly BenchRow[];
const isSuite = ({ name }: BenchRow): boolean => name.startsWith(SUITE);
const soak = await runSoak({
  ...options,
  minutes: parts.includes("soak") ? options.minutes : 0,
  count: COUNT,
  say: (line) => console.log(line),
});
const suites = parts.includes("suite") ? measureSuites() : kept.filter(isSuite);
const rows = [...suites, ...(soak.clean.length > 0 ? soakRows(soak) : kept.filter((row) => !isSuite(row)))];
console.log(rows);
console.log(writeResults("testing", "npm run bench:testing", rows, { lists: { functions: soak.functions } }));
if (soak.left > 0) {
  console.log(`${soak.left} runs of the soak are left: run the same command again`);
  process.exitCode = TASKS_LEFT;
}
