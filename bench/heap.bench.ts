/**
 * Opening heap snapshots, with dominators and retained sizes: time and peak memory of a whole process beside memlab 2.0.5
 * (`getFullHeapFromFile`), chrome-devtools-mcp 1.11.0 (`getAggregates`, on Node 22) and @vscode/v8-heap-parser 0.1.0
 * (`get_class_groups`); inside memory cgroups; again, with the sidecar; and what every node retains, compared with memlab.
 * The snapshots are of a process that holds TypeScript's own source as syntax trees and leaks beside them.
 *
 * `npm run bench:heap [-- --quick]`: about 5 minutes, tools in turns, medians of three (DevTools' code: one run; beyond 760 MB: ours alone); generates 4 GB into bench/.cache-heap/ once.
 * The quick form takes the small snapshots, one run each, and writes nothing. The cgroups need root and version 1.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { compareDetails } from "./heap/comparison.ts";
import { canMakeCgroups } from "../test/support/memory-cgroup.ts";
import { installHeapPeers, type Run, runTool, type ToolName } from "./heap/runs.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const CACHE = join(import.meta.dirname, ".cache-heap");
const GROW = join(import.meta.dirname, "heap", "grow.cjs");
const MB = 1e6;
const MIB = 2 ** 20;
const NAMES = {
  memlab: "memlab 2.0.5",
  devtools: "chrome-devtools-mcp 1.11.0",
  "v8-heap-parser": "@vscode/v8-heap-parser 0.1.0",
} as const;
const PEERS = ["memlab", "devtools", "v8-heap-parser"] as const;

const quick = process.argv.includes("--quick");
const sizes = quick ? [45, 220] : [45, 220, 760, 2300];
const rounds = quick ? 1 : 3;
/** The others take minutes and gigabytes beyond this. */
const LARGEST_FOR_PEERS = 760;
/** The size that the goals are about. */
const GOAL_SIZE = 760;
/** Of DevTools' code, which takes minutes. */
const ROUNDS_SLOW = 1;

type Measured = Record<ToolName, (Run | string)[]>;

installHeapPeers();
mkdirSync(CACHE, { recursive: true });
const rows: BenchRow[] = [];
for (const size of sizes) {
  const file = snapshotOf(size);
  const runs = measure(size, file);
  rows.push(...speedRows(size, runs));
  if (size <= LARGEST_FOR_PEERS) rows.push(comparisonRow(size, file));
  if (size <= LARGEST_FOR_PEERS) rows.push(...sidecarRows(size, file, runs));
}
if (canMakeCgroups()) {
  for (const [size, limitMib] of [
    [760, 512],
    [2300, 2048],
  ] as const) {
    if (sizes.includes(size)) rows.push(limitRow(size, limitMib));
  }
}
if (quick)
  for (const row of rows)
    process.stderr.write(`${row.name}: ${row.value} ${row.unit} ${JSON.stringify(row.peers ?? {})}\n`);
else process.stderr.write(`${writeResults("heap", "npm run bench:heap", rows)}\n`);

