/**
 * False alarms and misses of `toLeakNothing`: clean functions of the tests and half as many planted leaks, some
 * at a time in a process of their own and in an order that is new every time, so that one meets the heap that others left.
 * `npm run soak:testing [-- COUNT] [--minutes 3] [--again]`: so many clean runs (default: 1,000) in about 12 minutes, or in
 * parts: what is left is done by the same command again, and what was measured of the same code is kept.
 */
import { readOptions, TASKS_LEFT } from "./support/chunk.ts";
import { runSoak } from "./support/testing-soak.ts";

const options = readOptions(2);
const count = Number(options.names[0] ?? 1000);
const outcome = await runSoak({ ...options, count, say: (line) => console.log(line) });
const { clean, leaky, falseAlarms, misses, minimalBytes, left } = outcome;
for (const { task, error } of [...falseAlarms, ...misses]) console.log(`${task} ${error ?? ""}`);
console.log(`${falseAlarms.length} false alarms in ${clean.length} clean runs`);
console.log(
  `${misses.length} of ${leaky.length} planted leaks missed; the smallest found every time: ${minimalBytes ?? "none"} B a call`,
);
if (left > 0) {
  console.log(`${left} runs are left: run the same command again`);
  process.exitCode = TASKS_LEFT;
} else if (falseAlarms.length + misses.length > 0 || minimalBytes === undefined) process.exitCode = 1;
