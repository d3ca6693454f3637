/**
 * What a heap snapshot takes, beside what was predicted: extra resident memory at the peak and the pause, for heaps of many
 * shapes on every Node.js line; the count of objects beside the snapshot's own; the compact form beside the plain one;
 * Node 20's remedy, with and without; and a heap near the limit of a real memory cgroup, captured by Node's own function
 * and by ours. The goal is a bound: what is real never lies above what was predicted, and what was predicted is not absurd.
 *
 * `npm run bench:capture [-- --quick]`: about 4 minutes; the quick form is a smoke test and writes nothing. The last part needs root.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "../src/monitor/trend.ts";
import { availableNodes } from "../test/support/nodes.ts";
import { MemoryCgroup } from "../test/support/memory-cgroup.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const CASE = join(import.meta.dirname, "support", "capture-case.mjs");
const NEAR_LIMIT = join(import.meta.dirname, "..", "test", "heap", "fixtures", "near-limit.mjs");
const HEAP = join(import.meta.dirname, "..", "dist", "heap");
const SHAPES = [
  "small objects in a Map",
  "closures",
  "syntax tree",
  "trees",
  "promises",
  "boxed numbers in one array",
  "strings of 200 characters",
  "long strings",
  "number arrays",
  "buffers",
  "a fresh program",
];
const quick = process.argv.includes("--quick");
const scale = quick ? 0.1 : 0.5;
const DEADLINE_MS = 90_000;
const REMEDY_RUNS = quick ? 1 : 3;
const LIMIT_BYTES = 400 * 2 ** 20;
/** Of a Map: a heap of about 100 MB, whose snapshot takes more than the rest of the limit. */
const NEAR_LIMIT_ENTRIES = 300_000;
const MB = 1e6;

interface Measured {
  readonly nodes: number;
  readonly planMs: number;
  readonly extraBytes: number;
  readonly pauseMs: number;
  readonly cpuMs: number;
  readonly fileBytes: number;
  readonly prediction: { readonly objects: number; readonly extraBytes: number; readonly pauseMs: number };
}

const directory = mkdtempSync(join(tmpdir(), "bench-capture-"));
const rows: BenchRow[] = [];
const round = (value: number): number => Number(value.toPrecision(3));

async function measure(node: string, shape: string, scale: number, mode = "guarded"): Promise<Measured> {
  const file = join(directory, `${Math.random().toString(36).slice(2)}.heapsnapshot`);
  const args = ["--max-old-space-size=8000", CASE, HEAP, shape, String(scale), file, mode];
  const { stdout } = await promisify(execFile)(node, args, { timeout: DEADLINE_MS, killSignal: "SIGKILL" });
  return JSON.parse(stdout) as Measured;
}

