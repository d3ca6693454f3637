// What gradients allocate, and whether the arena is as large as was foretold. Heap statistics are read before and after calls that
// make no collection necessary: `gcs` must be 0, or the difference means nothing. Run with --expose-gc.
import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import v8 from "node:v8";
import {
  compileDensity,
  matmul,
  matrix,
  model,
  normal,
  positive,
  predictArenaBytes,
  real,
  vector,
} from "../../apps/bayes/dist/index.js";
import { bound } from "./eight-schools.mjs";

const calls = Number(process.argv[2]);
let gcs = 0;
const observer = new PerformanceObserver((list) => (gcs += list.getEntries().length));
observer.observe({ entryTypes: ["gc"] });

const density = compileDensity(bound.logDensity, bound.dimension);
const position = new Float64Array(bound.dimension).fill(0.1);
const gradient = new Float64Array(bound.dimension);
const total = new Float64Array(1);
function run(count) {
  for (let i = 0; i < count; i += 1) total[0] += density.valueAndGradient(position, gradient);
}
for (let round = 0; round < 20; round += 1) {
  run(20_000);
  await turn();
}
globalThis.gc();
await turn();
await turn();
gcs = 0;
const atRest = v8.getHeapStatistics();
const before = v8.getHeapStatistics();
run(calls);
const after = v8.getHeapStatistics();
await turn();
await turn();

// A regression whose arena is large enough to be seen among what the process has.
const rows = 20_000;
const X = Array.from({ length: rows }, (_, i) => [1, Math.sin(i), Math.cos(3 * i)]);
const regression = model({
  data: { X: matrix(), y: vector() },
  parameters: () => ({ beta: real(3), sigma: positive() }),
  density: ({ beta, sigma }, { X: design, y }, { follows }) => follows(y, normal(matmul(design, beta), sigma)),
}).bind({ X, y: X.map(([, each]) => each) });
const predicted = predictArenaBytes(regression.logDensity, regression.dimension);
globalThis.gc();
const buffersBefore = process.memoryUsage().arrayBuffers;
const large = compileDensity(regression.logDensity, regression.dimension);
const taken = process.memoryUsage().arrayBuffers - buffersBefore;
large.valueAndGradient(new Float64Array(4), new Float64Array(4));
console.log(
  JSON.stringify({
    gcs,
    bytes: after.used_heap_size - before.used_heap_size,
    // What reading the statistics itself takes.
    ofReading: before.used_heap_size - atRest.used_heap_size,
    malloced: after.malloced_memory - before.malloced_memory,
    external: after.external_memory - before.external_memory,
    predicted,
    arena: large.arenaBytes,
    taken,
  }),
);
