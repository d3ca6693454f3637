/**
 * The child that opens snapshots and walks native heaps, so that the server's own memory does not depend on what it is asked. It holds opened
 * graphs within a bound, answers one question after the other, and ends with the server.
 */
import { statSync } from "node:fs";
import { BoundedMap } from "plimsoll/budget";
import { walkNativeHeap } from "plimsoll/diagnose/remote";
import {
  classHistogram,
  describeNode,
  diffHeaps,
  findDuplicateStrings,
  findSuspects,
  type HeapGraph,
  openHeap,
} from "plimsoll/heap";
import { formatBytes, PlimsollError } from "plimsoll/monitor";
import type { AnalystReply, AnalystRequest, AnalystTask, AnalystWork } from "./analyst-work.ts";

/** Of an opened graph, measured: docs/heap.md. */
const BYTES_PER_NODE = 37;
const BYTES_PER_EDGE = 9;
const CLASSES = 40;
const DUPLICATES = 40;
const MOST_TEXT = 200;

const mostBytes = Number(process.argv[2]);
const graphs = new BoundedMap<string, HeapGraph>({
  memory: mostBytes,
  name: "opened snapshots",
  sizeOf: bytesOf,
  onEvict: (_key, graph) => graph[Symbol.dispose](),
});

type Tell = (stage: string) => void;

/** A file that was written anew is another snapshot. */
function keyOf(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return `${size}:${mtimeMs}:${file}`;
}

function bytesOf(graph: HeapGraph): number {
  return graph.nodeCount * BYTES_PER_NODE + graph.edgeCount * BYTES_PER_EDGE;
}

/** All at once, so that none of them is closed for another. */
function open(files: readonly string[], tell: Tell): HeapGraph[] {
  const keys = files.map(keyOf);
  const opened = keys.map((key, nth) => {
    const known = graphs.get(key);
    if (known) return known;
    const graph = openHeap(files[nth] ?? "", { maxMemoryBytes: mostBytes, onProgress: tell });
    if (!graphs.set(key, graph)) graph[Symbol.dispose]();
    return graph;
  });
  if (!keys.every((key) => graphs.has(key))) {
    throw new PlimsollError(
      "ERR_PLIMSOLL_OVER_LIMIT",
      `Opened together these snapshots take ${formatBytes(opened.reduce((sum, one) => sum + bytesOf(one), 0))}, more than the ${formatBytes(mostBytes)} that analysis may use.`,
    );
  }
  return opened;
}

const WORK: {
  readonly [Task in AnalystTask]: (ask: AnalystWork[Task]["ask"], tell: Tell) => AnalystWork[Task]["answer"];
} = {
  summary({ file }, tell) {
    const [graph] = open([file], tell);
    if (!graph) throw new Error("no file was named");
    return {
      objects: graph.nodeCount,
      bytes: graph.totalBytes,
      suspects: findSuspects(graph),
      classes: classHistogram(graph, CLASSES),
    };
  },
  object({ file, id, showsText }, tell) {
    const [graph] = open([file], tell);
    const node = graph?.nodeWithId(id);
    if (!graph || node === undefined) {
      throw new PlimsollError("ERR_PLIMSOLL_USAGE", `The snapshot has no object @${id}: ids belong to one process.`);
    }
    const isText = /string/.test(graph.type(node));
    return {
      sheet: describeNode(graph, node, ""),
      ...(showsText && isText ? { text: graph.name(node).slice(0, MOST_TEXT) } : {}),
    };
  },
  compare({ files }, tell) {
    const opened = open(files, tell);
    const [first, between] = opened;
    const last = opened.at(-1);
    if (!first || !last || first === last) throw new Error("two snapshots are needed");
    tell("compare");
    const {
      suspects,
      classes,
      grewBytes = 0,
      newCount,
    } = diffHeaps(first, last, between && between !== last ? { between } : {});
    return { suspects, classes, grewBytes, newCount };
  },
  duplicates({ file, showsText }, tell) {
    const [graph] = open([file], tell);
    if (!graph) throw new Error("no file was named");
    return findDuplicateStrings(graph, DUPLICATES).map((one) => {
      const node = showsText ? graph.nodeWithId(one.exampleId) : undefined;
      return node === undefined ? one : { ...one, text: graph.name(node).slice(0, MOST_TEXT) };
    });
  },
  native: ({ pid }) => walkNativeHeap(pid),
};

/** Of a file that is no snapshot only that is told: the reader's own message would show what stands in it. */
function explain(error: unknown): { error: string; next: string } {
  if (PlimsollError.is(error, "ERR_PLIMSOLL_SNAPSHOT_CORRUPT")) {
    return {
      error: "The file is no whole heap snapshot: it was cut off, or is something else.",
      next: "Capture again: capture_heap.",
    };
  }
  if (PlimsollError.is(error, "ERR_PLIMSOLL_OVER_LIMIT")) {
    return {
      error: error.message.replace(/Opening .* takes/, "Opening it takes"),
      next: "Start the server with --analysis-memory 4gb.",
    };
  }
  if (PlimsollError.is(error)) return { error: error.message, next: "heap_suspects shows ids that are there." };
  const code = error instanceof Error && "code" in error ? String(error.code) : "unexpected";
  return { error: `The snapshot could not be read (${code}).`, next: "list_snapshots {} shows what there is." };
}

function reply(message: AnalystReply): void {
  process.send?.(message);
}

function answer<Task extends AnalystTask>(id: number, task: Task, ask: AnalystWork[Task]["ask"]): void {
  try {
    reply({ id, answer: WORK[task](ask, (stage) => reply({ id, stage })) });
  } catch (error) {
    reply({ id, ...explain(error) });
  }
}

process.on("message", ({ id, task, ask }: AnalystRequest) => answer(id, task, ask));
process.on("disconnect", () => process.exit(0));
