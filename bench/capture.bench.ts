/**
 * What a heap snapshot takes, beside what was predicted: extra resident memory at the peak and the pause, for heaps of many
 * shapes on every Node.js line; the count of objects beside the snapshot's own; and Node 20's remedy, with and without.
 * The goal is a bound: what is real never lies above what was predicted, and what was predicted is not absurd.
 *
 * `npm run bench:capture [-- --quick]`: about 6 minutes; the quick form is a smoke test and writes nothing.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "../src/monitor/trend.ts";
import { availableNodes } from "../test/support/nodes.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const CASE = join(import.meta.dirname, "support", "capture-case.mjs");
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
const scales = quick ? [0.3] : [0.3, 1];
const DEADLINE_MS = 180_000;
const MB = 1e6;

interface Measured {
  readonly nodes: number;
  readonly planMs: number;
  readonly extraBytes: number;
  readonly pauseMs: number;
  readonly cpuMs: number;
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
      for (const scale of scales) {
        const found = await measure(path, shape, scale);
        all.push(found);
        const { nodes, extraBytes, pauseMs, cpuMs, planMs, prediction } = found;
        const name = `${shape} x ${scale}, ${line}`;
        console.log(
          `${name}: ${nodes} nodes (predicted ${round(prediction.objects / nodes)} of that), ` +
            `${round(extraBytes / MB)} of ${round(prediction.extraBytes / MB)} MB, ` +
            `${round(pauseMs)} (CPU ${round(cpuMs)}) of ${round(prediction.pauseMs)} ms, planned in ${round(planMs)} ms`,
        );
        rows.push({
          name: `extra resident memory, ${name}`,
          value: round(extraBytes / MB),
          unit: "MB",
          goal: `<= ${Math.round(prediction.extraBytes / MB)}`,
          peers: {
            nodes,
            "predicted nodes": prediction.objects,
            "pause ms": round(pauseMs),
            "predicted pause ms": prediction.pauseMs,
          },
        });
      }
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
  const [running] = availableNodes();
  if (running !== undefined) {
    const bare = await measure(running.path, "syntax tree", 0.01, "bare");
    const remedied = await measure(running.path, "syntax tree", 0.01);
    const ratio = round(bare.cpuMs / remedied.cpuMs);
    console.log(
      `remedy on Node ${running.version}: CPU ${round(bare.cpuMs)} -> ${round(remedied.cpuMs)} ms, ${ratio}x`,
    );
    rows.push({
      name: `CPU of the bare capture as a multiple of ours, syntax tree beside a 9 MB script, Node ${running.version.split(".")[0]}`,
      value: ratio,
      unit: "x",
      goal: ">= 5",
      peers: { "v8.writeHeapSnapshot, ms": round(bare.cpuMs), "captureHeap, ms": round(remedied.cpuMs) },
    });
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function summary(name: string, runs: number[], pick: (...values: number[]) => number, goal: string): BenchRow {
  return { name, value: round(pick(...runs)), unit: "x", goal, runs };
}

const node = availableNodes()
  .map(({ version }) => version)
  .join(", ");
if (!quick) console.log(writeResults("capture", "npm run bench:capture", rows, { node }));
