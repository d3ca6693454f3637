// One heap of a known shape: predicts the capture, captures, and says on stdout what both were.
// Arguments: the built src/heap folder, shape, scale, file, and "bare" to leave Node 20's remedy out or "compact" for that form.
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setFlagsFromString, writeHeapSnapshot } from "node:v8";
import { runInNewContext } from "node:vm";

const [heapFolder, shape, scaleText, file, mode] = process.argv.slice(2);
const scale = Number(scaleText);
const require = createRequire(import.meta.url);
globalThis.kept = [];
const { kept } = globalThis;

class TreeNode {
  constructor(left, right, depth) {
    this.left = left;
    this.right = right;
    this.depth = depth;
  }
}
const makeTree = (depth) => (depth === 0 ? null : new TreeNode(makeTree(depth - 1), makeTree(depth - 1), depth));

const SHAPES = {
  "small objects in a Map"() {
    const map = new Map();
    for (let i = 0; i < 450_000 * scale; i++) map.set(`k${i}`, { id: i, name: `n${i}`, at: i * 1.5, tags: [i] });
    kept.push(map);
  },
  closures() {
    for (let i = 0; i < 500_000 * scale; i++) {
      const held = { i };
      kept.push(() => held.i + i);
    }
  },
  "syntax tree"() {
    const typescript = require("typescript");
    const text = readFileSync(require.resolve("typescript"), "utf8").slice(0, 2_500_000 * scale);
    kept.push(typescript.createSourceFile("a.ts", text, 99, true));
  },
  "long strings"() {
    for (let i = 0; i < 1000 * scale; i++) kept.push(Buffer.alloc(100_000, 97 + (i % 26)).toString("latin1") + i);
  },
  "strings of 200 characters"() {
    for (let i = 0; i < 300_000 * scale; i++) kept.push(Buffer.from("x".repeat(200) + i).toString("latin1"));
  },
  "number arrays"() {
    for (let i = 0; i < 500 * scale; i++) kept.push(Array.from({ length: 35_000 }, (_, j) => j * 1.1));
  },
  "boxed numbers in one array"() {
    const mixed = [{}];
    for (let i = 0; i < 1_500_000 * scale; i++) mixed.push(i * 1.1);
    kept.push(mixed);
  },
  buffers() {
    for (let i = 0; i < 100_000 * scale; i++) kept.push(Buffer.from(new ArrayBuffer(1000)));
  },
  trees() {
    for (let i = 0; i < Math.ceil(6 * scale); i++) kept.push(makeTree(17));
  },
  promises() {
    for (let i = 0; i < 200_000 * scale; i++) kept.push((async () => void (await new Promise(() => {})))());
  },
  "a fresh program"() {},
};
SHAPES[shape]();

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
collect();
collect();
const { captureCompactHeap, planCapture, captureHeap } = await import(join(heapFolder, "capture.js"));
const began = performance.now();
// The second of two plans finds the traces of the first in the heap.
let prediction = mode === "compact" ? undefined : planCapture().prediction;
const planMs = performance.now() - began;
const read = (name) =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
const before = read("VmRSS");
writeFileSync("/proc/self/clear_refs", "5");
const cpu = process.cpuUsage();
const capturing = performance.now();
const options = { file, maxPauseMs: 600_000 };
if (mode === "bare") writeHeapSnapshot(file);
else if (mode === "compact") ({ prediction } = await captureCompactHeap(options));
else captureHeap(options);
const pauseMs = performance.now() - capturing;
const { user, system } = process.cpuUsage(cpu);
const extraBytes = Math.max(0, read("VmHWM") - before);
const fileBytes = statSync(file).size;
const nodes = mode === "compact" ? await countNodes() : readNodeCount();
rmSync(file);
process.stdout.write(
  JSON.stringify({ nodes, planMs, extraBytes, pauseMs, fileBytes, cpuMs: (user + system) / 1000, prediction }),
);

function readNodeCount() {
  return Number(/"node_count":(\d+)/.exec(readFileSync(file).subarray(0, 4096).toString("latin1"))[1]);
}

async function countNodes() {
  const { openHeap } = await import(join(heapFolder, "open-heap.js"));
  const graph = openHeap(file);
  graph[Symbol.dispose]();
  return graph.nodeCount;
}
