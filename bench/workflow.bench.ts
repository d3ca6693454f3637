/**
 * What a conversation costs an executor: sessions that have their turns, the same on both sides, the model answered at once. Ours keeps
 * checkpoints in files, LangGraph.js keeps them in its MemorySaver. First some short runs in turns, for the throughput; then the whole, once
 * each, for the peak. Every run is a process of its own.
 *
 * `npm run bench:workflow [-- --quick]`: about ten minutes on a quiet machine, most of them LangGraph's; the quick form writes nothing.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "simple-statistics";
import { installPackages } from "../test/support/install-packages.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const HERE = join(import.meta.dirname, "workflow");
const PEER = "LangGraph.js 1.7.3, MemorySaver 1.2.2";
const MB = 2 ** 20;
const quick = process.argv.includes("--quick");
const TURNS = 50;
const ROUNDS = quick ? 1 : 3;
const SHORT_SESSIONS = quick ? 10 : 40;
const SESSIONS = quick ? 50 : 1000;
const DEADLINE_MS = 3_600_000;

interface Run {
  readonly turnsPerSecond: number;
  readonly peakBytes: number;
  /** Of the last session, at its end. */
  readonly messages: number;
}

function run(file: string, sessions: number, ...more: readonly string[]): Run {
  const heap = "--max-old-space-size=14000"; // what it needs is the question
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [heap, join(HERE, file), String(sessions), String(TURNS), ...more],
    { encoding: "utf8", timeout: DEADLINE_MS, killSignal: "SIGKILL" },
  );
  if (status !== 0) throw new Error(`${file} ended with ${signal ?? status}: ${stderr.slice(-500)}`);
  const result = JSON.parse(stdout) as Run;
  if (result.messages !== 2 * TURNS) throw new Error(`${file} kept ${result.messages} messages, not ${2 * TURNS}`);
  process.stderr.write(`${file} ${sessions}: ${stdout}\n`);
  return result;
}

function ours(sessions: number): Run {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
  try {
    return run("ours-case.mjs", sessions, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const theirs = (sessions: number): Run => run("langgraph-case.mjs", sessions);
const round = (value: number): number => Number(value.toPrecision(3));

await installPackages(join(HERE, "peers"));
const pairs = Array.from({ length: ROUNDS }, () => ({ ours: ours(SHORT_SESSIONS), theirs: theirs(SHORT_SESSIONS) }));
const whole = { ours: ours(SESSIONS), theirs: theirs(SESSIONS) };
const what = `${SESSIONS.toLocaleString("en-US")} sessions of ${TURNS} turns`;
const few = `${SHORT_SESSIONS} sessions of ${TURNS} turns`;
const speeds = pairs.map((pair) => round(pair.ours.turnsPerSecond / pair.theirs.turnsPerSecond));
const rows: BenchRow[] = [
  {
    name: `${what}: peak resident memory, checkpoints in files`,
    value: round(whole.ours.peakBytes / MB),
    unit: "MB",
    peers: { [PEER]: round(whole.theirs.peakBytes / MB) },
  },
  {
    name: `${what}: peak to that of ${PEER}`,
    value: round(whole.ours.peakBytes / whole.theirs.peakBytes),
    unit: "x",
    goal: "<= 0.2",
  },
  {
    name: `${what}: turns a second`,
    value: round(whole.ours.turnsPerSecond),
    unit: "turns/s",
    peers: { [PEER]: round(whole.theirs.turnsPerSecond) },
  },
  {
    name: `${what}: throughput to that of ${PEER}`,
    value: round(whole.ours.turnsPerSecond / whole.theirs.turnsPerSecond),
    unit: "x",
    goal: ">= 0.95",
  },
  {
    name: `${few}, in turns: throughput to that of ${PEER}`,
    value: median(speeds),
    unit: "x",
    goal: ">= 0.95",
    runs: speeds,
  },
  {
    name: `${few}, in turns: turns a second`,
    value: round(median(pairs.map((pair) => pair.ours.turnsPerSecond))),
    unit: "turns/s",
    runs: pairs.map((pair) => round(pair.ours.turnsPerSecond)),
    peers: { [PEER]: round(median(pairs.map((pair) => pair.theirs.turnsPerSecond))) },
  },
];
for (const { name, value, unit, goal } of rows)
  process.stderr.write(`${name}: ${value} ${unit} (${goal ?? "no goal"})\n`);
if (!quick) process.stderr.write(`${writeResults("workflow", "npm run bench:workflow", rows)}\n`);
