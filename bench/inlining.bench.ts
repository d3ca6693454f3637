/**
 * V8 bills an inlined function's allocations to its caller. Five ways to live with that: sampling as it
 * is, flags against inlining from the start, the same on suspicion with all optimised code thrown away, that taken
 * back after a while, and a finer interval alone. For each: is the right function named, and what does the second half of the work
 * cost in CPU time. Then the sampling interval of the default. Interleaved, medians.
 *
 * `npm run bench:inlining [-- --quick]`: about 4 minutes; the quick form is a smoke test and writes nothing.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const CASE = join(import.meta.dirname, "support", "inlining-case.cjs");
const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 5;

const WORKLOADS = ["handler", "garbage", "churn", "json", "regex", "numbers"] as const;
const MODES = {
  none: "no sampling",
  default: "sampling each 64 KB",
  start: "inlining off from the start",
  suspicion: "inlining off on suspicion, code thrown away",
  relax: "the same, and inlining on again",
  finer: "sampling each 4 KB on suspicion",
} as const;
const INTERVALS = ["16", "32", "64", "128"];

interface Run {
  readonly cpuMs: number;
  readonly pauseMs: number;
  readonly isRight?: boolean;
}

const runs = new Map<string, Run[]>();
const of = (...words: readonly string[]): Run[] => runs.get(words.join(" ")) ?? [];

function measure(...words: readonly string[]): void {
  const child = spawnSync(process.execPath, [CASE, ...words], {
    encoding: "utf8",
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  if (child.status !== 0)
    throw new Error(`${words.join(" ")} failed (${child.status ?? child.signal}): ${child.stderr}`);
  runs.set(words.join(" "), [...of(...words), JSON.parse(child.stdout) as Run]);
}

for (let round = 0; round < rounds; round++) {
  for (const workload of WORKLOADS) for (const mode of Object.keys(MODES)) measure(workload, mode);
  for (const interval of INTERVALS) measure("churn", "default", interval);
}

const cpu = (list: readonly Run[]): number => median(list.map(({ cpuMs }) => cpuMs));
const round2 = (value: number): number => Math.round(value * 100) / 100;
const rows: BenchRow[] = [];

for (const [mode, words] of Object.entries(MODES)) {
  if (mode === "none") continue;
  const list = of("handler", mode);
  if (mode === "relax") continue;
  rows.push({
    name: `right function named: ${words}`,
    value: list.filter(({ isRight }) => isRight).length,
    unit: `of ${list.length} runs`,
    ...(mode === "suspicion" ? { goal: `>= ${list.length}` } : {}),
  });
}
for (const workload of WORKLOADS) {
  for (const [mode, words] of Object.entries(MODES)) {
    if (mode === "none" || mode === "relax") continue;
    const list = of(workload, mode);
    const peer = cpu(of(workload, "none"));
    rows.push({
      name: `CPU time of ${workload}: ${words}`,
      value: round2(cpu(list) / peer),
      unit: "x of no sampling",
      runs: list.map(({ cpuMs }) => cpuMs),
      peers: { "no sampling, ms": round2(peer) },
    });
  }
}
for (const workload of WORKLOADS) {
  const list = of(workload, "relax");
  const peer = cpu(of(workload, "default"));
  rows.push({
    name: `CPU time of ${workload} after inlining is on again`,
    value: round2(cpu(list) / peer),
    unit: "x of never switched off",
    goal: "<= 1.25",
    runs: list.map(({ cpuMs }) => cpuMs),
    peers: { "never switched off, ms": round2(peer) },
  });
}
rows.push({
  name: "pause of switching inlining off on suspicion, 150,000 objects kept",
  value: round2(median(of("handler", "suspicion").map(({ pauseMs }) => pauseMs))),
  unit: "ms",
  runs: of("handler", "suspicion").map(({ pauseMs }) => pauseMs),
});
for (const interval of INTERVALS) {
  const list = of("churn", "default", interval);
  rows.push({
    name: `CPU time of churn: sampling each ${interval} KB`,
    value: round2(cpu(list) / cpu(of("churn", "none"))),
    unit: "x of no sampling",
    runs: list.map(({ cpuMs }) => cpuMs),
  });
}

for (const { name, value, unit } of rows) console.log(`${name}: ${value} ${unit}`);
if (!quick) console.log(writeResults("inlining", "npm run bench:inlining", rows));
