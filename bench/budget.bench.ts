/**
 * Does work that is never counted by hand always fit, and at what speed? Seeded runs of 10,000 tasks under 128, 512 and 2,048 MB, with
 * fixed numbers by p-limit in turns; what is learned of tasks; what a task costs; and the simulator's table. Each run is a process of its
 * own, and loads with buffers run in a real memory cgroup (root). The first seeds of each load are pairs, for the speed: they have the
 * machine to themselves, because collections use all processors. The others are the limiter's alone, several at a time: does it survive
 * on a busy machine?
 *
 * `npm run bench:budget -- [--seeds 100] [--pairs 3] [--items 10000] [--parallel 3] [--only simulated,overhead,runs]`: runs that the
 * result file has are not repeated, so that it can be ended and started again; `--fresh` forgets them, as after a change to the limiter,
 * but not which fixed numbers died. 100 seeds take some 80 minutes on a quiet machine; `--quick` is a smoke test and writes nothing.
 */
import { parseArgs } from "node:util";
import { median } from "../src/monitor/trend.ts";
import { type Cell, CELLS, KINDS_CELL, LATE_CELL } from "./budget/cells.ts";
import { measureOverhead } from "./budget/overhead.ts";
import { bestFixed, rounded, rowsOf } from "./budget/rows.ts";
import { type BudgetRun, type PolicyName, runOnce } from "./budget/runs.ts";
import { simulatedRows } from "./budget/simulated.ts";
import { type BenchRow, readList, writeResults } from "./support/results.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    items: { type: "string", default: "10000" },
    pairs: { type: "string", default: "3" },
    parallel: { type: "string", default: "3" },
    only: { type: "string", default: "simulated,overhead,runs" },
    fresh: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
  },
});
type Job = () => Promise<void>;

const { quick } = values;
const seeds = quick ? 2 : Number(values.seeds);
const items = quick ? 300 : Number(values.items);
const parts = new Set(values.only.split(","));
const cells = quick ? CELLS.slice(0, 4) : CELLS;

const runs = quick ? [] : (readList("budget", "runs") as BudgetRun[]).filter(isKept);
let others = quick ? [] : (readList("budget", "others") as BenchRow[]);
if (parts.has("overhead")) keep([await overheadRow()]);
if (parts.has("simulated")) keep(await simulatedRows(quick ? 1000 : 10_000, quick ? 1 : 3));
save();
if (parts.has("runs")) await runAll();
for (const { name, value, unit, goal, peers } of rows()) {
  process.stderr.write(`${name}: ${value} ${unit} ${goal ?? ""} ${peers ? JSON.stringify(peers) : ""}\n`);
}

function isKept({ policy, death }: BudgetRun): boolean {
  return !values.fresh || (policy === "p-limit" && death !== undefined);
}

/** Seeds go round the cells; to each round belongs a run for what is learned of kinds, and one of buffers that come late. */
async function runAll(): Promise<void> {
  const alone: Job[] = [];
  const together: Job[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const cell = cells[(seed - 1) % cells.length];
    if (!cell) continue;
    if (seed <= Number(values.pairs) * cells.length) alone.push(() => pair(cell, seed));
    else together.push(() => once(cell, "adaptive", seed));
    const round = seed / cells.length;
    if (!Number.isInteger(round)) continue;
    for (const other of [KINDS_CELL, LATE_CELL]) together.push(() => once(other, "adaptive", round));
  }
  await runJobs([...alone, beside], 1);
  await runJobs(together, Number(values.parallel));
}

async function runJobs(jobs: Job[], atOnce: number): Promise<void> {
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/**
 * The limiter and the highest fixed number that has never died take the same tasks one after the other; who comes first changes. A fixed
 * number that dies makes way for the next lower one.
 */
async function pair(cell: Cell, seed: number): Promise<void> {
  const isOurTurn = Math.floor((seed - 1) / cells.length) % 2 === 0;
  if (isOurTurn) await once(cell, "adaptive", seed);
  for (const concurrency of cell.fixed.toReversed()) {
    if (hasDied(cell, concurrency)) continue;
    await once(cell, "p-limit", seed, concurrency);
    if (!hasDied(cell, concurrency)) break;
  }
  if (!isOurTurn) await once(cell, "adaptive", seed);
}

/** A number dies with every lower one that did. */
function hasDied(cell: Cell, concurrency: number): boolean {
  return runs.some((run) => run.cell === cell.name && (run.concurrency ?? Infinity) <= concurrency && run.death);
}

/** The memory of other ways to run a fixed number at once. */
async function beside(): Promise<void> {
  const cell = cells.find(({ name }) => name === "heap, 512 MB") ?? cells[0];
  if (!cell) return;
  const concurrency = bestFixed(runs, cell)?.concurrency ?? 16;
  for (const policy of ["p-queue", "piscina"] as const) await once(cell, policy, 1, concurrency);
}

async function once(cell: Cell, policy: PolicyName, seed: number, concurrency?: number): Promise<void> {
  const isKnown = (run: BudgetRun): boolean =>
    run.cell === cell.name &&
    run.policy === policy &&
    run.seed === seed &&
    run.concurrency === concurrency &&
    run.items === items;
  if (runs.some(isKnown)) return;
  const run = await runOnce(cell, policy, { items, seed, ...(concurrency !== undefined && { concurrency }) });
  runs.push(run);
  const { death, perSecond, peakRssMb, mostInFlight } = run;
  const how = death ?? `${perSecond?.toFixed(1)}/s, ${peakRssMb?.toFixed(0)} MB, ${mostInFlight} at once`;
  process.stderr.write(`${cell.name}, seed ${seed}, ${policy} ${concurrency ?? ""}: ${how}\n`);
  save();
}

/** Measured anew; other rows stay. */
function keep(measured: readonly BenchRow[]): void {
  const names = new Set(measured.map(({ name }) => name));
  others = [...others.filter(({ name }) => !names.has(name)), ...measured];
  save();
}

function save(): void {
  if (!quick) writeResults("budget", "npm run bench:budget", rows(), { lists: { runs, others } });
}

function rows(): BenchRow[] {
  return [...others, ...rowsOf(runs, [...cells, LATE_CELL], items)];
}

async function overheadRow(): Promise<BenchRow> {
  const micros = await measureOverhead(quick ? 20_000 : 200_000);
  const { plimsoll = [], ...peers } = micros;
  return {
    name: "processor time that the limiter takes for a task that does nothing",
    value: rounded(median(plimsoll)),
    unit: "us",
    goal: "<= 5",
    runs: plimsoll.map(rounded),
    peers: Object.fromEntries(Object.entries(peers).map(([name, all]) => [name, rounded(median(all))])),
  };
}
