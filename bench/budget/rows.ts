/** What the runs of the budget benchmarks say: deaths, speed beside the best fixed number, peaks in cgroups, and what was learned. */
import { median } from "../../src/monitor/trend.ts";
import type { BenchRow } from "../support/results.ts";
import { type Cell, KINDS_CELL } from "./cells.ts";
import type { BudgetRun } from "./runs.ts";

const PAIR_MS = 1_800_000;

/** A fixed number at once without any death. */
interface LivingNumber {
  readonly concurrency: number;
  /** Median of its runs. */
  readonly perSecond: number;
  readonly runs: number;
}

/** Rows of all cells that have runs. */
export function rowsOf(all: readonly BudgetRun[], cells: readonly Cell[], items: number): BenchRow[] {
  const runs = all.filter((run) => run.items === items);
  const ours = runs.filter(({ policy }) => policy === "adaptive");
  if (ours.length === 0) return [];
  const seen = cells.filter(({ name }) => ours.some(({ cell }) => cell === name)).length;
  const made: BenchRow = {
    name: `seeded runs of ${items} items, in ${seen} of ${cells.length} loads and limits`,
    value: ours.length,
    unit: "runs",
    goal: ">= 100",
  };
  const deaths: BenchRow = {
    name: "those of them that died",
    value: ours.filter(({ death }) => death !== undefined).length,
    unit: "runs",
    goal: "<= 0",
  };
  return [made, deaths, ...cells.flatMap((cell) => cellRows(runs, cell)), ...costRows(ours)];
}

/** The fastest of the fixed numbers without any death. */
export function bestFixed(runs: readonly BudgetRun[], cell: Cell): LivingNumber | undefined {
  const mine = runs.filter(({ cell: name, policy }) => name === cell.name && policy === "p-limit");
  const alive = cell.fixed.flatMap((concurrency) => {
    const same = mine.filter((run) => run.concurrency === concurrency);
    const speeds = same.flatMap(({ perSecond }) => perSecond ?? []);
    const isAlive = speeds.length > 0 && speeds.length === same.length;
    return isAlive ? [{ concurrency, perSecond: median(speeds), runs: speeds.length }] : [];
  });
  return alive.sort((a, b) => b.perSecond - a.perSecond)[0];
}

function cellRows(runs: readonly BudgetRun[], cell: Cell): BenchRow[] {
  const mine = runs.filter(({ cell: name, policy }) => name === cell.name && policy === "adaptive");
  if (mine.length === 0) return [];
  const best = bestFixed(runs, cell);
  const pairs = runs.filter(
    (run) => run.cell === cell.name && run.policy === "p-limit" && run.concurrency === best?.concurrency,
  );
  const ratios = mine.flatMap((run) => {
    const other = pairs.find((each) => isPair(run, each));
    return run.perSecond && other?.perSecond ? [rounded(run.perSecond / other.perSecond)] : [];
  });
  const speed: BenchRow = {
    name: `${cell.name}, ${ratios.length} pairs of runs: items a second to those of the best fixed number that survived all`,
    value: rounded(median(ratios)),
    unit: "x",
    goal: ">= 0.97",
    runs: ratios,
    peers: {
      ...(best && {
        [`p-limit ${best.concurrency}, items a second in ${best.runs} runs`]: rounded(best.perSecond),
      }),
      ...peersOf(runs, cell),
    },
  };
  const speeds = ratios.length > 0 ? [speed] : [];
  if (cell.cgroupMb === undefined) return speeds;
  const peaks = mine.flatMap(({ peakRssMb }) => (peakRssMb ? [rounded(peakRssMb)] : []));
  const name = `${cell.name}, ${mine.length} runs: peak resident set in a cgroup of that size`;
  return [...speeds, { name, value: Math.max(...peaks), unit: "MB", goal: `<= ${cell.cgroupMb}`, runs: peaks }];
}

/** The same tasks on the same machine within the same half hour: another pair would compare how busy the machine was. */
function isPair(a: BudgetRun, b: BudgetRun): boolean {
  const apartMs = Math.abs(Date.parse(a.startedAt ?? "") - Date.parse(b.startedAt ?? ""));
  return a.seed === b.seed && apartMs <= PAIR_MS;
}

/** Other libraries, and fixed numbers that died. */
function peersOf(runs: readonly BudgetRun[], cell: Cell): Record<string, string> {
  const peers: Record<string, string> = {};
  const mine = runs.filter(({ cell: name, policy }) => name === cell.name && policy !== "adaptive");
  for (const { policy, concurrency, perSecond, peakRssMb, death } of mine) {
    if (policy === "p-limit") continue;
    peers[`${policy} ${concurrency}`] = death ?? `${perSecond?.toFixed(1)} at ${peakRssMb?.toFixed(0)} MB`;
  }
  for (const concurrency of cell.fixed) {
    const same = mine.filter((run) => run.policy === "p-limit" && run.concurrency === concurrency);
    const died = same.filter(({ death }) => death).length;
    if (died > 0) peers[`p-limit ${concurrency}`] = `${died} of ${same.length} died`;
  }
  return peers;
}

/** Of each kind with a fifth of the bytes or more. */
function costRows(ours: readonly BudgetRun[]): BenchRow[] {
  const worst = (errors: Readonly<Record<string, number>> | undefined): number[] =>
    errors ? [rounded(100 * Math.max(...Object.values(errors).map(Math.abs)))] : [];
  const one = ours.filter(({ cell }) => cell.startsWith("heap,")).flatMap(({ errorAfterTen }) => worst(errorAfterTen));
  const kinds = ours.filter(({ cell }) => cell === KINDS_CELL.name).flatMap(({ errorAtEnd }) => worst(errorAtEnd));
  const row = (what: string, errors: readonly number[], goal: string): BenchRow[] =>
    errors.length === 0
      ? []
      : [
          {
            name: `learned cost, ${what}, ${errors.length} runs`,
            value: rounded(median(errors)),
            unit: "% off",
            goal,
            runs: errors,
          },
        ];
  return [
    ...row("one kind, after 10 major collections", one, "<= 5"),
    ...row("the worst kind with 20 % of the bytes or more, at the end", kinds, "<= 10"),
  ];
}

/** To three digits behind the point. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
