/**
 * False alarms of `toLeakNothing` over many clean runs, and planted leaks of 64 bytes a call or more that are found.
 * `npm run soak:testing [-- COUNT]`: 1,000 clean runs take some minutes; other counts write nothing.
 */
import { createServer } from "node:http";
import { once } from "node:events";
import { measureLeaks } from "../src/testing/measure-leaks.ts";
import { median } from "../src/monitor/trend.ts";
import { type Case, cleanCases, leakCases } from "./testing/cases.ts";
import { writeResults } from "./support/results.ts";

const FULL = 1000;
const LEAK_ROUNDS = 5;
const count = Number(process.argv[2] ?? FULL);

const server = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1");
await once(server, "listening");
const address = server.address();
const clean = cleanCases(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`);

const alarms: { name: string; what: string }[] = [];
const durations: number[] = [];
for (let run = 0; run < count; run += 1) {
  const [name, fn] = clean[run % clean.length] as Case;
  const { leaks, durationMs } = await measureLeaks(fn, { holders: false });
  durations.push(Math.round(durationMs));
  for (const { what, perCall } of leaks) alarms.push({ name, what: `${what} +${perCall.toFixed(1)}` });
}

const planted = leakCases();
const missed: string[] = [];
const rounds = count < FULL ? 1 : LEAK_ROUNDS;
for (let round = 0; round < rounds; round += 1) {
  for (const [name, fn] of planted.cases) {
    const { leaks } = await measureLeaks(fn, { holders: false });
    if (leaks.length === 0) missed.push(name);
    planted.forget();
  }
}
server.close();
server.closeAllConnections();

console.log({ count, alarms, missed, medianMs: median(durations), maxMs: Math.max(...durations) });
if (count === FULL) {
  const path = writeResults("testing-soak", "npm run soak:testing", [
    { name: "false alarms in 1,000 clean runs", value: alarms.length, unit: "runs", goal: "<= 0" },
    {
      name: "planted leaks of 64 bytes a call or more that were missed",
      value: missed.length,
      unit: `of ${rounds * planted.cases.length}`,
      goal: "<= 0",
    },
    { name: "duration of a clean run, median", value: median(durations), unit: "ms", goal: "<= 1000" },
  ]);
  console.log(path);
}
