/**
 * One run of the budget benchmarks in a process of its own: takes its tasks and its policy as JSON, prints what came of it as JSON.
 * When it dies it prints nothing; its exit says how.
 */
import pLimit from "p-limit";
import PQueue from "p-queue";
import { Piscina } from "piscina";
import { AdaptiveLimiter } from "../../dist/budget/index.js";
import { heapBytesOf, hold } from "./task.mjs";

const { policy, concurrency, shape, items, seed } = JSON.parse(process.argv[2] ?? "{}");
const MB = 2 ** 20;
const STATUS_MS = 50;
/** By then what tasks cost has to be known. */
const TOLD_AFTER = 10;

const random = randomFrom(seed);
const tasks = Array.from({ length: items }, () => makeTask());
const trueHeapBytes = new Map();
for (const kind of new Set(tasks.map((task) => task.kind))) {
  const same = tasks.filter((task) => task.kind === kind);
  trueHeapBytes.set(kind, same.reduce((sum, task) => sum + heapBytesOf(task), 0) / same.length);
}

const parent = process.ppid;
let limiter;
let toldAfterTen;
let mostInFlight = 0;
const run = await start();
const timer = setInterval(() => {
  if (process.ppid !== parent) process.exit(1); // who asked for it is gone
  const status = limiter?.status();
  mostInFlight = Math.max(mostInFlight, status?.inFlight ?? concurrency ?? 0);
  if (status && status.collections >= TOLD_AFTER) toldAfterTen ??= errors(status);
}, STATUS_MS);
const startMs = performance.now();
await Promise.all(tasks.map((task) => run(task)));
const seconds = (performance.now() - startMs) / 1000;
clearInterval(timer);
const status = limiter?.status();
process.stdout.write(
  JSON.stringify({
    perSecond: items / seconds,
    seconds,
    peakRssMb: (process.resourceUsage().maxRSS * 1024) / MB,
    mostInFlight,
    ...(status && {
      collections: status.collections,
      forced: status.forced,
      errorAfterTen: toldAfterTen,
      errorAtEnd: errors(status),
    }),
  }),
);
process.exit(0);

/** How a policy runs a task. */
async function start() {
  if (policy === "adaptive") {
    limiter = new AdaptiveLimiter();
    return (task) => limiter.run(() => hold(task), { kind: task.kind });
  }
  if (policy === "p-limit") {
    const limit = pLimit(concurrency);
    return (task) => limit(() => hold(task));
  }
  if (policy === "p-queue") {
    const queue = new PQueue({ concurrency });
    return (task) => queue.add(() => hold(task));
  }
  const threads = 2;
  const pool = new Piscina({
    filename: new URL("./task.mjs", import.meta.url).href,
    maxThreads: threads,
    minThreads: threads,
    concurrentTasksPerWorker: Math.ceil(concurrency / threads),
  });
  return (task) => pool.run(task, { name: "hold" });
}

/** Learned less true heap bytes, over the true ones, of each kind with a fifth of the bytes or more. */
function errors({ costs }) {
  const total = tasks.reduce((sum, task) => sum + heapBytesOf(task), 0);
  const found = {};
  for (const { kind, heapBytes } of costs) {
    const truth = trueHeapBytes.get(kind) ?? 0;
    const count = tasks.filter((task) => task.kind === kind).length;
    if (truth * count >= total / 5) found[kind] = heapBytes / truth - 1;
  }
  return found;
}

function makeTask() {
  const { least, most, tail, kinds, heapRatio, waitMs } = shape;
  let megabytes = tail ? Math.min(most, least / (1 - random()) ** (1 / tail)) : least + (most - least) * random();
  if (kinds) megabytes = kinds[Math.floor(random() * kinds.length)];
  const [shortest, longest] = waitMs;
  return {
    kind: kinds ? `${megabytes} MB` : "task",
    heapMb: megabytes * heapRatio,
    externalMb: megabytes * (1 - heapRatio),
    waitMs: shortest + (longest - shortest) * random(),
    steps: shape.steps,
  };
}

/** mulberry32, as in bench/simulator/tasks.ts. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
