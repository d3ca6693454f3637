/** What an experiment on the running program showed, in words and figures: for the report and its readers. */
import { formatBytes } from "../base/bytes.ts";
import type { ExperimentReading } from "../base/wire.ts";
import type { ReportTrial } from "./report/report.ts";
import type { ExperimentResult } from "../monitor/remote/recording.ts";

/** Less than this is noise. */
const LEAST_BYTES = 2 ** 20;

const DONE: Readonly<Record<ExperimentResult["name"], string>> = {
  collect: "A forced collection",
  turn: "The end of an event-loop turn",
  trim: "malloc_trim",
};

/** An experiment as an entry of the report. */
export function describeExperiment(result: ExperimentResult): ReportTrial {
  const { name, before, after, pauseMs, predictedMs } = result;
  if (before === undefined || after === undefined) {
    const why = result.reason ?? "no reason was given";
    return { name, sentence: `${DONE[name]}: not done, ${why}`, details: [] };
  }
  const figures = {
    pauseMs,
    ...(predictedMs === undefined ? {} : { predictedMs }),
    rssBytes: before.rssBytes - after.rssBytes,
    heapUsedBytes: before.heapUsedBytes - after.heapUsedBytes,
    externalBytes: before.externalBytes - after.externalBytes,
  };
  const expected = predictedMs === undefined ? "" : ` (expected: at most ${formatMs(predictedMs)})`;
  const stop = `the thread stood still for ${formatMs(pauseMs)}${expected}`;
  return { name, sentence: `${DONE[name]} ${effect(result, before, after)}; ${stop}`, details: [], figures };
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function effect({ name, collected }: ExperimentResult, before: ExperimentReading, after: ExperimentReading): string {
  if (name === "trim") {
    const given = before.rssBytes - after.rssBytes;
    const of = `of ${formatBytes(before.rssBytes)} resident`;
    if (given < LEAST_BYTES) return `gave nothing back ${of}: the allocator keeps no whole free pages`;
    return `gave ${formatBytes(given)} back ${of}: freed by the program, and kept by the allocator`;
  }
  // What the collection alone would have freed is not the turn's.
  const from = name === "turn" && collected ? collected : before;
  const freed = from.heapUsedBytes + from.externalBytes - after.heapUsedBytes - after.externalBytes;
  const of = `of ${formatBytes(from.heapUsedBytes + from.externalBytes)} in V8's heap and beside it`;
  if (freed < LEAST_BYTES) {
    const what = name === "turn" ? "nothing was held for the length of a turn" : "all of it is reachable";
    return `freed nothing ${of}: ${what}`;
  }
  const what = name === "turn" ? "WeakRef targets, held until the turn ended" : "garbage that V8 had not collected yet";
  return `freed ${formatBytes(freed)} ${of}: ${what}`;
}
