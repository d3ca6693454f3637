/**
 * `plimsoll heap`: what a heap snapshot holds, who holds it, what grew between two or three, one object with all that
 * is around it, and a capture of a running process. Answers are short: what does not fit on a screen is not read at 3 a.m.
 */
import { statSync } from "node:fs";
import { parseBytes } from "../../base/bytes.ts";
import { classHistogram } from "../../heap/class-histogram.ts";
import { diffHeaps } from "../../heap/diff-heaps.ts";
import { findSuspects } from "../../heap/find-suspects.ts";
import type { HeapGraph } from "../../heap/heap-graph.ts";
import { openHeap } from "../../heap/open-heap.ts";
import { nearest, parseOptions, usage } from "../arguments.ts";
import type { CommandEnd } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { describeNode, type NodeSheet } from "../../heap/node-sheet.ts";
import { drawDiff, drawNode, drawSummary, type HeapSummary } from "../heap-sheet.ts";
import type { Output } from "../output.ts";
import { withExample } from "../report-options.ts";
import { captureCommand } from "./heap-capture.ts";

const EXAMPLE = "plimsoll heap app.heapsnapshot";
const DIFF_EXAMPLE = "plimsoll heap diff before.heapsnapshot after.heapsnapshot later.heapsnapshot";
const NODE_EXAMPLE = "plimsoll heap node app.heapsnapshot @12345";
const OPTIONS = { json: { type: "boolean" }, "max-memory": { type: "string" } } as const;
const CLASSES = 10;

/** Answers from snapshots, or captures one. */
export async function heap(args: readonly string[], output: Output): Promise<CommandEnd> {
  const [first, ...rest] = args;
  if (first === "capture") return captureCommand(rest, output);
  const isDiff = first === "diff";
  const isNode = first === "node";
  const example = isDiff ? DIFF_EXAMPLE : isNode ? NODE_EXAMPLE : EXAMPLE;
  const { values, positionals } = parseOptions(isDiff || isNode ? rest : args, OPTIONS, example);
  const reader = new SnapshotReader(readMemory(values["max-memory"], example), output);
  const isJson = values["json"] === true;
  if (isDiff) return diff(positionals, reader, isJson, output);
  if (isNode) return node(positionals, reader, isJson, output);
  return summary(positionals, reader, isJson, output);
}

function summary(files: readonly string[], reader: SnapshotReader, isJson: boolean, output: Output): CommandEnd {
  const [file, ...more] = files;
  if (file === undefined) throw usage("heap takes a snapshot file, or diff, node or capture.", EXAMPLE);
  if (more.length > 0) throw usage("heap takes one snapshot; heap diff compares two or three.", DIFF_EXAMPLE);
  using graph = reader.open(file, EXAMPLE);
  const found: HeapSummary = {
    schema: "plimsoll.heap/1",
    file,
    objects: graph.nodeCount,
    references: graph.edgeCount,
    bytes: graph.totalBytes,
    suspects: findSuspects(graph),
    classes: classHistogram(graph, CLASSES),
  };
  return answer(isJson, output, found, () => drawSummary(found, output.paint));
}

function diff(files: readonly string[], reader: SnapshotReader, isJson: boolean, output: Output): CommandEnd {
  const [first, second, third, ...more] = files;
  if (first === undefined || second === undefined || more.length > 0) {
    throw usage(
      "heap diff takes two or three snapshots of one process, in the order in which they were taken.",
      DIFF_EXAMPLE,
    );
  }
  using before = reader.open(first, DIFF_EXAMPLE);
  using between = third === undefined ? undefined : reader.open(second, DIFF_EXAMPLE);
  using after = reader.open(third ?? second, DIFF_EXAMPLE);
  const found = { schema: "plimsoll.heap-diff/1", files, ...diffHeaps(before, after, between ? { between } : {}) };
  return answer(isJson, output, found, () => drawDiff(found, output.paint));
}

function node(words: readonly string[], reader: SnapshotReader, isJson: boolean, output: Output): CommandEnd {
  const [file, word, ...more] = words;
  const id = Number(word?.replace(/^@/, ""));
  if (file === undefined || word === undefined || more.length > 0 || !Number.isSafeInteger(id) || id < 1) {
    throw usage("heap node takes a snapshot file and an object's id, as the other answers show it.", NODE_EXAMPLE);
  }
  using graph = reader.open(file, NODE_EXAMPLE);
  const place = graph.nodeWithId(id);
  if (place === undefined)
    throw usage(`${file} has no object @${id}: ids belong to one process.`, `plimsoll heap ${file}`);
  const found: NodeSheet = describeNode(graph, place, file);
  return answer(isJson, output, found, () => drawNode(found, output.paint));
}

function answer(isJson: boolean, output: Output, found: unknown, draw: () => string): CommandEnd {
  if (isJson) output.data(JSON.stringify(found, null, 2));
  else output.say(draw());
  return { code: EXIT.ok };
}

function readMemory(size: string | boolean | undefined, example: string): number | undefined {
  if (typeof size !== "string") return undefined;
  try {
    return parseBytes(size);
  } catch (error) {
    throw withExample(error, `${example} --max-memory 1gb`);
  }
}

/** Opens snapshots and says on a terminal how far it is. */
class SnapshotReader {
  readonly #maxMemoryBytes: number | undefined;
  readonly #output: Output;

  constructor(maxMemoryBytes: number | undefined, output: Output) {
    this.#maxMemoryBytes = maxMemoryBytes;
    this.#output = output;
  }

  open(file: string, example: string): HeapGraph {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw usage(`${file} is a folder.`, example);
    if (!found) {
      const command = nearest(file, ["diff", "node", "capture"]);
      throw usage(`There is no file ${file}.${command ? ` Did you mean heap ${command}?` : ""}`, example);
    }
    const output = this.#output;
    const clear = (): void => {
      if (output.isTerminal) output.draw("\r\u001B[K");
    };
    try {
      return openHeap(file, {
        ...(this.#maxMemoryBytes === undefined ? {} : { maxMemoryBytes: this.#maxMemoryBytes }),
        onProgress: (stage) => {
          if (output.isTerminal) output.draw(`\r\u001B[K plimsoll: reading ${file}: ${stage}`);
        },
      });
    } finally {
      clear();
    }
  }
}
