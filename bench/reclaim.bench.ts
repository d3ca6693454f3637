/**
 * What `malloc_trim` in a running program is worth: programs that freed what they took, whose allocator keeps it.
 * A collection comes first, so that what is garbage is freed. "Free and resident" is the resident memory of
 * malloc's heaps without what the program holds, an upper bound of what lies in wholly free pages: the share that
 * comes back is at least the one shown.
 *
 * `npm run bench:reclaim [-- --quick]`: about a minute; the quick form is a smoke test and writes nothing.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { RemoteWatch } from "../src/monitor/remote/index.ts";
import { median } from "../src/monitor/trend.ts";
import { readRegions } from "../src/probe/index.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const CASE = join(import.meta.dirname, "support", "reclaim-case.cjs");
const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 5;
const MB = 2 ** 20;

const WORKLOADS = {
  buffers: "180 MB of 60 KB Buffers, freed",
  gzip: "20,000 gzip streams, dropped unclosed",
  scattered: "6,000 Buffers, of which each hundredth is held",
} as const;

interface Run {
  readonly sharePercent: number;
  readonly returnedMb: number;
  readonly beforeMb: number;
  readonly pauseMs: number;
}

function heapsResidentBytes(pid: number): number {
  const reading = readRegions(pid);
  if (!reading.available) throw new Error(reading.reason);
  return reading.byKind.brk.rssBytes + reading.byKind["malloc-arena"].rssBytes;
}

async function measure(workload: string): Promise<Run> {
  const limit = { bytes: null, source: "none" };
  await using watch = await RemoteWatch.open({ command: `node ${workload}`, limit, allowProfiles: false });
  const child = spawn(process.execPath, [CASE, workload], {
    env: watch.environment(process.env),
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  const pid = child.pid ?? 0;
  watch.attachRoot(pid);
  await once(child.stdout, "data");
  // The first collection frees the streams' wrappers, the second what their last callbacks held.
  for (let round = 0; round < 2; round++) await watch.experiment(pid, "collect", 10_000);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const residentBytes = heapsResidentBytes(pid);
  const { before, after, pauseMs, reason } = await watch.experiment(pid, "trim", 10_000);
  if (!before || !after) throw new Error(reason);
  const freeBytes = residentBytes - (before.allocatorUsedBytes ?? 0);
  child.kill("SIGKILL");
  await once(child, "exit");
  return {
    sharePercent: (100 * (before.rssBytes - after.rssBytes)) / freeBytes,
    returnedMb: (before.rssBytes - after.rssBytes) / MB,
    beforeMb: before.rssBytes / MB,
    pauseMs,
  };
}

const rows: BenchRow[] = [];
const round1 = (value: number): number => Math.round(value * 10) / 10;
for (const [workload, words] of Object.entries(WORKLOADS)) {
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await measure(workload));
  const row = (name: string, unit: string, pick: (run: Run) => number, goal?: string): void => {
    const values = runs.map((run) => round1(pick(run)));
    rows.push({
      name: `${name}: ${words}`,
      value: round1(median(values)),
      unit,
      ...(goal ? { goal } : {}),
      runs: values,
    });
  };
  row("returned of what was free and resident, at least", "%", (run) => run.sharePercent, ">= 80");
  row("pause of the trim", "ms", (run) => run.pauseMs, "<= 50");
  row("returned", "MB", (run) => run.returnedMb);
  row("resident set before", "MB", (run) => run.beforeMb);
}

for (const { name, value, unit } of rows) console.log(`${name}: ${value} ${unit}`);
if (!quick) console.log(writeResults("reclaim", "npm run bench:reclaim", rows));
