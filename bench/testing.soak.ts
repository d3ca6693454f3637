/**
 * False alarms and misses of `toLeakNothing`: every clean function of the tests and every planted leak, each lot in a process
 * of its own and in an order that is new every time, so that one meets the heap that others left.
 * `npm run soak:testing [-- COUNT]` measures so many clean runs (default: 1,000).
 */
import { runSoak } from "./support/testing-soak.ts";

const count = Number(process.argv[2] ?? 1000);
const outcome = await runSoak({ count, say: (line) => console.log(line) });
const { clean, leaky, falseAlarms, misses, minimalBytes, medianMs, maxMs } = outcome;
console.log(`${falseAlarms.length} false alarms in ${clean} clean runs (${medianMs} ms each, at most ${maxMs} ms)`);
console.log(
  `${misses.length} of ${leaky} planted leaks missed; the smallest found every time: ${minimalBytes ?? "none"} B a call`,
);
if (falseAlarms.length + misses.length > 0 || minimalBytes === undefined) process.exitCode = 1;