function snapshotOf(size: number): string {
  const file = join(CACHE, `h${size}.heapsnapshot`);
  if (existsSync(file)) return file;
  process.stderr.write(`generating ${file}\n`);
  const { status } = spawnSync(process.execPath, ["--max-old-space-size=12000", GROW, String(size), file], {
    stdio: ["ignore", 2, 2],
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(`${file} could not be generated`);
  return file;
}

/** All tools in turns. */
function measure(size: number, file: string): Measured {
  const runs: Measured = { plimsoll: [], "plimsoll again": [], memlab: [], devtools: [], "v8-heap-parser": [] };
  for (let round = 0; round < rounds; round++) {
    for (const tool of ["plimsoll", ...PEERS] as const) {
      const isTooSlow =
        tool !== "plimsoll" && (size > LARGEST_FOR_PEERS || (tool === "devtools" && round >= ROUNDS_SLOW));
      if (isTooSlow) continue;
      const run = runTool(tool, file);
      runs[tool].push(run);
      process.stderr.write(`${size} MB, ${tool}: ${typeof run === "string" ? run : words(run)}\n`);
    }
  }
  return runs;
}

function speedRows(size: number, runs: Measured): BenchRow[] {
  const time = ({ seconds }: Run): number => seconds;
  const peak = ({ peakRssBytes }: Run): number => peakRssBytes / MB;
  const [ours, memlab] = [middle(runs.plimsoll, time), middle(runs.memlab, time)];
  const [ourPeak, memlabPeak] = [middle(runs.plimsoll, peak), middle(runs.memlab, peak)];
  const isGoal = size === GOAL_SIZE;
  const list = (read: (run: Run) => number): number[] =>
    runs.plimsoll.flatMap((run) => (typeof run === "string" ? [] : [round2(read(run))]));
  const ratioRows: BenchRow[] = [
    {
      name: `open, ${size} MB, memlab's time to ours`,
      value: ratio(memlab, ours),
      unit: "x",
      ...(isGoal && { goal: ">= 15" }),
    },
    {
      name: `open, ${size} MB, memlab's peak to ours`,
      value: ratio(memlabPeak, ourPeak),
      unit: "x",
      ...(isGoal && { goal: ">= 5" }),
    },
  ];
  return [
    { name: `open, ${size} MB`, value: ours, unit: "s", runs: list(time), peers: peersOf(runs, time) },
    {
      name: `open, ${size} MB, peak RSS`,
      value: ourPeak,
      unit: "MB",
      ...(isGoal && { goal: "<= 450" }),
      runs: list(peak),
      peers: peersOf(runs, peak),
    },
    ...(size > LARGEST_FOR_PEERS ? [] : ratioRows),
  ];
}

/** Every node, ours against memlab's. */
function comparisonRow(size: number, file: string): BenchRow {
  const [ours, memlab] = (["plimsoll", "memlab"] as const).map((tool) => {
    const detailsFile = join(CACHE, `${tool}-${process.pid}.details`);
    const run = runTool(tool, file, { detailsFile });
    if (typeof run === "string") throw new Error(`${tool} ${run}`);
    return detailsFile;
  });
  const found = compareDetails(ours ?? "", memlab ?? "");
  for (const path of [ours, memlab]) rmSync(path ?? "", { force: true });
  const aside = `; ${found.explained} others dominate the value of a WeakMap, which memlab counts to the map too`;
  return {
    name: `nodes that retain other than memlab says, ${size} MB`,
    value: found.unexplained,
    unit: `of ${found.nodes}${aside}`,
    goal: "<= 0",
  };
}

/** Opened twice with the sidecar: the first time writes it. */
function sidecarRows(size: number, file: string, runs: Measured): BenchRow[] {
  const sidecar = `${file}.plimsoll`;
  rmSync(sidecar, { force: true });
  for (let round = 0; round <= rounds; round++) {
    const run = runTool("plimsoll again", file);
    if (round > 0) runs["plimsoll again"].push(run);
  }
  const share = existsSync(sidecar) ? statSync(file).size / statSync(sidecar).size : 0;
  rmSync(sidecar, { force: true });
  const open = middle(runs["plimsoll again"], ({ openMs }) => openMs);
  return [
    {
      name: `open again from the sidecar, ${size} MB`,
      value: open,
      unit: "ms",
      ...(size === GOAL_SIZE && { goal: "<= 200" }),
    },
    {
      name: `snapshot's size to the sidecar's, ${size} MB`,
      value: round2(share),
      unit: "x",
      ...(size === GOAL_SIZE && { goal: ">= 9" }),
    },
  ];
}

/** Whether a snapshot opens where memory is short. */
function limitRow(size: number, limitMib: number): BenchRow {
  const file = snapshotOf(size);
  const attempt = (tool: ToolName): string => {
    const run = runTool(tool, file, { limitBytes: limitMib * MIB });
    return typeof run === "string" ? run : `opens, ${words(run)}`;
  };
  return {
    name: `${size} MB in a memory cgroup of ${limitMib} MiB`,
    value: attempt("plimsoll"),
    unit: "",
    goal: "opens,",
    peers: { [NAMES.memlab]: attempt("memlab") },
  };
}

function peersOf(runs: Measured, read: (run: Run) => number): Record<string, number | string> {
  return Object.fromEntries(
    PEERS.filter((tool) => runs[tool].length > 0).map((tool) => [NAMES[tool], middle(runs[tool], read)]),
  );
}

/** The median, or the words of a run that failed. */
function middle(runs: readonly (Run | string)[], read: (run: Run) => number): number | string {
  const failed = runs.find((run) => typeof run === "string");
  if (failed !== undefined) return failed;
  return round2(median(runs.flatMap((run) => (typeof run === "string" ? [] : [read(run)]))));
}

function ratio(of: number | string, to: number | string): number | string {
  return typeof of === "number" && typeof to === "number" ? round2(of / to) : "not both opened it";
}

function words({ seconds, peakRssBytes }: Run): string {
  return `${seconds.toFixed(2)} s, ${Math.round(peakRssBytes / MB)} MB`;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
