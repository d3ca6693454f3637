/**
 * From a step's number to its version: the keyframe before it, and the log from there. Where the line of
 * steps began at a branch point, the way goes on in the line that it came from.
 */
import { PlimsollError } from "../base/errors.ts";
import { Graph } from "./graph.ts";
import type { GraphNode } from "./graph-node.ts";
import { readGraph } from "./graph-reader.ts";
import { readTrailer } from "./keyframe.ts";
import type { LogReader } from "./log-reader.ts";
import { LEVELS, NOWHERE, PageTable, type Place } from "./page-table.ts";
import { RECORD } from "./record.ts";
import type { Keyframe, StepIndex } from "./step-index.ts";
import { StepCursor } from "./steps-record.ts";
import { Slices } from "./turn.ts";
import { Version } from "./version.ts";

/** At the end of a keyframe: its table, as far as it was written anew. */
const TABLE_BYTES = 4096;
/** A keyframe's end and the log after it are read at once, as far as they are so large. */
const MAX_WINDOW_BYTES = 512 * 1024;

/** A log that can be read. */
export interface LogView {
  readonly index: StepIndex;
  readonly reader: LogReader;
  /** Where it ends. */
  readonly end: number;
  /** Why steps after its end are not there. */
  readonly failure?: PlimsollError | undefined;
}

interface Stretch {
  readonly from: number;
  readonly until: number;
}

/** Opens a step. */
export async function openVersion({ index, reader, end, failure }: LogView, step: number): Promise<Version> {
  const stretches: Stretch[] = [];
  let keyframe: Keyframe | undefined;
  for (let at = step; at > 0;) {
    const line = index.line(at);
    if (!line) break;
    keyframe = index.keyframe(at, line.first, end);
    stretches.unshift({ from: keyframe?.end ?? line.position, until: at });
    if (keyframe) break;
    at = line.parent;
  }
  const version = await openKeyframe(step, reader, keyframe, Math.min(end, index.after(stretches[0]?.until ?? 0)));
  version.lines = stretches.length - 1;
  let reached = keyframe?.step ?? 0;
  for (const { from, until } of stretches) {
    if (reached === until) continue;
    for await (const { type, content } of reader.records(from, Math.min(end, index.after(until)), version.known)) {
      if (type !== RECORD.steps) continue;
      const cursor = new StepCursor(content);
      const cells = version.lay(content);
      while (cursor.next(until, cells)) reached = cursor.step;
      version.logBytes += content.length;
      if (reached === until) break;
    }
  }
  if (reached === step) return version;
  if (failure && index.after(step) >= end) throw failure;
  throw new PlimsollError("ERR_PLIMSOLL_NO_STEP", `Step ${step} is not kept: it was thinned out.`, {
    details: { step },
  });
}

/** A step as its keyframe has it, read together with the log after it, which ends at `end`. */
async function openKeyframe(
  step: number,
  reader: LogReader,
  keyframe: Keyframe | undefined,
  end: number,
): Promise<Version> {
  if (!keyframe) return new Version(step, reader, NOWHERE, 0);
  const from = Math.max(keyframe.position, keyframe.end - TABLE_BYTES);
  const known = await reader.window(from, Math.min(end - from, MAX_WINDOW_BYTES));
  const trailer = readTrailer(known.bytes.subarray(0, keyframe.end - from));
  if (!trailer) throw reader.damage("A keyframe", keyframe.position);
  return new Version(step, reader, trailer.root, trailer.nextCell, known);
}

/** The container of a step's state, with all below it. */
export async function loadGraph(version: Version): Promise<GraphNode | undefined> {
  if (version.step === 0) return undefined;
  const nodes = await readGraph(version);
  return nodes.get(0);
}

/** Where the pages of a step's keyframe lie. */
export async function loadTable(version: Version, reader: LogReader): Promise<PageTable> {
  const table = new PageTable();
  if (version.root.length === 0) return table;
  table.adoptRoot(version.root);
  await adopt(table, reader, LEVELS - 1, 0, version.root);
  return table;
}

/** A step as the newest state: ready to be changed. */
export async function loadNewest(
  version: Version,
  reader: LogReader,
  slices = new Slices(Infinity),
): Promise<{ readonly graph: Graph; readonly table: PageTable }> {
  const table = await loadTable(version, reader);
  const graph =
    version.step === 0 ? new Graph() : await Graph.of(await readGraph(version, slices), version.nextCell, slices);
  for (const page of version.writtenPages) graph.dirtyPages.add(page);
  for (const page of table.pages()) if (!graph.hasPage(page)) graph.dirtyPages.add(page);
  return { graph, table };
}

async function adopt(table: PageTable, reader: LogReader, level: number, index: number, place: Place): Promise<void> {
  const found = reader.page(place);
  const { places } = found instanceof Promise ? await found : found;
  table.adopt(level, index, [...places]);
  if (level === 0) return;
  for (const [at, child] of places.entries()) {
    if (child) await adopt(table, reader, level - 1, index * places.length + at, child);
  }
}
