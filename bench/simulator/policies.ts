/**
 * Ways to decide how many tasks run at once: a fixed number by the real p-limit, the guard that sleeps when the heap looks
 * full, and the adaptive limiter with and without hints. All run unchanged on the virtual machine.
 */
import pLimit from "p-limit";
import { AdaptiveLimiter } from "../../src/budget/limiter.ts";
import type { LimiterOptions, LimiterStatus } from "../../src/budget/limiter-options.ts";
import type { Machine } from "./machine.ts";

/** Runs tasks. */
export interface Policy extends Disposable {
  run(task: () => Promise<void>, kind: string): Promise<void>;
  /** What it learned. Default: nothing. */
  status?(): LimiterStatus;
}

/** Makes a policy for a machine. */
export type PolicyMaker = (machine: Machine) => Policy;

/** As p-limit does it. */
export function fixed(concurrency: number): PolicyMaker {
  return () => {
    const limit = pLimit(concurrency);
    return { run: (task) => limit(task), [Symbol.dispose]: () => {} };
  };
}

/** "Above so much heap: collect, sleep 100 ms, go on anyway", with a fixed number at once. */
export function naiveGuard(concurrency: number, ratio = 0.8): PolicyMaker {
  return (machine) => {
    const limit = pLimit(concurrency);
    const guarded = async (task: () => Promise<void>): Promise<void> => {
      if (machine.gauge.heapUsedBytes() > ratio * machine.gauge.oldSpaceBytes) {
        machine.collect();
        await new Promise<void>((resolve) => {
          const timer = machine.clock.every(100, () => {
            timer[Symbol.dispose]();
            resolve();
          });
        });
      }
      await task();
    };
    return { run: (task) => limit(() => guarded(task)), [Symbol.dispose]: () => {} };
  };
}

/** Plimsoll's own. */
export function adaptive(options: LimiterOptions = {}): PolicyMaker {
  return (machine) => {
    const limiter = new AdaptiveLimiter({ ...options, clock: machine.clock, gauge: machine.gauge });
    return {
      run: (task, kind) => limiter.run(task, { kind }),
      status: () => limiter.status(),
      [Symbol.dispose]: () => limiter[Symbol.dispose](),
    };
  };
}
