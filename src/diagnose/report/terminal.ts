/**
 * The exit report in the terminal: one verdict and what it means, in about ten lines; the verbose
 * form says everything that the report holds in words.
 */
import { bridge } from "./bridge.ts";
import { plain } from "./clean.ts";
import { isViolent, suspectWords, waterlineWords } from "./exit-waterline.ts";
import { ledgerLines } from "./ledger.ts";
import type { Report, ReportTrial } from "./report.ts";
import { createSheet, type TerminalSheet } from "./terminal-sheet.ts";
import { verboseSections } from "./terminal-verbose.ts";
import {
  formatPlace,
  growthWords,
  headline,
  inlineWords,
  ownWords,
  peakWords,
  ruledOutInLine,
  ruledOutWords,
  subjectWords,
  type Tone,
} from "./words.ts";
import { displayWidth, wrap } from "./wrap.ts";

const TRIAL_LABELS: Readonly<Record<ReportTrial["name"], string>> = {
  attach: "attach",
  collect: "collect",
  turn: "turn",
  trim: "trim",
  "native-heap": "native",
  syscalls: "syscalls",
  "on-limit": "on limit",
  heaptrack: "native",
  "heap-snapshot": "heap",
};

const MAX_OWNED = 3;
const MAX_OWNED_VERBOSE = 12;

/** How to draw a report in a terminal. */
export interface TerminalOptions {
  /** Whether to colour, as NO_COLOR, FORCE_COLOR and the terminal decide. */
  readonly color: boolean;
  /** Width of the terminal in columns. */
  readonly columns: number;
  /** Where the HTML report lies, as it should be shown. Default: it is not mentioned. */
  readonly htmlPath?: string;
  /** Whether to say everything. Default: false. */
  readonly verbose?: boolean;
}

/**
 * Draws the report for a terminal.
 *
 * @returns lines that end with `\n`, the first after an empty one.
 */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const sheet = createSheet(options.color, options.columns);
  const { verdict } = report;
  drawHeadline(report, sheet, options);
  drawEnd(report, sheet);
  if (options.verbose) {
    verboseSections(report, sheet);
  } else if (verdict.kind === "undetermined" && isViolent(report.exit)) {
    sheet.field("needs", verdict.wouldChange);
  } else {
    const [growth] = report.growth;
    sheet.field("what", growth ? growthWords(growth) : verdict.sentence);
    sheet.field("who", whoWords(report));
    drawWhere(report, sheet);
    sheet.field("why", growth ? verdict.evidence[0] : verdict.evidence.slice(0, 2).join("; "));
    sheet.field("not", ruledOutWords(verdict).slice(0, 3).map(ruledOutInLine).join("; "));
    sheet.field("next", verdict.next[0]);
    sheet.field("bridge", bridge(report));
    if (verdict.kind === "undetermined") sheet.field("needs", verdict.wouldChange);
  }
  drawLedger(report, sheet, options);
  drawTrials(report, sheet, options);
  sheet.field("evidence", options.htmlPath, sheet.colors.underline);
  sheet.field("cost", `Plimsoll itself: ${ownWords(report)}`, sheet.colors.dim);
  return `\n${sheet.lines.join("\n")}\n`;
}

function drawHeadline(report: Report, sheet: TerminalSheet, { columns }: TerminalOptions): void {
  const { mark, claim, sure, tone } = headline(report.verdict);
  const { colors } = sheet;
  const paint = painter(tone, colors);
  const left = ` ${mark} plimsoll: ${claim}${sure ? `, ${sure}` : ""}`;
  const end = isViolent(report.exit) ? "" : `; ${plain(report.exit.cause)}`;
  const right = `(peak ${peakWords(report)}${end})`;
  if (displayWidth(left) + displayWidth(right) + 5 <= Math.min(columns, 120)) {
    sheet.raw(`${paint(left)}     ${colors.dim(right)}`);
    return;
  }
  const [first = "", ...rest] = wrap(left.trim(), sheet.columns - 3);
  sheet.raw(paint(` ${first}`), ...rest.map((line) => paint(`   ${line}`)));
  for (const line of wrap(right, sheet.columns - 3)) sheet.raw(`   ${colors.dim(line)}`);
}

/** What was asked for besides watching; its details in few lines, unless everything is to be said. */
function drawTrials({ trials = [] }: Report, sheet: TerminalSheet, { verbose = false }: TerminalOptions): void {
  const lastSnapshot = trials.findLastIndex(({ name }) => name === "heap-snapshot");
  for (const [index, { name, sentence, details }] of trials.entries()) {
    // Several snapshots are opened alike: one stands for all, and the page names each.
    if (!verbose && name === "heap-snapshot" && index < lastSnapshot) continue;
    sheet.field(TRIAL_LABELS[name], sentence);
    for (const detail of verbose ? details : details.slice(0, 3)) sheet.field("", `· ${detail}`);
  }
}

/** What the program owns, by its own ledger. */
function drawLedger(report: Report, sheet: TerminalSheet, { verbose = false }: TerminalOptions): void {
  const lines = ledgerLines(report);
  const shown = verbose ? MAX_OWNED_VERBOSE : MAX_OWNED;
  lines.slice(0, shown).forEach((line, index) => sheet.field(index === 0 ? "owned" : "", line));
  if (lines.length > shown) sheet.field("", `and ${lines.length - shown} more in the report`);
}

/** A violent end first: the last waterline, and what most likely filled the memory. */
function drawEnd({ exit }: Report, sheet: TerminalSheet): void {
  if (!isViolent(exit)) return;
  sheet.field("died", exit.cause, exit.outOfMemory === true ? sheet.colors.red : undefined);
  if (exit.waterline) sheet.field("last", waterlineWords(exit.waterline));
  (exit.suspects ?? []).forEach((one, index) => sheet.field(index === 0 ? "suspects" : "", suspectWords(one)));
}

function painter(tone: Tone, colors: TerminalSheet["colors"]): (text: string) => string {
  const hue = { bad: colors.red, good: colors.green, open: colors.yellow }[tone];
  return (text) => colors.bold(hue(text));
}

/** Names the process only where there are several to choose from. */
function whoWords({ processes, subject }: Report): string | undefined {
  return subject && (processes.length > 1 || subject.thread !== undefined) ? subjectWords(subject) : undefined;
}

/** The code that allocates what grows most, its caller, and the collection that holds it where known. */
function drawWhere({ growth }: Report, sheet: TerminalSheet): void {
  const found = growth.find((candidate) => candidate.where) ?? growth[0];
  if (!found) return;
  const { where, callers = [], holder } = found;
  if (holder !== undefined) sheet.field("held by", holder, sheet.colors.cyan);
  if (!where) return;
  const inlined = inlineWords(where);
  const open = inlined === undefined ? "" : ` (${inlined})`;
  sheet.field("where", `${where.function} ${formatPlace(where)}${open}`, sheet.colors.cyan);
  const [caller] = callers;
  if (caller) sheet.field("", `called by ${caller.function} ${formatPlace(caller)}`);
}