try {
  for (const { version, path } of availableNodes()) {
    const line = `Node ${version.split(".")[0]}`;
    const all: Measured[] = [];
    for (const shape of SHAPES) {
      const found = await measure(path, shape, scale);
      all.push(found);
      const { nodes, extraBytes, pauseMs, cpuMs, planMs, prediction } = found;
      const name = `${shape}, ${line}`;
      console.log(
        `${name}: ${nodes} nodes (predicted ${round(prediction.objects / nodes)} of that), ` +
          `${round(extraBytes / MB)} of ${round(prediction.extraBytes / MB)} MB, ` +
          `${round(pauseMs)} (CPU ${round(cpuMs)}) of ${round(prediction.pauseMs)} ms, planned in ${round(planMs)} ms`,
      );
      rows.push(
        {
          name: `extra resident memory, ${name}`,
          value: round(extraBytes / MB),
          unit: "MB",
          goal: `<= ${Math.round(prediction.extraBytes / MB)}`,
          peers: { nodes, "predicted nodes": prediction.objects },
        },
        {
          name: `pause, ${name}`,
          value: round(pauseMs),
          unit: "ms",
          goal: `<= ${prediction.pauseMs}`,
          peers: { "CPU ms": round(cpuMs), "planned in ms": round(planMs) },
        },
      );
    }
    const ratios = (figure: "extraBytes" | "pauseMs"): number[] =>
      all.map((one) => round(one[figure] / one.prediction[figure]));
    const objects = all.map(({ nodes, prediction }) => round(prediction.objects / nodes));
    rows.push(
      summary(`extra memory as a part of the predicted, largest, ${line}`, ratios("extraBytes"), Math.max, "<= 1"),
      summary(
        `extra memory as a part of the predicted, median, ${line}`,
        ratios("extraBytes"),
        (...all) => median(all),
        ">= 0.33",
      ),
      summary(`pause as a part of the predicted, largest, ${line}`, ratios("pauseMs"), Math.max, "<= 1"),
      summary(`predicted nodes as a part of the real, smallest, ${line}`, objects, Math.min, ">= 1"),
      summary(`predicted nodes as a part of the real, median, ${line}`, objects, (...all) => median(all), "<= 2"),
    );
  }
  await compareForms();
  await compareRemedy();
  await captureNearLimit();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** The compact form beside the plain one. */
async function compareForms(): Promise<void> {
  for (const { version, path } of availableNodes()) {
    for (const shape of ["small objects in a Map", "syntax tree"]) {
      const plain = await measure(path, shape, scale);
      const compact = await measure(path, shape, scale, "compact");
      const name = `${shape}, compact form, Node ${version.split(".")[0]}`;
      const size = round(plain.fileBytes / compact.fileBytes);
      console.log(
        `${name}: ${size}x smaller, ${round(compact.pauseMs)} of ${compact.prediction.pauseMs} ms beside ${round(plain.pauseMs)}, ` +
          `${round(compact.extraBytes / MB)} of ${round(compact.prediction.extraBytes / MB)} MB beside ${round(plain.extraBytes / MB)}`,
      );
      rows.push(
        { name: `plain file as a multiple of the compact, ${name}`, value: size, unit: "x", goal: ">= 9" },
        {
          name: `pause, ${name}`,
          value: round(compact.pauseMs),
          unit: "ms",
          goal: `<= ${compact.prediction.pauseMs}`,
          peers: { "plain form, ms": round(plain.pauseMs) },
        },
        {
          name: `extra resident memory, ${name}`,
          value: round(compact.extraBytes / MB),
          unit: "MB",
          goal: `<= ${Math.round(compact.prediction.extraBytes / MB)}`,
          peers: { "plain form, MB": round(plain.extraBytes / MB) },
        },
      );
    }
  }
}

/** Node 20 alone has it. */
async function compareRemedy(): Promise<void> {
  const old = availableNodes().find(({ version }) => version.startsWith("20."));
  if (old === undefined) return;
  const bare: number[] = [];
  const remedied: number[] = [];
  for (let run = 0; run < REMEDY_RUNS; run += 1) {
    bare.push((await measure(old.path, "syntax tree", 0.01, "bare")).cpuMs);
    remedied.push((await measure(old.path, "syntax tree", 0.01)).cpuMs);
  }
  const ratio = round(median(bare) / median(remedied));
  console.log(`remedy on Node ${old.version}: CPU ${round(median(bare))} -> ${round(median(remedied))} ms, ${ratio}x`);
  rows.push({
    name: "CPU of the bare capture as a multiple of ours, syntax tree beside a 9 MB script, Node 20",
    value: ratio,
    unit: "x",
    goal: ">= 5",
    runs: bare.map((ms, run) => round(ms / (remedied[run] ?? Number.NaN))),
    peers: { "v8.writeHeapSnapshot, ms": round(median(bare)), "captureHeap, ms": round(median(remedied)) },
  });
}

/** Node's own function there is the end of the program; ours is refused. */
async function captureNearLimit(): Promise<void> {
  for (const { version, path } of availableNodes()) {
    const ends: string[] = [];
    for (const mode of ["bare", "guarded"]) {
      const file = join(directory, `near-${mode}.heapsnapshot`);
      using cgroup = new MemoryCgroup("plimsoll-bench-capture", LIMIT_BYTES);
      const args = [NEAR_LIMIT, HEAP, String(NEAR_LIMIT_ENTRIES), file, mode];
      ends.push(describeEnd(await cgroup.run(path, args, DEADLINE_MS), file));
      rmSync(file, { force: true });
    }
    const [bare = "", guarded = ""] = ends;
    const name = `a heap of ${NEAR_LIMIT_ENTRIES} entries in a cgroup of 400 MiB, Node ${version.split(".")[0]}`;
    console.log(`${name}: ${guarded}; v8.writeHeapSnapshot: ${bare}`);
    rows.push({
      name,
      value: guarded,
      unit: "",
      goal: "refused, and the program lives",
      peers: { "v8.writeHeapSnapshot": bare },
    });
  }
}

function describeEnd({ signal, stdout }: { signal: string | null; stdout: string }, file: string): string {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (signal !== null) return `killed by ${signal}, ${bytes} bytes written`;
  return `${stdout.includes("ERR_PLIMSOLL_CAPTURE_REFUSED") ? "refused" : "captured"}, and ${stdout.includes("alive") ? "the program lives" : "the program ended"}`;
}

function summary(name: string, runs: number[], pick: (...values: number[]) => number, goal: string): BenchRow {
  return { name, value: round(pick(...runs)), unit: "x", goal, runs };
}

const node = availableNodes()
  .map(({ version }) => version)
  .join(", ");
if (!quick) console.log(writeResults("capture", "npm run bench:capture", rows, { node }));
