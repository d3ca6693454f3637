/**
 * What watching costs: one reading in a loop, with few and with 50,000 memory regions; readings at 10 Hz in a
 * busy and in an idle program; memory after a week; observing one collection. Beside it prom-client's
 * default collector and bare process.memoryUsage(). Each case in a process of its own, in turns; medians.
 *
 * `npm run bench:monitor [-- --quick]`: about 6 minutes; the quick form is a smoke test and writes nothing.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const CASE = join(import.meta.dirname, "support", "monitor-case.mjs");
const quick = process.argv.includes("--quick");
const rounds = quick ? 1 : 3;
const seconds = quick ? 2 : 10;
const REGIONS = 50_000;

const PROM = "prom-client 15.1.3";
const USAGE = "process.memoryUsage()";

/** A case: its words for the child, and its runs. */
interface Case {
  readonly words: readonly string[];
  readonly flags?: readonly string[];
  readonly runs: number[];
}

const measure = (kind: string, subject: string, regions = 0, flags: readonly string[] = []): Case => ({
  words: [kind, subject, String(seconds), String(regions)],
  flags,
  runs: [],
});

const cases = {
  loop: measure("loop", "monitor"),
  loopUsage: measure("loop", "memoryUsage"),
  loopProm: measure("loop", "prom-client"),
  regions: measure("loop", "monitor", REGIONS),
  regionsUsage: measure("loop", "memoryUsage", REGIONS),
  regionsProm: measure("loop", "prom-client", REGIONS),
  busy: measure("busy", "monitor"),
  busyUsage: measure("busy", "memoryUsage"),
  idleNothing: measure("idle", "nothing"),
  idleTimer: measure("idle", "timer"),
  idleUsage: measure("idle", "memoryUsage"),
  idleProm: measure("idle", "prom-client"),
  idle: measure("idle", "monitor"),
  idleObserving: measure("idle", "monitor-observing"),
  idleSteady: measure("idle", "monitor-steady"),
  retained: measure("retained", "monitor"),
  collections: measure("collections", "profiler", 0, ["--max-semi-space-size=1"]),
};

for (let round = 0; round < rounds; round++) {
  for (const [name, { words, flags = [], runs }] of Object.entries(cases)) {
    const child = spawnSync(process.execPath, [...flags, CASE, ...words], {
      encoding: "utf8",
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    const value = Number(child.stdout);
    if (child.status !== 0 || !Number.isFinite(value) || child.stdout === "") {
      throw new Error(`${name} failed (${child.status ?? child.signal}): ${child.stderr}`);
    }
    runs.push(value);
  }
}

/** Microseconds a reading as per cent of a core at 10 Hz. */
const share = (microseconds: number): number => microseconds / 1000;
const value = ({ runs }: Case): number => median(runs);

const rows: BenchRow[] = [
  {
    name: "polling at 10 Hz: CPU of the readings, called in a loop",
    value: share(value(cases.loop)),
    unit: "% of a core",
    goal: "<= 0.02",
    runs: cases.loop.runs.map(share),
    peers: { [USAGE]: share(value(cases.loopUsage)), [PROM]: share(value(cases.loopProm)) },
  },
  {
    name: `the same with ${REGIONS.toLocaleString("en")} memory regions`,
    value: share(value(cases.regions)),
    unit: "% of a core",
    goal: "<= 0.02",
    runs: cases.regions.runs.map(share),
    peers: { [USAGE]: share(value(cases.regionsUsage)), [PROM]: share(value(cases.regionsProm)) },
  },
  {
    name: "polling at 10 Hz in a busy program, after warm-up: median time inside a reading",
    value: share(value(cases.busy)),
    unit: "% of a core",
    goal: "<= 0.02",
    runs: cases.busy.runs.map(share),
    peers: { [USAGE]: share(value(cases.busyUsage)) },
  },
  {
    name: "started monitor in an idle program: all CPU of the process, waking up included",
    value: value(cases.idle),
    unit: "% of a core",
    goal: "<= 0.02",
    runs: cases.idle.runs,
    peers: {
      "no monitor": value(cases.idleNothing),
      "empty timer at 10 Hz": value(cases.idleTimer),
      [`${USAGE} at 10 Hz`]: value(cases.idleUsage),
      [`${PROM}, never scraped`]: value(cases.idleProm),
      "monitor that does not rest": value(cases.idleSteady),
      "monitor that observes collections": value(cases.idleObserving),
    },
  },
  {
    name: "memory kept after a week at 10 Hz (6 million readings)",
    value: value(cases.retained) / 2 ** 20,
    unit: "MB",
    goal: "<= 2",
    runs: cases.retained.runs.map((bytes) => bytes / 2 ** 20),
  },
  {
    name: "observing collections: CPU added to each",
    value: value(cases.collections),
    unit: "µs",
    runs: cases.collections.runs,
  },
];

console.table(rows.map(({ name, value: figure, unit, goal, peers }) => ({ name, figure, unit, goal, ...peers })));
if (!quick) console.log(writeResults("monitor", "npm run bench:monitor", rows));
