/** The table of the simulator: each policy on each distribution of tasks, on a virtual clock. */
import { median } from "../../src/monitor/trend.ts";
import { adaptive, fixed, naiveGuard, type PolicyMaker } from "../simulator/policies.ts";
import { simulate, type SimulatedRun } from "../simulator/simulate.ts";
import { distributions } from "../simulator/tasks.ts";
import type { BenchRow } from "../support/results.ts";

const MB = 2 ** 20;
const LIMIT_MB = 512;
const MARK_MS_PER_MB = 0.05;
const FIXED = [8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 64, 80];
/** Loads whose buffers a limit on the process has to bound. */
const BOUNDED = new Set(["buffers", "mixed", "growing buffers"]);

/** Runs all; a few hundred thousand tasks a minute. */
export async function simulatedRows(items: number, seeds: number): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const name of Object.keys(distributions(LIMIT_MB))) {
    const many = async (policy: PolicyMaker): Promise<SimulatedRun[]> => {
      const runs: SimulatedRun[] = [];
      for (let seed = 1; seed <= seeds; seed++) {
        const tasks = distributions(LIMIT_MB)[name]?.(items, seed) ?? [];
        const processLimitBytes = BOUNDED.has(name) ? LIMIT_MB * MB : undefined;
        const machine = { oldSpaceBytes: LIMIT_MB * MB, processLimitBytes, markMsPerMb: MARK_MS_PER_MB };
        runs.push(await simulate(machine, policy, tasks));
      }
      return runs;
    };
    const speed = (runs: readonly SimulatedRun[]): number => median(runs.map(({ perSecond }) => perSecond));
    const deaths = (runs: readonly SimulatedRun[]): number => runs.filter(({ death }) => death !== undefined).length;
    const tell = (runs: readonly SimulatedRun[]): number | string =>
      deaths(runs) > 0 ? `${deaths(runs)} of ${seeds} die` : Math.round(speed(runs) * 10) / 10;
    let best = { concurrency: 0, perSecond: 0 };
    for (const concurrency of FIXED) {
      const runs = await many(fixed(concurrency));
      if (deaths(runs) > 0) break;
      if (speed(runs) > best.perSecond) best = { concurrency, perSecond: speed(runs) };
    }
    const ours = await many(adaptive());
    const ratio = speed(ours) / best.perSecond;
    rows.push(
      { name: `simulated ${name}: deaths of the adaptive limiter`, value: deaths(ours), unit: "runs", goal: "<= 0" },
      {
        name: `simulated ${name}: items a second to those of the best fixed number that survives`,
        value: deaths(ours) > 0 ? 0 : Math.round(ratio * 1000) / 1000,
        unit: "x",
        goal: ">= 0.97",
        runs: ours.map(({ perSecond }) => Math.round(perSecond * 10) / 10),
        peers: {
          [`best fixed (${best.concurrency})`]: Math.round(best.perSecond * 10) / 10,
          "p-limit 16": tell(await many(fixed(16))),
          "p-limit 64": tell(await many(fixed(64))),
          "naive guard 64": tell(await many(naiveGuard(64))),
          "one guess of its size, 10 times too small": tell(await many(adaptive({ hints: { task: 0.84 * MB } }))),
        },
      },
    );
  }
  return rows;
}
