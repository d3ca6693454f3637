/**
 * The long form of the terminal report, for `plimsoll explain`: the sentence, all evidence, all that
 * was ruled out, every growth and process, and what is not known.
 */
import { formatBytes } from "../../base/bytes.ts";
import { bridge } from "./bridge.ts";
import { plain } from "./clean.ts";
import type { Report, ReportProcess } from "./report.ts";
import type { TerminalSheet } from "./terminal-sheet.ts";
import {
  formatCount,
  formatDuration,
  formatPlace,
  formatRate,
  headline,
  peakWords,
  ruledOutInLine,
  ruledOutWords,
  subjectWords,
} from "./words.ts";
import { pad, wrap } from "./wrap.ts";

const MAX_PROCESSES = 25;

/** Adds every section of the long form. */
export function verboseSections(report: Report, sheet: TerminalSheet): void {
  const { verdict, limit } = report;
  for (const line of wrap(plain(verdict.sentence), sheet.columns - 3)) sheet.raw(`   ${line}`);
  sheet.raw("");
  sheet.field("program", `${report.command}, ${formatDuration(report.seconds)} from ${report.startedAt}`);
  if (report.subject) sheet.field("who", subjectWords(report.subject));
  sheet.field("limit", limit.bytes === null ? `none: ${limit.source}` : `${formatBytes(limit.bytes)}, ${limit.source}`);
  sheet.field("peak", peakWords(report));
  if (report.secondsToLimit !== undefined) {
    sheet.field("full in", `about ${formatDuration(report.secondsToLimit)} at the present rate`);
  }
  if (report.requests) {
    sheet.field("requests", `${formatCount(report.requests.count)}, ${report.requests.perSecond} a second`);
  }
  list(sheet, "evidence", verdict.evidence);
  list(sheet, "not", ruledOutWords(verdict).map(ruledOutInLine));
  list(sheet, "next", verdict.next);
  sheet.field("bridge", bridge(report));
  sheet.field(verdict.kind === "undetermined" ? "needs" : "unless", verdict.wouldChange);
  drawGrowth(report, sheet);
  drawProcesses(report, sheet);
  sheet.raw("");
  list(sheet, "unknown", report.unknown);
}

function list(sheet: TerminalSheet, label: string, items: readonly string[]): void {
  items.forEach((item, index) => sheet.field(index === 0 ? label : "", `· ${item}`));
}

function drawGrowth({ growth }: Report, sheet: TerminalSheet): void {
  if (growth.length === 0) return;
  sheet.raw("", `   ${sheet.colors.bold("What grows")}`);
  for (const entry of growth) {
    const figures = `${pad(formatRate(entry.bytesPerSecond), 12, "left")} ${pad(formatBytes(entry.bytes), 9, "left")}`;
    const place = entry.where ? ` (${formatPlace(entry.where)})` : "";
    const [first = "", ...rest] = wrap(plain(`${entry.what}${place}`), Math.max(20, sheet.columns - 27));
    sheet.raw(`   ${figures}  ${first}`, ...rest.map((line) => `${pad("", 27)}${line}`));
  }
}

function drawProcesses({ processes }: Report, sheet: TerminalSheet): void {
  if (processes.length < 2) return;
  sheet.raw("", `   ${sheet.colors.bold("Processes")}`);
  for (const entry of processes.slice(0, MAX_PROCESSES)) {
    const isWorker = entry.thread !== undefined;
    const id = isWorker ? `└ worker ${entry.thread}` : `${entry.pid}`;
    const size = isWorker ? entry.peakHeapUsedBytes : entry.peakRssBytes;
    const text = `${isWorker ? "" : `${entry.name}: `}${judgement(entry)}`;
    const [first = "", ...rest] = wrap(plain(text), Math.max(20, sheet.columns - 27));
    sheet.raw(
      `   ${pad(id, 12)} ${pad(formatBytes(size), 9, "left")}  ${first}`,
      ...rest.map((line) => `${pad("", 27)}${line}`),
    );
  }
  const more = processes.length - MAX_PROCESSES;
  if (more > 0) sheet.raw(`   and ${more} more in the JSON report`);
}

function judgement({ observed, verdict }: ReportProcess): string {
  const { claim, sure } = headline(verdict);
  return `${claim}${sure ? `, ${sure}` : ""}${observed ? "" : " (seen from outside only)"}`;
}
