/** The summary of a fit for a terminal: a table that fits its width, and below it a verdict in plain words. */
import type { Fit } from "../fit.ts";
import type { Summary } from "../summary/effective-sample-size.ts";
import { type Row, rowOf, writeRHat } from "./figures.ts";
import { type Omission, select, type Shown } from "./selection.ts";
import { judge } from "./verdict.ts";

/** How a summary is laid out. */
export interface TableOptions {
  /** Width of a line. Default: 80. */
  readonly columns?: number;
  /** Rows at most. Default: 40. */
  readonly rows?: number;
}

/** Columns of a summary, in order, with their heads. */
export const HEADS: readonly (readonly [keyof Summary, string])[] = [
  ["mean", "mean"],
  ["sd", "sd"],
  ["mcse", "MCSE"],
  ["q5", "5 %"],
  ["q50", "50 %"],
  ["q95", "95 %"],
  ["bulkEss", "bulk ESS"],
  ["tailEss", "tail ESS"],
  ["rHat", "R-hat"],
];

/** What is left out first where lines are short. */
const DISPENSABLE: readonly (keyof Summary)[] = ["q50", "mcse", "tailEss", "q5", "q95", "sd"];
const SHORTEST_NAME = 8;

/** A table of all quantities (the first elements of long ones), and the verdict below it. */
export function summaryTable(fit: Fit, { columns = 80, rows = 40 }: TableOptions = {}): string {
  const shown = select(fit, rows);
  const lines = shown.map((each) => ({ each, row: "quantity" in each ? rowOf(each.quantity.summary) : undefined }));
  const widths = new Map(HEADS.map(([key, head]) => [key, widthOf(key, head, lines)]));
  const kept = new Set(HEADS.map(([key]) => key));
  const room = (): number => columns - [...kept].reduce((sum, key) => sum + 1 + (widths.get(key) ?? 0), 0);
  const longest = Math.max(...shown.map((each) => ("quantity" in each ? each.quantity.name.length : 0)));
  for (const key of DISPENSABLE) if (room() < Math.min(longest, SHORTEST_NAME)) kept.delete(key);
  const nameWidth = Math.max(1, Math.min(longest, room()));
  const heads = HEADS.filter(([key]) => kept.has(key));
  const line = (name: string, texts: readonly string[]): string =>
    [name.padEnd(nameWidth), ...texts.map((text, i) => text.padStart(widths.get(heads[i]?.[0] ?? "mean") ?? 0))].join(
      " ",
    );
  const split = heads.map(([, head]) => head.split(" ESS"));
  const table = [
    line(
      "",
      split.map(([word = "", rest]) => (rest === undefined ? "" : word)),
    ).trimEnd(),
    line(
      "",
      split.map(([word = "", rest]) => (rest === undefined ? word : "ESS")),
    ),
    ...lines.map(({ each, row }) =>
      row && "quantity" in each
        ? line(
            shorten(each.quantity.name, nameWidth),
            heads.map(([key]) => row[key]),
          )
        : wrap("omission" in each ? omissionWords(each.omission) : "", columns, "  ").join("\n"),
    ),
  ];
  return [...table, "", ...verdictLines(fit, columns)].join("\n");
}

/** `… 380 more of theta, worst R-hat 1.003 (theta[12])`. */
export function omissionWords({ name, count, worst }: Omission): string {
  const of = name === "values" ? "values" : `of ${name}`;
  return `… ${count} more ${of}, worst R-hat ${writeRHat(worst.summary.rHat)} (${worst.name})`;
}

function widthOf(key: keyof Summary, head: string, lines: readonly { row: Row | undefined; each: Shown }[]): number {
  return Math.max(head.replace(/ ESS$/, "").length, ...lines.map(({ row }) => row?.[key].length ?? 0));
}

function verdictLines(fit: Fit, columns: number): string[] {
  const { claim, reasons, advice } = judge(fit);
  return [
    ...wrap(claim, columns, ""),
    ...reasons.flatMap((reason) => wrap(`- ${reason}`, columns, "  ")),
    ...advice.flatMap((each) => wrap(`→ ${each}`, columns, "  ")),
  ];
}

/** Cuts in the middle: both the name and the index of an element stay. */
function shorten(name: string, width: number): string {
  if (name.length <= width) return name;
  const end = Math.floor((width - 1) / 2);
  return `${name.slice(0, width - 1 - end)}…${end > 0 ? name.slice(-end) : ""}`;
}

function wrap(text: string, columns: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
