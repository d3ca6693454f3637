/**
 * Resident memory split into kinds that add up to it, for the stacked chart and its table. What V8
 * has reserved need not be resident, so each layer takes at most what the ones below it left.
 */
import type { Report, ReportProcess } from "../report.ts";

/** One kind of memory over time; bytes, as many as there are seconds. */
export interface Layer {
  readonly id: "heap" | "threads" | "buffers" | "external" | "slack" | "rest";
  readonly label: string;
  /** What it means, in one line. */
  readonly hint: string;
  readonly bytes: readonly number[];
}

/** The chart's data. */
export interface Layers {
  readonly seconds: readonly number[];
  /** Sum of all layers. */
  readonly rssBytes: readonly number[];
  /** Bottom first; only those that are not always 0. */
  readonly layers: readonly Layer[];
  /** Index of the largest resident size. */
  readonly peakIndex: number;
}

const KINDS = [
  ["heap", "JS heap, in use", "objects, live or not yet collected"],
  ["threads", "other threads’ heaps", "V8 heaps of the other threads of this process"],
  ["buffers", "buffers", "ArrayBuffers and Node’s Buffers"],
  ["external", "external", "other memory that V8 accounts for, such as long strings"],
  ["slack", "JS heap, unused", "reserved by V8, holding no object"],
  ["rest", "everything else", "code, stacks, native memory, shared libraries"],
] as const;

/** Splits the headline process's memory into layers. */
export function stackLayers(report: Report): Layers {
  const { samples, subject } = report;
  const others = report.processes.filter(
    (entry) => entry.pid === subject?.pid && entry.thread !== subject.thread && entry.observed,
  );
  const rss = fill(samples.rssBytes);
  // A worker has no heap before its start and after its end; the main thread is just not read at once.
  const ends = subject?.thread === undefined ? "nearest" : "zero";
  const used = fill(samples.heapUsedBytes, ends);
  const total = fill(samples.heapTotalBytes, ends);
  const external = fill(samples.externalBytes, ends);
  const buffers = fill(samples.arrayBufferBytes, ends);
  const threads = samples.seconds.map((second) => others.reduce((sum, other) => sum + heapAt(other, second), 0));
  const isUnseen = used.every((bytes) => bytes === 0);
  const labelOf = (id: Layer["id"], label: string): string => {
    if (id === "rest" && isUnseen) return "resident memory, kind unknown";
    return subject?.thread === undefined ? label : label.replace("JS heap", `worker ${subject.thread}’s heap`);
  };
  const split: Record<Layer["id"], number[]> = {
    heap: [],
    threads: [],
    buffers: [],
    external: [],
    slack: [],
    rest: [],
  };
  samples.seconds.forEach((_, i) => {
    let left = rss[i] ?? 0;
    const take = (id: Layer["id"], bytes: number): void => {
      const taken = Math.max(0, Math.min(left, bytes));
      split[id].push(Math.round(taken));
      left -= taken;
    };
    take("heap", used[i] ?? 0);
    take("threads", threads[i] ?? 0);
    take("buffers", buffers[i] ?? 0);
    take("external", external[i] ?? 0);
    take("slack", (total[i] ?? 0) - (used[i] ?? 0));
    take("rest", left);
  });
  return {
    seconds: samples.seconds,
    rssBytes: rss,
    layers: KINDS.filter(([id]) => split[id].some((bytes) => bytes > 0)).map(([id, label, hint]) => ({
      id,
      label: labelOf(id, label),
      hint,
      bytes: split[id],
    })),
    peakIndex: rss.reduce((best, bytes, i) => (bytes > (rss[best] ?? 0) ? i : best), 0),
  };
}

/** Heap of another thread at a moment: its newest sample, 0 before its first and after its end. */
function heapAt({ samples, endedSeconds }: ReportProcess, second: number): number {
  if (endedSeconds !== undefined && second > endedSeconds) return 0;
  const index = samples.seconds.findLastIndex((at) => at <= second);
  return index < 0 ? 0 : (samples.heapTotalBytes[index] ?? 0);
}

/**
 * Bridges unmeasured moments by straight lines; 0 where nothing was measured.
 *
 * @param ends - what stands before the first and after the last measured value. Default: the nearest one.
 */
export function fill(values: readonly (number | null)[], ends: "nearest" | "zero" = "nearest"): number[] {
  const filled: number[] = [];
  let before = -1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    const from = before < 0 ? value : (values[before] ?? value);
    for (let j = before + 1; j < i; j++) {
      filled.push(before < 0 ? (ends === "zero" ? 0 : value) : from + ((value - from) * (j - before)) / (i - before));
    }
    filled.push(value);
    before = i;
  }
  const last = ends === "zero" ? 0 : (filled.at(-1) ?? 0);
  while (filled.length < values.length) filled.push(last);
  return filled;
}
