/** What the runs of the budget benchmarks say: deaths, speed beside the best fixed number, peaks in cgroups, and what was learned. */
import { median } from "../../src/monitor/trend.ts";
import type { BenchRow } from "../support/results.ts";
import { type Cell, KINDS_CELL } from "./cells.ts";
import type { BudgetRun } from "./runs.ts";

/** A fixed number at once without any death. */
interface LivingNumber {
  readonly concurrency: number;
  /** Median of its runs. */
  readonly perSecond: number;
  readonly bySeed: ReadonlyMap<number, number>;
}

/** Rows of all cells that have runs. */
export function rowsOf(all: readonly BudgetRun[], cells: readonly Cell[], items: number): BenchRow[] {
  const runs = all.filter((run) => run.items === items);
  const ours = runs.filter(({ policy }) => policy === "adaptive");
  if (ours.length === 0) return [];
  const deaths: BenchRow = {
    name: `${ours.length} seeded runs of ${items} items under 128, 512 and 2,048 MB: runs that died`,
    value: ours.filter(({ death }) => death !== undefined).length,
    unit: "runs",
    goal: "<= 0",
  };
  return [deaths, ...cells.flatMap((cell) => cellRows(runs, cell)), ...costRows(ours)];
}

/** The fastest of the fixed numbers without any death. */
export function bestFixed(runs: readonly BudgetRun[], cell: Cell): LivingNumber | undefined {
  const mine = runs.filter(({ cell: name, policy }) => name === cell.name && policy === "p-limit");
  const alive = cell.fixed.flatMap((concurrency) => {
    const same = mine.filter((run) => run.concurrency === concurrency);
    const bySeed = new Map(same.flatMap(({ seed, perSecond }) => (perSecond ? [[seed, perSecond] as const] : [])));
    const isAlive = bySeed.size > 0 && bySeed.size === same.length;
    return isAlive ? [{ concurrency, perSecond: median([...bySeed.values()]), bySeed }] : [];
  });
  return alive.sort((a, b) => b.perSecond - a.perSecond)[0];
}

function cellRows(runs: readonly BudgetRun[], cell: Cell): BenchRow[] {
  const mine = runs.filter(({ cell: name, policy }) => name === cell.name && policy === "adaptive");
  if (mine.length === 0) return [];
  const best = bestFixed(runs, cell);
  // The same tasks on the same machine within the same minutes: other pairs would compare how busy the machine was.
  const ratios = mine.flatMap(({ seed, perSecond = 0 }) => {
    const other = best?.bySeed.get(seed);
    return other === undefined ? [] : [rounded(perSecond / other)];
  });
  const speed: BenchRow = {
    name: `${cell.name}, ${mine.length} runs: items a second to those of the best fixed number that survived all`,
    value: ratios.length > 0 ? rounded(median(ratios)) : "no fixed number survived",
    unit: "x",
    goal: ">= 0.97",
    runs: ratios,
    peers: {
      ...(best && {
        [`p-limit ${best.concurrency}, items a second in ${best.bySeed.size} runs`]: rounded(best.perSecond),
      }),
      ...peersOf(runs, cell),
    },
  };
  if (cell.cgroupMb === undefined) return [speed];
  const peaks = mine.flatMap(({ peakRssMb }) => (peakRssMb ? [rounded(peakRssMb)] : []));
  const name = `${cell.name}, ${mine.length} runs: peak resident set in a cgroup of that size`;
  return [speed, { name, value: Math.max(...peaks), unit: "MB", goal: `<= ${cell.cgroupMb}`, runs: peaks }];
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
            value: median(errors),
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
