/**
 * What the stores that go to disk do a second, and the highest resident set of the process that does it: a sort, a queue, the two
 * maps and what else maps are kept in. Each case is a process of its own.
 *
 * `npm run bench:spill [-- --only sort,queue,map,sqlite,better-sqlite3,level,lmdb] [--records 10000000] [--runs 3]`: in about ten minutes. What is not measured stays
 * as it was in the result file.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../src/monitor/trend.ts";
import installNativePeers from "../test/support/install-native-peers.ts";
import { type BenchRow, readList, writeResults } from "./support/results.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "sort,queue,map,sqlite,better-sqlite3,level,lmdb" },
    records: { type: "string", default: "10000000" },
    runs: { type: "string", default: "3" },
  },
});
const PARTS = new Set(values.only.split(","));
const COUNT = Number(values.records);
const RUNS = Number(values.runs);
const CASES = join(import.meta.dirname, "spill");
const PEERS = join(CASES, "peers");
const SORT_MEMORY = "32mb";
const QUEUE_MEMORY = "16mb";
const MAP_MEMORY = "32mb";
/** A store that takes longer to fill is cut off, and read as it is. */
const FILL_SECONDS = 30;
const DEADLINE_MS = 300_000;

type Figures = Readonly<Record<string, number>>;

function run(program: string, ...parameters: string[]): Figures {
  const output = execFileSync(process.execPath, [join(CASES, program), ...parameters], {
    encoding: "utf8",
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "inherit"],
  });
  console.log(program, ...parameters.slice(0, 1), output.trim());
  return JSON.parse(output) as Figures;
}

/** One figure of several runs. */
function row(
  name: string,
  all: readonly Figures[],
  figure: string,
  unit: string,
  more: Partial<BenchRow> = {},
): BenchRow {
  const runs = all.map((figures) => scaled(figures, figure));
  return { name, value: rounded(median(runs)), unit, runs: runs.map(rounded), ...more };
}

function scaled(figures: Figures, figure: string): number {
  return (figures[figure] ?? Number.NaN) / (figure === "peakRssBytes" ? 2 ** 20 : 1000);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function peersOf(peers: ReadonlyMap<string, Figures>, figure: string): Record<string, number> {
  return Object.fromEntries([...peers].map(([name, figures]) => [name, rounded(scaled(figures, figure))]));
}

await installNativePeers();
if (!existsSync(join(PEERS, "node_modules"))) {
  execFileSync("npm", ["ci", "--prefix", PEERS, "--ignore-scripts"], { stdio: "inherit", timeout: DEADLINE_MS });
}
const folder = mkdtempSync(join(tmpdir(), "plimsoll-spill-bench-"));
const count = String(COUNT);
const [sorts, queues, maps]: [Figures[], Figures[], Figures[]] = [[], [], []];
const peers = new Map<string, Figures>();
try {
  for (let i = 0; i < RUNS; i += 1) {
    if (PARTS.has("sort")) sorts.push(run("sort-case.mjs", count, SORT_MEMORY, folder));
    if (PARTS.has("queue")) queues.push(run("queue-case.mjs", count, QUEUE_MEMORY, folder));
    if (PARTS.has("map")) maps.push(run("map-case.mjs", "sorted", count, MAP_MEMORY, folder, "300"));
  }
  for (const [name, kind] of [
    ["plimsoll, mutable, on better-sqlite3 12.11.1", "sqlite"],
    ["better-sqlite3 12.11.1, integer key", "better-sqlite3"],
    ["level 10.0.0", "level"],
    ["lmdb 3.5.6, noSync", "lmdb"],
  ] as const) {
    if (PARTS.has(kind)) peers.set(name, run("map-case.mjs", kind, count, MAP_MEMORY, folder, String(FILL_SECONDS)));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const millions = `${COUNT / 1e6} million 100-byte records`;
const before = new Map((readList("spill", "rows") as BenchRow[]).map((each) => [each.name, each]));
const measured: BenchRow[] = [
  row(`${millions} sorted by a 32-bit key, with ${SORT_MEMORY} of memory`, sorts, "perSecond", "K/s", {
    goal: ">= 600",
  }),
  row("highest resident set of it", sorts, "peakRssBytes", "MB", { goal: "<= 128" }),
  row(`${millions} pushed to a queue, with ${QUEUE_MEMORY} of memory`, queues, "writesPerSecond", "K/s"),
  row("and taken from it again", queues, "readsPerSecond", "K/s"),
  row("highest resident set of both", queues, "peakRssBytes", "MB"),
  row(
    `${millions} set in a write-once map, until it can be read, with ${MAP_MEMORY}; others until ${FILL_SECONDS} s`,
    maps,
    "setsPerSecond",
    "K/s",
    {
      peers: peersOf(peers, "setsPerSecond"),
    },
  ),
  row("random gets from it; others from what they took", maps, "getsPerSecond", "K/s", {
    goal: ">= 400",
    peers: peersOf(peers, "getsPerSecond"),
  }),
  row("highest resident set of both; that of lmdb holds its mapped file", maps, "peakRssBytes", "MB", {
    peers: peersOf(peers, "peakRssBytes"),
  }),
];
const rows = measured.flatMap((each) => {
  const old = before.get(each.name);
  const newest = each.runs?.length ? each : old;
  const others = { ...old?.peers, ...each.peers };
  return newest ? [{ ...newest, ...(Object.keys(others).length > 0 && { peers: others }) }] : [];
});
console.log(writeResults("spill", "npm run bench:spill", rows));
