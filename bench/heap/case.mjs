// Opens one snapshot with one tool and says how long it took and how much memory the process used at most, as JSON.
// Usage: node case.mjs TOOL FILE [DETAILS_FILE] – the details are what each node retains and its dominator, for a comparison.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PEERS = join(import.meta.dirname, "..", "peers");
const requirePeer = createRequire(join(process.env.PLIMSOLL_HEAP_PEERS ?? PEERS, "package.json"));
const [tool = "", file = "", details] = process.argv.slice(2);

/** Each opens `file` and returns what the details are read from. */
const tools = {
  async plimsoll() {
    const { openHeap } = await import("../../dist/heap/index.js");
    return openHeap(file, { sidecar: "ignore" });
  },
  async "plimsoll again"() {
    const { openHeap } = await import("../../dist/heap/index.js");
    return openHeap(file, { sidecar: "write" });
  },
  memlab() {
    return requirePeer("@memlab/heap-analysis").getFullHeapFromFile(file);
  },
  async "v8-heap-parser"() {
    const { decode_bytes: decode } = requirePeer("@vscode/v8-heap-parser");
    return decode(readFileSync(file)).get_class_groups(0, 10, true);
  },
  async devtools() {
    const path = requirePeer.resolve("chrome-devtools-mcp/build/src/processors/HeapSnapshotManager.js");
    const { HeapSnapshotManager } = await import(pathToFileURL(path).href);
    return new HeapSnapshotManager().getAggregates(file);
  },
};

const startedAt = performance.now();
const heap = await tools[tool]();
const ms = performance.now() - startedAt;
const [, peakKilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
if (details) (tool === "memlab" ? writeMemlab : writeOurs)(heap);
process.stdout.write(`${JSON.stringify({ ms, peakRssBytes: Number(peakKilobytes) * 1024 })}\n`);
process.exit(0);

function writeOurs(graph) {
  const retained = new Float64Array(graph.nodeCount);
  const dominators = new Float64Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    retained[node] = graph.retainedSize(node);
    dominators[node] = graph.dominator(node) ?? -1;
  }
  write(retained, dominators, new Float64Array());
}

/** And the values of WeakMaps: the one thing that is treated differently. */
function writeMemlab({ nodes, edges }) {
  const retained = new Float64Array(nodes.length);
  const dominators = new Float64Array(nodes.length);
  nodes.forEach((node) => {
    retained[node.nodeIndex] = node.retainedSize;
    dominators[node.nodeIndex] = node.dominatorNode?.nodeIndex ?? -1;
  });
  const values = new Set();
  edges.forEach((edge) => {
    if (edge.type !== "internal") return;
    if (/ part of key .* pair in WeakMap /s.test(String(edge.name_or_index))) values.add(edge.toNode.nodeIndex);
  });
  write(retained, dominators, Float64Array.from(values));
}

function write(...columns) {
  const descriptor = openSync(details, "w", 0o600);
  for (const { buffer } of [Float64Array.from(columns, ({ length }) => length), ...columns]) {
    const bytes = new Uint8Array(buffer);
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  }
  closeSync(descriptor);
}
