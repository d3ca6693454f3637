/** The processor time that a limiter takes for a task that does nothing: the same number of tasks through each, in turns, in this process. */
import pLimit from "p-limit";
import PQueue from "p-queue";
import { AdaptiveLimiter } from "../../src/budget/limiter.ts";
import { median } from "../../src/monitor/trend.ts";

const ROUNDS = 7;
const BATCH = 1000;

/** Microseconds a task, medians of turns, less what the tasks cost without a limiter. */
export async function measureOverhead(tasks: number): Promise<Readonly<Record<string, readonly number[]>>> {
  const work = async (): Promise<void> => {};
  const ways: Record<string, () => (task: () => Promise<void>) => Promise<unknown>> = {
    none: () => (task) => task(),
    plimsoll: () => {
      const limiter = new AdaptiveLimiter();
      return (task) => limiter.run(task);
    },
    "p-limit": () => {
      const limit = pLimit(16);
      return (task) => limit(task);
    },
    "p-queue": () => {
      const queue = new PQueue({ concurrency: 16 });
      return (task) => queue.add(task);
    },
  };
  const micros: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, open] of Object.entries(ways)) {
      const run = open();
      const before = process.cpuUsage();
      for (let done = 0; done < tasks; done += BATCH) {
        await Promise.all(Array.from({ length: BATCH }, () => run(work)));
      }
      const { user, system } = process.cpuUsage(before);
      (micros[name] ??= []).push((user + system) / tasks);
    }
  }
  const bare = median(micros["none"] ?? []);
  delete micros["none"];
  return Object.fromEntries(
    Object.entries(micros).map(([name, all]) => [name, all.slice(1).map((each) => each - bare)]),
  );
}
