/**
 * The report for GitHub Actions: annotations that show at the line of code (workflow commands on
 * stdout, escaped as actions/toolkit does in packages/core/src/command.ts) and a Markdown summary for
 * the file that GITHUB_STEP_SUMMARY names.
 */
import { formatBytes } from "../../base/bytes.ts";
import { bridge } from "./bridge.ts";
import { plain } from "./clean.ts";
import type { Report } from "./report.ts";
import {
  formatDuration,
  formatPlace,
  formatRate,
  headline,
  ownWords,
  peakWords,
  ruledOutInLine,
  ruledOutWords,
  subjectWords,
} from "./words.ts";

/** What GitHub Actions shows. */
export interface GithubReport {
  /** Lines to print, each ending with `\n`; empty when there is nothing to warn of. */
  readonly annotations: string;
  /** Markdown to append to the file that GITHUB_STEP_SUMMARY names. */
  readonly summary: string;
}

/** Draws the report for GitHub Actions: an error for a leak, a warning for a peak above 90 % of the limit. */
export function renderGithub(report: Report): GithubReport {
  return { annotations: annotate(report), summary: summarize(report) };
}

function annotate(report: Report): string {
  const { growth, limit, verdict } = report;
  const lines: string[] = [];
  if (verdict.leak) {
    const top = growth.find((candidate) => candidate.where);
    const { claim, sure } = headline(verdict);
    const title = { title: `plimsoll: ${claim}, ${sure}` };
    const properties =
      top?.where && isInRepository(top.where.file) ? { file: top.where.file, line: top.where.line, ...title } : title;
    lines.push(command("error", properties, verdict.sentence));
  }
  const peak = report.total?.peakRssBytes ?? report.peak.rssBytes;
  if (limit.bytes !== null && peak > 0.9 * limit.bytes) {
    lines.push(
      command(
        "warning",
        { title: "plimsoll: close to the limit" },
        `Peak ${peakWords(report)}; limit: ${limit.source}`,
      ),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function isInRepository(file: string): boolean {
  return !file.startsWith("/") && !file.startsWith("..") && !/^[a-z][a-z0-9+.-]*:/i.test(file);
}

function command(
  name: "error" | "warning",
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const listed = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name} ${listed.join(",")}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function summarize(report: Report): string {
  const { verdict, limit, subject } = report;
  const { claim, mark, sure } = headline(verdict);
  const facts: [string, string][] = [
    ["Program", report.command],
    ["Peak", peakWords(report)],
    ["Limit", limit.bytes === null ? `none (${limit.source})` : `${formatBytes(limit.bytes)}, ${limit.source}`],
    ["End", `${report.exit.cause}, after ${formatDuration(report.seconds)}`],
    ["Plimsoll itself", ownWords(report)],
  ];
  if (subject && report.processes.length > 1) facts.splice(1, 0, ["Judged", subjectWords(subject)]);
  const until = bridge(report);
  return [
    `### ${mark} plimsoll: ${escapeMarkdown(claim)}${sure ? `, ${sure}` : ""}`,
    "",
    escapeMarkdown(verdict.sentence),
    "",
    "| | |",
    "|---|---|",
    ...facts.map(([label, value]) => `| ${label} | ${escapeMarkdown(value)} |`),
    "",
    ...growthTable(report),
    ...bullets("Evidence", verdict.evidence),
    ...bullets("Ruled out", ruledOutWords(verdict).map(ruledOutInLine)),
    ...bullets("Next", until === undefined ? verdict.next : [...verdict.next, until]),
    "",
  ].join("\n");
}

function growthTable({ growth }: Report): string[] {
  if (growth.length === 0) return [];
  return [
    "| What grows | Rate | In all | Where |",
    "|---|---:|---:|---|",
    ...growth.slice(0, 5).map((entry) => {
      const where = entry.where ? `${entry.where.function} ${formatPlace(entry.where)}` : "";
      const cells = [entry.what, formatRate(entry.bytesPerSecond), formatBytes(entry.bytes), where];
      return `| ${cells.map(escapeMarkdown).join(" | ")} |`;
    }),
    "",
  ];
}

function bullets(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`**${title}**`, "", ...items.map((item) => `- ${escapeMarkdown(item)}`), ""];
}

/** Text that shows as itself: HTML and every character that Markdown may read is neutralised. */
function escapeMarkdown(text: string): string {
  return plain(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_{}[\]()#|~@]/g, (character) => `&#${character.codePointAt(0)};`);
}
