/**
 * Does work that is never counted by hand always fit, and at what speed? Seeded runs of 10,000 tasks under 128, 512 and 2,048 MB, with
 * fixed numbers by p-limit in turns; what is learned of tasks; what a task costs; and the simulator's table. Each run is a process of its
 * own; loads with buffers run in a real memory cgroup (root).
 *
 * `npm run bench:budget -- [--seeds 100] [--items 10000] [--only simulated,overhead,runs]`: runs that the result file has are not
 * repeated, so that it can be ended and started again. 100 seeds take about half a day; `--quick` is a smoke test and writes nothing.
 */
import { parseArgs } from "node:util";
import { median } from "../src/monitor/trend.ts";
import { type Cell, CELLS, KINDS_CELL } from "./budget/cells.ts";
import { measureOverhead } from "./budget/overhead.ts";
import { type BudgetRun, type PolicyName, runOnce } from "./budget/runs.ts";
import { simulatedRows } from "./budget/simulated.ts";
import { type BenchRow, readList, writeResults } from "./support/results.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    items: { type: "string", default: "10000" },
    only: { type: "string", default: "simulated,overhead,runs" },
    quick: { type: "boolean", default: false },
  },
});
const { quick } = values;
const seeds = quick ? 2 : Number(values.seeds);
const items = quick ? 300 : Number(values.items);
const parts = new Set(values.only.split(","));
const cells = quick ? CELLS.slice(0, 4) : CELLS;
const command = "npm run bench:budget";

const runs: BudgetRun[] = quick ? [] : (readList("budget", "runs") as BudgetRun[]);
let others: BenchRow[] = [];
if (parts.has("overhead")) others.push(await overheadRow());
if (parts.has("simulated")) others.push(...(await simulatedRows(quick ? 1000 : 10_000, quick ? 1 : 5)));
if (!quick && others.length === 0) others = readList("budget", "others") as BenchRow[];
save();
if (parts.has("runs")) await runAll();
for (const { name, value, unit, goal, peers } of rows()) {
  process.stderr.write(`${name}: ${value} ${unit} ${goal ?? ""} ${peers ? JSON.stringify(peers) : ""}\n`);
}

