/**
 * What a history costs: a million steps over ten thousand bindings in a process with a small heap, restores of
 * random steps compared with the truth, a nested state with small edits, and peers in turns with it.
 * `npm run bench:history [-- STEPS]`; fewer steps than a million are for trying it out and write no results.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, quantile } from "simple-statistics";
import { runWell } from "../test/support/processes.ts";
import { BINDINGS, bindingOf, NAMES, valueOf } from "./history/bindings.mjs";
import { type PeerCost, PEERS, type Workload } from "./history/peers.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const STEPS = Number(process.argv[2] ?? 1_000_000);
const IS_WHOLE = STEPS >= 1_000_000;
const SAMPLES = IS_WHOLE ? 1000 : 100;
const ROUNDS = IS_WHOLE ? 3 : 1;
const PEER_STEPS = IS_WHOLE ? 20_000 : 2000;
/** What a program sets that wants to stay small; the bare process has the same. */
const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=48"];
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

/** The million steps. */
function measureBindings(): BenchRow[] {
  const rates: number[] = [];
  const above: number[] = [];
  const aboveRead: number[] = [];
  let diskBytes = 0;
  let restoreMs: number[] = [];
  let oneValueMs: number[] = [];
  const openMs: number[] = [];
  let wrong = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
    try {
      const bare = bareBytes();
      const written = runCase("write-bindings.mjs", folder, String(STEPS)) as { seconds: number; peakBytes: number };
      rates.push(Math.round(STEPS / written.seconds));
      above.push((written.peakBytes - bare) / MB);
      diskBytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
      const read = runCase("read-bindings.mjs", folder, String(STEPS), String(SAMPLES)) as {
        openMs: number;
        restoreMs: number[];
        oneValueMs: number[];
        readPeakBytes: number;
        wrong: number;
      };
      openMs.push(read.openMs);
      restoreMs = [...restoreMs, ...read.restoreMs];
      oneValueMs = [...oneValueMs, ...read.oneValueMs];
      aboveRead.push((read.readPeakBytes - bare) / MB);
      wrong += read.wrong;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const what = `${STEPS} steps over ${BINDINGS} bindings`;
  return [
    { name: `${what}: saves a second`, value: median(rates), unit: "1/s", goal: ">= 500000", runs: rates },
    { name: `${what}: on disk`, value: round2(diskBytes / STEPS), unit: "B a step", goal: "<= 64" },
    row(`${what}: peak resident set above bare Node.js, writing`, above, "MB", "<= 32"),
    row(`${what}: the same, restoring whole states`, aboveRead, "MB"),
    row(`${what}: opening`, openMs, "ms"),
    { name: `${what}: restoring a whole state, median`, value: round2(median(restoreMs)), unit: "ms" },
    {
      name: `${what}: restoring a whole state, p99`,
      value: round2(quantile(restoreMs, 0.99)),
      unit: "ms",
      goal: "<= 5",
    },
    { name: `${what}: one value of a step, median`, value: round2(median(oneValueMs)), unit: "ms" },
    { name: `${what}: one value of a step, p99`, value: round2(quantile(oneValueMs, 0.99)), unit: "ms", goal: "<= 5" },
    {
      name: `${what}: random states that differ from the truth, of ${SAMPLES * ROUNDS}`,
      value: wrong,
      unit: "states",
      goal: "<= 0",
    },
  ];
}

const flat: Workload = {
  name: `${BINDINGS} bindings`,
  make: () => Object.fromEntries(NAMES.map((name, i) => [name, i])),
  edit: (step) => ({ path: [NAMES[bindingOf(step)] ?? ""], value: valueOf(step) }),
};

const nested: Workload = {
  name: "a nested state of 1 MB, 100 x 20 objects of 14 fields",
  make: () =>
    Object.fromEntries(
      Array.from({ length: 100 }, (_, group) => [
        `group-${group}`,
        Object.fromEntries(
          Array.from({ length: 20 }, (_, item) => [
            `item-${item}`,
            Object.fromEntries(
              Array.from({ length: 14 }, (_, field) => [`field-${field}`, `text ${group} ${item} ${field}`]),
            ),
          ]),
        ),
      ]),
    ),
  edit: (step) => ({
    path: [`group-${bindingOf(step) % 100}`, `item-${bindingOf(step + 1) % 20}`, `field-${bindingOf(step + 2) % 14}`],
    value: valueOf(step),
  }),
};

/** Every peer in turns with ours. */
async function measurePeers(workload: Workload): Promise<BenchRow[]> {
  const costs = new Map<string, PeerCost[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, run } of PEERS) {
      const cost = await run(workload, PEER_STEPS);
      costs.set(name, [...(costs.get(name) ?? []), cost]);
    }
  }
  const of = (what: keyof PeerCost, name: string): number =>
    round2(median((costs.get(name) ?? []).map((cost) => cost[what])));
  const table = (what: keyof PeerCost, words: string, unit: string): BenchRow => ({
    name: `${workload.name}: ${words}`,
    value: of(what, "plimsoll"),
    unit,
    peers: Object.fromEntries(PEERS.slice(1).map(({ name }) => [name, of(what, name)])),
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

const rows = [...measureBindings(), ...(await measurePeers(flat)), ...(await measurePeers(nested))];
for (const { name, value, unit, goal, peers } of rows)
  console.log(`${name}: ${value} ${unit}`, goal ?? "", peers ?? "");
if (IS_WHOLE) console.log(writeResults("history", "npm run bench:history", rows));
