/**
 * What the snapshots of a run tell, for its report: who holds what is new where there are several of one process, who keeps
 * most where there is one, and the outline that the page draws. They are opened after the program has ended, and only
 * where that takes little.
 */
import { statSync } from "node:fs";
import { freemem } from "node:os";
import { basename } from "node:path";
import type { Report, ReportHeap } from "../diagnose/report/report.ts";
import { HOLDER_UNKNOWN } from "../diagnose/report/unknown.ts";
import { diffHeaps } from "../heap/diff-heaps.ts";
import { findSuspects } from "../heap/find-suspects.ts";
import type { HeapGraph } from "../heap/heap-graph.ts";
import { openHeap } from "../heap/open-heap.ts";
import { outlineHeap } from "../heap/outline.ts";
import { holderOfGrowth, type Suspect } from "../heap/suspect.ts";

/** Snapshots of one process, oldest first. */
export interface TakenSnapshots {
  readonly pid: number;
  readonly files: readonly string[];
}

/** More than this is opened by `plimsoll heap` when somebody asks: the report is wanted now. */
const MOST_BYTES = 400e6;
/** Of the memory that is free. */
const SHARE_OF_FREE = 0.5;
const MOST_HOLDERS = 5;
/** Of the heap; less is not worth a line unless it leaks. */
const LEAST_SHARE = 0.02;
/** The first, one between, the last: more show nothing further. */
const MOST_SNAPSHOTS = 3;

/** Adds what the snapshots tell to a report. What cannot be opened is told, and takes nothing else with it. */
export function addHeap(report: Report, { pid, files }: TakenSnapshots): Report {
  if (files.length === 0) return report;
  const chosen = files.length > MOST_SNAPSHOTS ? [...files.slice(0, 1), ...files.slice(1 - MOST_SNAPSHOTS)] : files;
  try {
    const bytes = chosen.reduce((sum, file) => sum + statSync(file).size, 0);
    if (bytes > Math.min(MOST_BYTES, SHARE_OF_FREE * freemem())) return report;
    const { heap, holder } = readHeap(pid, chosen);
    const [top, ...rest] = report.growth;
    const isAboutHeap = report.verdict.kind === "js-heap" && report.subject?.pid === pid;
    if (holder === undefined || !top || !isAboutHeap) return { ...report, heap };
    const unknown = report.unknown.filter((sentence) => sentence !== HOLDER_UNKNOWN);
    return { ...report, heap, unknown, growth: [{ ...top, holder }, ...rest] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...report, unknown: [...report.unknown, `what the heap snapshots hold: ${why}`] };
  }
}

function readHeap(pid: number, files: readonly string[]): { heap: ReportHeap; holder: string | undefined } {
  const graphs: HeapGraph[] = [];
  try {
    for (const file of files) graphs.push(openHeap(file));
    const [first, between] = graphs;
    const last = graphs.at(-1);
    if (!first || !last) throw new Error("there are none");
    const options = between && between !== last ? { between } : {};
    const suspects = first === last ? findSuspects(last) : diffHeaps(first, last, options).suspects;
    const heap: ReportHeap = {
      pid,
      files: files.map((file) => basename(file)),
      bytes: last.totalBytes,
      objects: last.nodeCount,
      holders: suspects
        .filter(({ isLeak, retainedBytes }) => isLeak || retainedBytes >= LEAST_SHARE * last.totalBytes)
        .slice(0, MOST_HOLDERS)
        .map(toHolder),
      outline: outlineHeap(last),
    };
    return { heap, holder: holderOfGrowth(suspects) };
  } finally {
    for (const graph of graphs) graph[Symbol.dispose]();
  }
}

function toHolder({
  holder,
  holderId,
  retainedBytes,
  grewBytes,
  path,
  why,
  isLeak,
}: Suspect): ReportHeap["holders"][number] {
  return {
    holder,
    ...(holderId === undefined ? {} : { id: holderId }),
    retainedBytes,
    ...(grewBytes === undefined ? {} : { grewBytes }),
    path,
    why,
    isLeak,
  };
}
