/**
 * What a history costs: a million steps over ten thousand bindings and over a nested state of 1 MB, each in a process
 * with a small heap, restores of random steps compared with the truth, a compaction beside a running program, pages
 * that are stored once, and peers in turns with it.
 * `npm run bench:history [-- STEPS]`; fewer steps than a million are for trying it out and write no results.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, quantile } from "simple-statistics";
import { runWell } from "../test/support/processes.ts";
import { measureEqualPages } from "./history/equal-pages.ts";
import { type Peer, type PeerCost, PEERS } from "./history/peers.ts";
import { bindings, nested, record, type Workload } from "./history/workloads.mjs";
import { type BenchRow, writeResults } from "./support/results.ts";

const STEPS = Number(process.argv[2] ?? 1_000_000);
const IS_WHOLE = STEPS >= 1_000_000;
const SAMPLES = IS_WHOLE ? 1000 : 100;
const ROUNDS = IS_WHOLE ? 3 : 1;
/** Every way of keeping states saves so many: whole copies of many more would not fit into the memory. The others save five times as many once more. */
const PEER_STEPS = IS_WHOLE ? 400 : 100;
/** What a program sets that wants to stay small; the bare process has the same. */
const FLAGS = ["--max-semi-space-size=2", "--max-old-space-size=48"];
const DEADLINE_MS = 300_000;
const MB = 2 ** 20;

function runCase(name: string, ...args: string[]): unknown {
  const file = join(import.meta.dirname, "history", name);
  const said = runWell(process.execPath, [...FLAGS, file, ...args], {
    cwd: join(import.meta.dirname, ".."),
    deadlineMs: DEADLINE_MS,
  });
  return JSON.parse(said);
}

function bareBytes(): number {
  const program = "console.log(process.resourceUsage().maxRSS * 1024)";
  return Number(runWell(process.execPath, [...FLAGS, "-e", program], { cwd: tmpdir() }));
}

/** What a process says that has read. */
interface Reading {
  readonly openMs: number;
  readonly restoreMs: readonly number[];
  readonly oneValueMs: readonly number[];
  readonly manyValuesMs: readonly number[];
  readonly readPeakBytes: number;
  readonly wrong: number;
}

/** The million steps. */
function measureSteps(name: string, { title }: Workload): BenchRow[] {
  const rates: number[] = [];
  const above: number[] = [];
  const diskBytes: number[] = [];
  const pauses: number[] = [];
  const readings: (Reading & { readonly above: number })[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
    try {
      const bare = bareBytes();
      const written = runCase("write-case.mjs", name, folder, String(STEPS)) as { seconds: number; peakBytes: number };
      rates.push(Math.round(STEPS / written.seconds));
      above.push((written.peakBytes - bare) / MB);
      diskBytes.push(readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) / STEPS);
      const reading = runCase("read-case.mjs", name, folder, String(STEPS), String(SAMPLES)) as Reading;
      readings.push({ ...reading, above: (reading.readPeakBytes - bare) / MB });
      const thinned = runCase("thin-case.mjs", folder, String(STEPS)) as { longestPauseMs: number; wrong: number };
      pauses.push(thinned.wrong > 0 ? Infinity : thinned.longestPauseMs);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const what = `${STEPS} steps over ${title}`;
  const times = (words: string, of: (reading: Reading) => readonly number[]): BenchRow[] => {
    const runs = readings.map((reading) => round2(quantile([...of(reading)], 0.99)));
    return [
      { name: `${what}: ${words}, median`, value: round2(median(readings.flatMap(of))), unit: "ms" },
      {
        name: `${what}: ${words}, p99`,
        value: round2(quantile(readings.flatMap(of), 0.99)),
        unit: "ms",
        goal: "<= 5",
        runs,
      },
    ];
  };
  return [
    { name: `${what}: saves a second`, value: median(rates), unit: "1/s", goal: ">= 500000", runs: rates },
    row(`${what}: on disk`, diskBytes, "B a step", "<= 64"),
    row(`${what}: peak resident set above bare Node.js, writing`, above, "MB", "<= 32"),
    row(
      `${what}: the same, restoring ${SAMPLES} whole states`,
      readings.map((reading) => reading.above),
      "MB",
    ),
    row(
      `${what}: opening`,
      readings.map((reading) => reading.openMs),
      "ms",
    ),
    ...times("restoring the whole state of a random step", ({ restoreMs }) => restoreMs),
    ...times("one value of a random step", ({ oneValueMs }) => oneValueMs),
    ...times("20 values of a random step", ({ manyValuesMs }) => manyValuesMs),
    {
      name: `${what}: random states that differ from the truth, of ${SAMPLES * ROUNDS}`,
      value: readings.reduce((sum, { wrong }) => sum + wrong, 0),
      unit: "states",
      goal: "<= 0",
    },
    row(
      `${what}: longest pause of a program that saves while every other thousand of steps is dropped`,
      pauses,
      "ms",
      "<= 50",
    ),
  ];
}

/** Peers in turns with ours, the first of them. */
async function measurePeers(workload: Workload, peers: readonly Peer[], steps: number): Promise<BenchRow[]> {
  const costs = new Map<string, PeerCost[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, run } of peers) {
      const cost = await run(workload, steps);
      costs.set(name, [...(costs.get(name) ?? []), cost]);
    }
  }
  const of = (what: keyof PeerCost, name: string): number =>
    round2(median((costs.get(name) ?? []).map((cost) => cost[what])));
  const table = (what: keyof PeerCost, words: string, unit: string): BenchRow => ({
    name: `${steps} steps over ${workload.title}: ${words}`,
    value: of(what, "plimsoll"),
    unit,
    peers: Object.fromEntries(peers.slice(1).map(({ name }) => [name, of(what, name)])),
  });
  return [
    table("saveUs", "a save", "us"),
    table("stepBytes", "what a step adds", "B"),
    table("restoreMs", "restoring a state", "ms"),
  ];
}

function row(name: string, runs: readonly number[], unit: string, goal?: string): BenchRow {
  return { name, value: round2(median([...runs])), unit, ...(goal && { goal }), runs: runs.map(round2) };
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

const rows = [
  ...measureSteps("bindings", bindings),
  ...measureSteps("nested", nested),
  await measureEqualPages(bindings),
  ...(await measurePeers(record, PEERS, PEER_STEPS)),
  ...(await measurePeers(nested, PEERS, PEER_STEPS)),
  ...(await measurePeers(
    record,
    PEERS.filter(({ copies }) => !copies),
    PEER_STEPS * 5,
  )),
];
for (const { name, value, unit, goal, peers } of rows)
  console.log(`${name}: ${value} ${unit}`, goal ?? "", peers ?? "");
if (IS_WHOLE) console.log(writeResults("history", "npm run bench:history", rows));
