/** One simulated run of a policy over tasks, and what came of it. */
import { type Death, Machine, type MachineOptions, type SimulatedTask } from "./machine.ts";
import type { PolicyMaker } from "./policies.ts";
import type { LimiterStatus } from "../../src/budget/limiter-options.ts";

/** What came of a run. */
export interface SimulatedRun {
  /** `undefined` when it lived. */
  readonly death: Death | undefined;
  readonly ended: number;
  readonly perSecond: number;
  readonly peakLiveBytes: number;
  readonly peakResidentBytes: number;
  readonly mostInFlight: number;
  readonly collections: number;
  readonly pauseMs: number;
  /** Of the limiter, when the last task had ended. */
  readonly status: LimiterStatus | undefined;
}

/** Runs all tasks on a machine. */
export async function simulate(
  options: MachineOptions,
  policyOf: PolicyMaker,
  tasks: readonly SimulatedTask[],
): Promise<SimulatedRun> {
  const machine = new Machine(options);
  using policy = policyOf(machine);
  let ended = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  for (const task of tasks) {
    const work = async (): Promise<void> => {
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      await machine.run(task);
      inFlight -= 1;
      ended += 1;
    };
    // What still waits when the process dies is refused.
    policy.run(work, task.kind).catch(() => {});
  }
  await machine.drive(() => ended === tasks.length);
  return {
    death: machine.death,
    ended,
    perSecond: (1000 * ended) / machine.nowMs,
    peakLiveBytes: machine.peakLiveBytes,
    peakResidentBytes: machine.peakResidentBytes,
    mostInFlight,
    collections: machine.collections,
    pauseMs: machine.pauseMs,
    status: policy.status?.(),
  };
}