/** Seeds go round the cells; in each, the limiter and the fixed numbers take the same tasks one after the other. */
async function runAll(): Promise<void> {
  for (let seed = 1; seed <= seeds; seed++) {
    const cell = cells[(seed - 1) % cells.length];
    if (!cell) return;
    await once(cell, "adaptive", seed);
    for (const concurrency of cell.fixed) {
      const hasDied = runs.some(
        (run) => run.cell === cell.name && (run.concurrency ?? Infinity) <= concurrency && run.death,
      );
      if (hasDied) break; // nor would a larger one survive all
      await once(cell, "p-limit", seed, concurrency);
    }
  }
  for (let seed = 1; seed <= Math.min(seeds, 10); seed++) await once(KINDS_CELL, "adaptive", seed);
  const beside = cells.find(({ name }) => name === "heap, 512 MB") ?? cells[0];
  if (!beside) return;
  const concurrency = bestFixed(beside)?.concurrency ?? 16;
  for (const policy of ["p-queue", "piscina"] as const) await once(beside, policy, 1, concurrency);
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

function save(): void {
  if (!quick) writeResults("budget", command, rows(), { lists: { runs, others } });
}

function rows(): BenchRow[] {
  return [...others, ...runRows()];
}

function runRows(): BenchRow[] {
  const ours = runs.filter(({ policy }) => policy === "adaptive");
  if (ours.length === 0) return [];
  const found: BenchRow[] = [
    {
      name: `${ours.length} seeded runs of ${items} items under 128, 512 and 2,048 MB: runs that died`,
      value: ours.filter(({ death }) => death !== undefined).length,
      unit: "runs",
      goal: "<= 0",
    },
  ];
  for (const cell of cells) {
    const speeds = ours.flatMap(({ cell: name, perSecond }) => (name === cell.name && perSecond ? [perSecond] : []));
    if (speeds.length === 0) continue;
    const best = bestFixed(cell);
    const value = best ? round(median(speeds) / best.perSecond) : "no fixed number survived";
    const peers = best ? { [`p-limit ${best.concurrency}`]: round(best.perSecond), ...peersOf(cell) } : undefined;
    const name = `${cell.name}: items a second to those of the best fixed number that survived all runs`;
    found.push({ name, value, unit: "x", goal: ">= 0.97", runs: speeds.map(round), ...(peers && { peers }) });
    if (cell.cgroupMb === undefined) continue;
    const peaks = ours.flatMap(({ cell: name, peakRssMb }) =>
      name === cell.name && peakRssMb ? [round(peakRssMb)] : [],
    );
    const goal = `<= ${cell.cgroupMb}`;
    found.push({
      name: `${cell.name}: peak resident set in a cgroup of that size`,
      value: Math.max(...peaks),
      unit: "MB",
      goal,
    });
  }
  return [...found, ...costRows(ours)];
}

/** Of each kind with a fifth of the bytes or more. */
function costRows(ours: readonly BudgetRun[]): BenchRow[] {
  const worst = (errors: Readonly<Record<string, number>> | undefined): number[] =>
    errors ? [round(100 * Math.max(...Object.values(errors).map(Math.abs)))] : [];
  const one = ours.filter(({ cell }) => cell.startsWith("heap,")).flatMap(({ errorAfterTen }) => worst(errorAfterTen));
  const kinds = ours.filter(({ cell }) => cell === KINDS_CELL.name).flatMap(({ errorAtEnd }) => worst(errorAtEnd));
  const row = (what: string, errors: readonly number[], goal: string): BenchRow[] =>
    errors.length === 0
      ? []
      : [{ name: `learned cost, ${what}`, value: median(errors), unit: "% off", goal, runs: errors }];
  return [
    ...row("one kind, after 10 major collections", one, "<= 5"),
    ...row("the worst kind with 20 % of the bytes or more, at the end", kinds, "<= 10"),
  ];
}

/** The fastest of the fixed numbers without any death. */
function bestFixed(cell: Cell): { concurrency: number; perSecond: number } | undefined {
  const mine = runs.filter(({ cell: name, policy }) => name === cell.name && policy === "p-limit");
  const alive = cell.fixed.flatMap((concurrency) => {
    const same = mine.filter((run) => run.concurrency === concurrency);
    const speeds = same.flatMap(({ perSecond }) => perSecond ?? []);
    return same.length > 0 && speeds.length === same.length ? [{ concurrency, perSecond: median(speeds) }] : [];
  });
  return alive.sort((a, b) => b.perSecond - a.perSecond)[0];
}

function peersOf(cell: Cell): Record<string, string> {
  const peers: Record<string, string> = {};
  for (const { cell: name, policy, concurrency, perSecond, peakRssMb, death } of runs) {
    if (name !== cell.name || policy === "adaptive" || policy === "p-limit") continue;
    peers[`${policy} ${concurrency}`] = death ?? `${perSecond?.toFixed(1)} at ${peakRssMb?.toFixed(0)} MB`;
  }
  for (const concurrency of cell.fixed) {
    const died = runs.filter((run) => run.cell === cell.name && run.concurrency === concurrency && run.death).length;
    if (died > 0) peers[`p-limit ${concurrency}`] = `${died} died`;
  }
  return peers;
}

async function overheadRow(): Promise<BenchRow> {
  const micros = await measureOverhead(quick ? 20_000 : 200_000);
  const { plimsoll = [], ...peers } = micros;
  return {
    name: "what the limiter costs a task that does nothing",
    value: round(median(plimsoll)),
    unit: "us",
    goal: "<= 5",
    runs: plimsoll.map(round),
    peers: Object.fromEntries(Object.entries(peers).map(([name, all]) => [name, round(median(all))])),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
