/**
 * A server that leaks 20 MB/s under a limit of 200 MB and 20 keep-alive clients, kept up by `plimsoll supervise` and by
 * pm2 7.0.4: how long and how far it is above the limit, and how many requests fail.
 *
 * `npm run bench:supervise [-- CASE…] [--seconds 150] [--again]`: each case takes that long; all of them about 12 minutes.
 * Cases: `plimsoll-1`, `plimsoll-2` (instances), `pm2-fork`, `pm2-cluster`, `ends`. What was measured of a case before is added to, unless
 * `--again`; below 100 s nothing is written.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { installPackages } from "../test/support/install-packages.ts";
import { findPort } from "../test/support/ports.ts";
import { type BenchRow, readList, writeResults } from "./support/results.ts";
import { deafServer, DRAIN_SECONDS, hangingDrain, killedSupervisor } from "./supervise/ends.ts";
import { runLoad } from "./supervise/load.ts";
import { type Manager, PEERS, startPlimsoll, startPm2 } from "./supervise/managers.ts";
import { MemoryWatch } from "./supervise/memory-watch.ts";

const LIMIT_MB = 200;
const MB = 2 ** 20;
const LEAST_SECONDS = 100;
const SERVING = ["plimsoll-1", "plimsoll-2", "pm2-fork", "pm2-cluster"] as const;
type Serving = (typeof SERVING)[number];

/** One case, measured once. */
interface ServingRun {
  readonly name: Serving;
  readonly seconds: number;
  readonly requests: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly replacements: number;
  /** Of the server that was above the limit longest. */
  readonly overSeconds: number;
  readonly peakMb: number;
}

/** How a server ended that would not. */
interface EndRun {
  readonly name: string;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "150" }, again: { type: "boolean", default: false } },
});
const seconds = Number(values.seconds);

function isAskedFor(name: string): boolean {
  return positionals.length === 0 || positionals.includes(name);
}

async function serve(name: Serving): Promise<ServingRun> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
  const pids = join(folder, "pids");
  writeFileSync(pids, "");
  const port = await findPort();
  const env = { BENCH_PORT: String(port), BENCH_PIDS: pids };
  const instances = name === "plimsoll-2" || name === "pm2-cluster" ? 2 : 1;
  try {
    using memory = new MemoryWatch(pids, LIMIT_MB * MB);
    let manager: Manager;
    if (name.startsWith("pm2")) {
      manager = startPm2(name === "pm2-fork" ? "fork" : instances, LIMIT_MB, env, folder);
    } else {
      manager = startPlimsoll(["--limit", `${LIMIT_MB}mb`, "--instances", String(instances)], env, folder);
    }
    try {
      while (memory.servers.length < instances) await sleep(100);
      await sleep(1_000);
      const load = await runLoad(port, seconds);
      const { servers } = memory;
      const peakMb = Math.max(...servers.map(({ peakBytes }) => peakBytes)) / MB;
      const overSeconds = Math.max(...servers.map(({ overMs }) => overMs)) / 1000;
      return { name, seconds, ...load, replacements: servers.length - instances, overSeconds, peakMb };
    } finally {
      await manager.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ends(): Promise<EndRun[]> {
  const cases = {
    "hanging drain": hangingDrain,
    "ignored SIGTERM": deafServer,
    "killed supervisor": (at: Parameters<typeof deafServer>[0]) => killedSupervisor(at, false),
    "killed supervisor, blocked server": (at: Parameters<typeof deafServer>[0]) => killedSupervisor(at, true),
  };
  const runs: EndRun[] = [];
  for (const [name, measure] of Object.entries(cases)) {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
    const pids = join(folder, "pids");
    writeFileSync(pids, "");
    const run = { name, seconds: await measure({ port: await findPort(), pids, folder }) };
    console.log(JSON.stringify(run));
    runs.push(run);
    rmSync(folder, { recursive: true, force: true });
  }
  return runs;
}

function rowsOf(serving: readonly ServingRun[], ended: readonly EndRun[]): BenchRow[] {
  const ours = serving.filter(({ name }) => name.startsWith("plimsoll"));
  const of = (name: Serving): readonly ServingRun[] => serving.filter((run) => run.name === name);
  const peers = (figure: (runs: readonly ServingRun[]) => number | string): Record<string, number | string> =>
    Object.fromEntries(
      (["pm2-fork", "pm2-cluster"] as const)
        .filter((name) => of(name).length > 0)
        .map((name) => [name === "pm2-fork" ? "pm2 7.0.4, fork" : "pm2 7.0.4, cluster -i 2", figure(of(name))]),
    );
  const most = (runs: readonly ServingRun[], figure: (run: ServingRun) => number): number =>
    Math.max(...runs.map(figure));
  const sum = (runs: readonly ServingRun[], figure: (run: ServingRun) => number): number =>
    runs.reduce((total, run) => total + figure(run), 0);
  const over = ({ overSeconds }: ServingRun): number => overSeconds;
  const peak = ({ peakMb }: ServingRun): number => peakMb / LIMIT_MB;
  const percent = (runs: readonly ServingRun[]): string =>
    `${sum(runs, ({ failed }) => failed)} of ${sum(runs, ({ requests }) => requests)}`;
  const rows: BenchRow[] = [];
  if (ours.length > 0) {
    rows.push(
      {
        name: "longest time of a server above the limit",
        value: round(most(ours, over)),
        unit: "s",
        goal: "<= 0.3",
        runs: ours.map(over).map(round),
        peers: peers((runs) => round(most(runs, over))),
      },
      {
        name: "highest resident memory of a server, as a share of the limit",
        value: round(most(ours, peak)),
        unit: "x",
        goal: "<= 1.05",
        runs: ours.map(peak).map(round),
        peers: peers((runs) => round(most(runs, peak))),
      },
      {
        name: "failed requests",
        value: sum(ours, ({ failed }) => failed),
        unit: "requests",
        goal: "<= 0",
        runs: ours.map(({ failed }) => failed),
        peers: peers(percent),
      },
      { name: "requests in all", value: sum(ours, ({ requests }) => requests), unit: "requests", goal: ">= 100000" },
      { name: "replacements in all", value: sum(ours, ({ replacements }) => replacements), unit: "", goal: ">= 50" },
    );
  }
  for (const { name, seconds } of ended) {
    // The deadline, and a second of the shell that watches over a killed supervisor.
    const goal = name === "killed supervisor" ? "<= 2" : `<= ${DRAIN_SECONDS + (name.startsWith("killed") ? 2 : 0.5)}`;
    rows.push({ name: `until the server has ended: ${name}`, value: round(seconds), unit: "s", goal });
  }
  return rows;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

if (SERVING.some((name) => name.startsWith("pm2") && isAskedFor(name))) await installPackages(PEERS);
const measured: ServingRun[] = [];
for (const name of SERVING.filter(isAskedFor)) {
  const run = await serve(name);
  console.log(JSON.stringify(run));
  measured.push(run);
}
const ended = isAskedFor("ends") ? await ends() : undefined;
if (seconds >= LEAST_SECONDS || (ended && measured.length === 0)) {
  const kept = (readList("supervise", "serving") as ServingRun[]).filter(
    ({ name }) => !values.again || !isAskedFor(name),
  );
  const serving = [...kept, ...measured];
  const endings = ended ?? (readList("supervise", "endings") as EndRun[]);
  const path = writeResults("supervise", "npm run bench:supervise", rowsOf(serving, endings), {
    lists: { serving, endings },
  });
  console.log(path);
}
