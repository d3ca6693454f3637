/**
 * The Lisp application beside biwascheme, LIPS and nbb (sci): calls, call/cc, and deep recursion; and what its history costs: 100 million
 * steps with their bytes and memory, the slow-down, and going to any step. Each side of each program is a process of its own, and the
 * sides take turns.
 *
 * `npm run bench:lisp [-- --quick]`: about six minutes; the quick form is a smoke test and writes nothing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { installPackages } from "../test/support/install-packages.ts";
import { measureDropped } from "./lisp/dropped-symbols.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const FOLDER = join(import.meta.dirname, "lisp");
const DEADLINE_MS = 240_000;
const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 1 : 5;
const TURNS = quick ? 2 : 7;
const PEER_TURNS = quick ? 1 : 3;
const LONG_STEPS = quick ? 2_000_000 : 100_000_000;
const PACE_STEPS = quick ? 1_000_000 : 30_000_000;
const VISITS = quick ? 20 : 400;
/** Visits before those that count, in which the engine compiles what going back needs. */
const WARM_VISITS = quick ? 5 : 100;
const MEGABYTE = 1e6;

interface Program {
  readonly name: string;
  readonly clojure?: string;
}

interface HistoryRun {
  readonly cpuMs: number;
  readonly bytes: number;
  readonly keyframes: number;
  readonly peakBytes: number;
  readonly visitMs: readonly number[];
}

const programs = JSON.parse(readFileSync(join(FOLDER, "programs.json"), "utf8")) as readonly Program[];
const histories = JSON.parse(readFileSync(join(FOLDER, "history-programs.json"), "utf8")) as readonly Program[];
await installPackages(join(FOLDER, "peers"));
const rows: BenchRow[] = [
  ...programs.flatMap(compare),
  ...histories.flatMap(measureHistory),
  ...measureDropped(quick ? 1 : 3),
];
for (const { name, value, unit, goal, peers } of rows)
  process.stderr.write(
    `${name}: ${value} ${unit}${goal === undefined ? "" : ` (${goal})`} ${peers ? JSON.stringify(peers) : ""}\n`,
  );
if (!quick) process.stderr.write(`${writeResults("lisp", "npm run bench:lisp", rows)}\n`);

function compare({ name, clojure }: Program, index: number): BenchRow[] {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    own: median([...run("lisp", index, TURNS)]),
    peer: median([...run("biwascheme", index, index > 3 ? 1 : PEER_TURNS)]),
  }));
  const ratios = rounds.map(({ own, peer }) => peer / own);
  const peers: Record<string, number | string> = {
    "biwascheme 0.8.3": round(median(rounds.map(({ peer }) => peer))),
    "LIPS 1.0.0-beta.23.1": quick || index > 3 ? "not run" : attempt("lips", index, 1),
    "nbb 1.6.214": clojure === undefined ? "has no call/cc" : attempt("nbb", index, PEER_TURNS),
  };
  return [
    {
      name: `${name}: time of biwascheme to ours, median of rounds`,
      value: round(median([...ratios])),
      unit: "x",
      ...(index === 0 ? { goal: ">= 30" } : {}),
      runs: ratios.map(round),
    },
    {
      name: `${name}: time`,
      value: round(median(rounds.map(({ own }) => own))),
      unit: "ms",
      runs: rounds.map(({ own }) => round(own)),
      peers,
    },
  ];
}

/** The history of a long run: its bytes and memory, what going to a step takes, and how much slower the run was. */
function measureHistory({ name }: Program, index: number): BenchRow[] {
  const bare = spawnSync(process.execPath, ["-p", "process.resourceUsage().maxRSS * 1024"], { encoding: "utf8" });
  const bareBytes = Number(bare.stdout);
  const alone = runHistory(index, "plain", LONG_STEPS, 0);
  const long = runHistory(index, "history", LONG_STEPS, VISITS + WARM_VISITS);
  const visits = long.visitMs.slice(WARM_VISITS).toSorted((a, b) => a - b);
  const ratios = Array.from({ length: ROUNDS }, () => {
    const plain = runHistory(index, "plain", PACE_STEPS, 0);
    return runHistory(index, "history", PACE_STEPS, 0).cpuMs / plain.cpuMs;
  });
  const label = `history, ${name}`;
  const million = `${LONG_STEPS / 1e6} million steps`;
  return [
    {
      name: `${label}: peak memory above bare Node.js, ${million}`,
      value: round((long.peakBytes - bareBytes) / MEGABYTE),
      unit: "MB",
      goal: "<= 64",
      peers: { "the program without a history": round((alone.peakBytes - bareBytes) / MEGABYTE) },
    },
    { name: `${label}: bytes on disk, ${million}`, value: round(long.bytes / MEGABYTE), unit: "MB" },
    { name: `${label}: going to a step, median`, value: round(median([...visits])), unit: "ms", goal: "<= 1" },
    {
      name: `${label}: going to a step, 99th percentile`,
      value: round(visits[Math.floor(visits.length * 0.99)] ?? 0),
      unit: "ms",
      goal: "<= 10",
    },
    {
      name: `${label}: CPU time to that without a history, median of rounds`,
      value: round(median([...ratios])),
      unit: "x",
      goal: "<= 1.25",
      runs: ratios.map(round),
    },
  ];
}

function runHistory(index: number, side: string, steps: number, visits: number): HistoryRun {
  return JSON.parse(spawnCase("history", [index, side, steps, visits])) as HistoryRun;
}

/** The milliseconds of each turn of a case. @throws Error when it does not end well. */
function run(side: string, index: number, turns: number): readonly number[] {
  return (JSON.parse(spawnCase(side, [index, turns])) as { ms: number[] }).ms;
}

/** The median, or what the peer died of. */
function attempt(side: string, index: number, turns: number): number | string {
  try {
    return round(median([...run(side, index, turns)]));
  } catch (error) {
    if (/call stack/i.test(String(error))) return "the host's stack overflows";
    throw error;
  }
}

function spawnCase(side: string, args: readonly (string | number)[]): string {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(FOLDER, `${side}-case.mjs`), ...args.map(String)],
    { encoding: "utf8", timeout: DEADLINE_MS, killSignal: "SIGKILL" },
  );
  if (status !== 0) throw new Error(`${side} ${args.join(" ")} ended with ${signal ?? status}:\n${stderr}`);
  return stdout;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
