// One case of bench/monitor.bench.ts, alone in its process, on the built package. Prints one number:
// microseconds of CPU a call (loop), of time a reading (busy), per cent of a core (idle), bytes (retained),
// microseconds of CPU a collection (collections).
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { GCProfiler } from "node:v8";

const [kind, subject, seconds = "10", regions = "0"] = process.argv.slice(2);

/** Splits one mapping into many regions of alternating protection. */
async function makeRegions(count) {
  if (count === 0) return;
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const mmap = libc.func("void *mmap(void *address, size_t length, int prot, int flags, int fd, int64_t offset)");
  const mprotect = libc.func("int mprotect(void *address, size_t length, int prot)");
  const page = 65_536; // a multiple of every page size
  const base = koffi.address(mmap(null, count * page, 3, 0x22, -1, 0));
  for (let index = 0; index < count; index += 2) mprotect(base + BigInt(index * page), page, 1);
  const found = readFileSync("/proc/self/maps", "utf8").split("\n").length;
  if (found < count) throw new Error(`only ${found} regions`);
}

async function createMonitor(options = {}) {
  const { Monitor } = await import("../../dist/monitor/index.js");
  return new Monitor({ observeCollections: false, ...options });
}

/** What one reading of the subject is. */
async function createReading() {
  if (subject === "memoryUsage") return () => process.memoryUsage();
  if (subject === "prom-client") {
    const { collectDefaultMetrics, Registry } = await import("prom-client");
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    return () => registry.metrics();
  }
  const monitor = await createMonitor();
  return () => monitor.sample();
}

async function runLoop() {
  const read = await createReading();
  const [warmUp, count] = subject === "prom-client" ? [200, 1000] : [5000, 50_000];
  for (let index = 0; index < warmUp; index++) await read();
  const before = process.cpuUsage();
  if (subject === "prom-client") for (let index = 0; index < count; index++) await read();
  else for (let index = 0; index < count; index++) read();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** Readings at 10 Hz in a program whose event loop is about 40 % busy: the time inside them, once V8 has compiled them. */
async function runBusy() {
  const read = await createReading();
  for (let index = 0; index < 5000; index++) read();
  let kept = [];
  setInterval(() => {
    const end = performance.now() + 4;
    while (performance.now() < end) kept.push({ value: kept.length, text: `item ${kept.length}` });
    if (kept.length > 50_000) kept = [];
  }, 10).unref();
  await sleep(1000);
  const times = [];
  setInterval(() => {
    const start = process.hrtime.bigint();
    read();
    times.push(Number(process.hrtime.bigint() - start) / 1000);
  }, 100).unref();
  await sleep(Number(seconds) * 1000);
  times.sort((a, b) => a - b); // a median: the machine interrupts some
  return times[times.length >> 1];
}

async function runIdle() {
  if (subject === "timer") setInterval(() => {}, 100).unref();
  if (subject === "memoryUsage") setInterval(() => process.memoryUsage(), 100).unref();
  if (subject === "prom-client") await createReading();
  if (subject === "monitor") (await createMonitor()).start();
  if (subject === "monitor-observing") (await createMonitor({ observeCollections: true })).start();
  if (subject === "monitor-steady") (await createMonitor({ idleIntervalMs: 100 })).start();
  await sleep(2000);
  const before = process.cpuUsage();
  await sleep(Number(seconds) * 1000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / Number(seconds) / 1e4;
}

/** Memory that a monitor keeps after a week at 10 Hz, on a clock that runs ahead. */
async function runRetained() {
  const { forceGC, Monitor } = await import("../../dist/monitor/index.js");
  let nowMs = 0;
  const clock = { now: () => nowMs, every: () => ({ [Symbol.dispose]() {} }) };
  const size = () => {
    const { heapUsedBytes, externalBytes } = forceGC().after;
    return heapUsedBytes + externalBytes;
  };
  const sizes = new Monitor({ clock }).sample();
  const source = {
    read: () => ({ ...sizes }),
    highWaterBytes: () => 0,
    createProfiler: () => undefined,
    readLimits: () => [],
  };
  size();
  const before = size();
  const monitor = new Monitor({ clock, source });
  for (; nowMs < 7 * 24 * 3_600_000; nowMs += 100) monitor.sample();
  const kept = size() - before;
  return monitor.stats().samples > 6_000_000 ? kept : Number.NaN;
}

/** CPU that observing adds to one collection: the same work with and without, in turns. */
async function runCollections() {
  const work = () => {
    let kept = [];
    for (let index = 0; index < 1_500_000; index++) {
      kept.push({ index });
      if (kept.length > 1000) kept = [];
    }
  };
  const measure = (observe) => {
    const profiler = new GCProfiler();
    const before = process.cpuUsage();
    if (observe) profiler.start();
    work();
    const count = observe ? profiler.stop().statistics.length : 0;
    const { user, system } = process.cpuUsage(before);
    return { cpu: user + system, count };
  };
  for (let index = 0; index < 5; index++) measure(index % 2 === 0);
  const differences = [];
  for (let index = 0; index < 40; index++) {
    const off = measure(false);
    const on = measure(true);
    differences.push((on.cpu - off.cpu) / on.count);
  }
  differences.sort((a, b) => a - b);
  return differences[differences.length >> 1];
}

await makeRegions(Number(regions));
const run = { loop: runLoop, busy: runBusy, idle: runIdle, retained: runRetained, collections: runCollections }[kind];
process.stdout.write(`${await run()}\n`);
process.exit(0);
