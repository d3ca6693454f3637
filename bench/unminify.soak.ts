/**
 * Kills of `unminify` while it asks a model for names (a fake one on loopback), five to a run, each in the
 * middle of something else: does `--resume` ask only for what is not known, and end with the same bytes?
 * `npm run soak:unminify [-- COUNT]`: fifty kills in about a minute.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KillBench, type KilledRun } from "../apps/unminify/test/model/kills.ts";
import { writeResults } from "./support/results.ts";

const COUNT = Number(process.argv[2] ?? 50);
const KILLS_A_RUN = 5;

const folder = mkdtempSync(join(tmpdir(), "unminify-soak-"));
const runs: KilledRun[] = [];
try {
  const bench = new KillBench(folder);
  await bench.prepare();
  for (let kills = 0; kills < COUNT && runs.length < COUNT;) {
    const run = await bench.run(Math.min(KILLS_A_RUN, COUNT - kills));
    kills += run.kills;
    runs.push(run);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const sum = (value: (run: KilledRun) => number): number => runs.reduce((total, run) => total + value(run), 0);
const faults = runs.flatMap((run, index) => run.faults.map((fault) => `run ${index}: ${fault}`));
for (const fault of faults) console.log(fault);
const whole = runs.filter((run) => run.faults.length === 0).length;
const rows = [
  {
    name: "SIGKILLs of a program that asks a model",
    value: sum(({ kills }) => kills),
    unit: "kills",
    goal: `>= ${COUNT}`,
  },
  { name: "answers asked for again, lost, or another output", value: faults.length, unit: "faults", goal: "0" },
  {
    name: "runs that ended with the bytes of one that nobody killed",
    value: whole,
    unit: `of ${runs.length}`,
    goal: `>= ${runs.length}`,
  },
  { name: "calls of these runs", value: sum(({ calls }) => calls), unit: "calls" },
  {
    name: "calls made again because they were under way at a kill",
    value: sum(({ repeated }) => repeated),
    unit: "calls",
  },
  { name: "kills in the middle of a line of the journal", value: sum(({ torn }) => torn), unit: "kills" },
];
console.log(`${rows[0]?.value} kills in ${runs.length} runs: ${faults.length} faults`);
console.log(writeResults("unminify-kills", "npm run soak:unminify", rows));
if (faults.length > 0) process.exitCode = 1;
