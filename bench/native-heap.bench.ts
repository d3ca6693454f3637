/**
 * What it costs to walk the native heap of a running program, for both, and how near it comes to what glibc says in
 * the program itself: on heaps at rest and on one that is always allocating.
 *
 * `node --import tsx bench/native-heap.bench.ts [--quick]`: about 30 seconds; the quick form is a smoke test and writes nothing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../src/monitor/trend.ts";
import { walkNativeHeap } from "../src/probe/native-heap/native-heap.ts";
import type { NativeHeapWalk } from "../src/probe/native-heap/native-heap-walk.ts";
import { startNativeProgram } from "../test/probe/native-heap/support/native-program.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? 2 : 9;
const GIB = 2 ** 30;

function walk(pid: number, owners = true): NativeHeapWalk {
  const reading = walkNativeHeap(pid, { owners });
  if (!reading.available) throw new Error(reading.reason);
  return reading;
}

const usedOf = ({ heap }: NativeHeapWalk): number => heap.usedBytes + heap.threadCachedBytes + heap.overheadBytes;
const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));
const percent = (value: number, truth: number): number => rounded((100 * Math.abs(value - truth)) / truth);

async function measureCost(): Promise<BenchRow[]> {
  await using program = await startNativeProgram("large");
  const speeds: number[] = [];
  const bare: number[] = [];
  const [during, before]: [number[], number[]] = [[], []];
  let largestBytes = 0;
  walk(program.pid); // loads our own code
  const rssBytes = process.memoryUsage.rss();
  for (let round = 0; round < rounds; round += 1) {
    await program.ask();
    await sleep(500);
    before.push((await program.ask()).stallMs);
    const walked = walk(program.pid);
    largestBytes = Math.max(largestBytes, process.memoryUsage.rss() - rssBytes);
    during.push((await program.ask()).stallMs);
    speeds.push((walked.durationMs / 1000 / walked.heap.systemBytes) * GIB);
    const withoutOwners = walk(program.pid, false);
    bare.push((withoutOwners.durationMs / 1000 / withoutOwners.heap.systemBytes) * GIB);
  }
  const added = during.map((ms, round) => ms - (before[round] ?? 0));
  const what = "a heap of 400 MB in 3.7 million chunks of 112 bytes";
  return [
    {
      name: `walk with owners, ${what}`,
      value: rounded(median(speeds)),
      unit: "s a gigabyte",
      goal: "<= 2",
      runs: speeds.map((speed) => rounded(speed)),
      peers: { "without owners": rounded(median(bare)) },
    },
    {
      name: "stall of the program's event loop during a walk, more than without",
      value: rounded(median(added), 1),
      unit: "ms",
      goal: "<= 10",
      runs: added.map((ms) => rounded(ms, 1)),
      peers: { "longest without": rounded(Math.max(...before), 1), "longest during": rounded(Math.max(...during), 1) },
    },
    {
      name: "our own memory during walks, growth",
      value: rounded(largestBytes / 2 ** 20, 1),
      unit: "MB",
      goal: "<= 64",
    },
  ];
}

async function measureAccuracy(): Promise<BenchRow[]> {
  const [used, free]: [number[], number[]] = [[], []];
  for (const action of ["nothing", "leak", "fragment", "fastBins", "mapped", "threads", "blocked"]) {
    await using program = await startNativeProgram(action);
    await program.ask();
    await sleep(200);
    const walked = walk(program.pid);
    const truth = await program.ask();
    used.push(percent(usedOf(walked), truth.used));
    free.push(percent(walked.heap.freeBytes, truth.free));
  }
  const row = (what: string, runs: number[]): BenchRow => ({
    name: `${what} bytes of seven heaps at rest, largest difference from mallinfo2`,
    value: Math.max(...runs),
    unit: "%",
    goal: "<= 1",
    runs,
  });
  return [row("used", used), row("free", free)];
}

async function measureBusy(): Promise<BenchRow[]> {
  await using program = await startNativeProgram("busy");
  const [errors, misses]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds * 2; round += 1) {
    await program.ask();
    const walked = walk(program.pid);
    const { least, most } = await program.ask();
    const errorBytes = walked.heap.errorBytes ?? walked.heap.systemBytes;
    errors.push(percent(errorBytes + walked.heap.systemBytes, walked.heap.systemBytes));
    const used = usedOf(walked);
    misses.push(used < (least ?? 0) - errorBytes || used > most + errorBytes ? 1 : 0);
  }
  return [
    {
      name: "walks of a busy heap whose used bytes lie outside of what mallinfo2 said meanwhile, with the stated error",
      value: misses.reduce((a, b) => a + b, 0),
      unit: `of ${misses.length}`,
      goal: "<= 0",
    },
    { name: "stated error on a busy heap, share of it", value: median(errors), unit: "%", runs: errors },
  ];
}

const rows = [...(await measureCost()), ...(await measureAccuracy()), ...(await measureBusy())];
for (const { name, value, unit, goal, peers } of rows)
  console.log(`${name}: ${value} ${unit} (${goal ?? "no goal"})`, peers ?? "");
if (!quick) console.log(writeResults("native-heap", "node --import tsx bench/native-heap.bench.ts", rows));
