// `npm run docs:figures`: writes docs/benchmarks.md from bench/results/*.json, misses included. Figures
// in documents come from there and nowhere else; test/figures.test.ts checks that the page is current.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../src/base/bytes.ts";

const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(ROOT, "bench", "results");
const PAGE = join(ROOT, "docs", "benchmarks.md");

const INTRODUCTION = `# Benchmarks

Written by \`npm run docs:figures\` from \`bench/results/\`; do not edit. A goal that was missed says so.
`;

/** One line of a result file. */
export interface BenchRow {
  readonly name: string;
  readonly value: number | string;
  readonly unit?: string;
  readonly goal?: string;
  readonly runs?: readonly unknown[];
  readonly peers?: Readonly<Record<string, number | string>>;
}

/** A result file, schema `plimsoll.bench/1`. */
export interface BenchResult {
  readonly schema: string;
  readonly command: string;
  readonly commit: string;
  readonly node: string;
  readonly machine: string | Readonly<Record<string, string | number>>;
  readonly rows: readonly BenchRow[];
}

/**
 * Compares a value with a goal: a number with `>= 15` and the like, a word with `healthy | plateau`.
 * `undefined` when there is no goal.
 */
export function meetsGoal(value: number | string, goal: string | undefined): boolean | undefined {
  if (goal === undefined) return undefined;
  if (typeof value === "string") return goal.split("|").some((word) => `${value} `.startsWith(`${word.trim()} `));
  const match = /^\s*(<=|>=|<|>|=|==)?\s*(-?[\d.]+(?:e-?\d+)?)/.exec(goal);
  if (!match) return undefined;
  const bound = Number(match[2]);
  switch (match[1]) {
    case "<=":
      return value <= bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    case ">":
      return value > bound;
    default:
      return value === bound;
  }
}

/** A number with at most four significant digits; integers whole. */
function writeNumber(value: number | string): string {
  if (typeof value !== "number") return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function writeRow({ name, value, unit, goal, runs, peers }: BenchRow): string {
  const met = meetsGoal(value, goal);
  const verdict = met === undefined ? "" : met ? "met" : "**missed**";
  const others = Object.entries(peers ?? {}).map(([peer, peerValue]) => `${peer}: ${writeNumber(peerValue)}`);
  const cells = [
    name,
    `${writeNumber(value)} ${unit ?? ""}`.trim(),
    goal ?? "",
    verdict,
    runs?.length ?? "",
    others.join("; "),
  ];
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

function writeMachine({ cores, memoryBytes, ...rest }: Readonly<Record<string, string | number>>): string {
  const words = Object.values(rest).map(String);
  if (cores !== undefined) words.push(`${cores} cores`);
  if (memoryBytes !== undefined) words.push(formatBytes(Number(memoryBytes)));
  return words.join(", ");
}

/** One result file as a section. */
export function renderSection(part: string, { command, commit, node, machine, rows }: BenchResult): string {
  const where = typeof machine === "string" ? machine : writeMachine(machine);
  return [
    `## ${part}`,
    `\`${command}\` at ${commit.slice(0, 12)}, Node.js ${node.replace(/^v/, "")}, ${where}.`,
    "",
    "| what | value | goal | | runs | others |",
    "|---|---|---|---|---|---|",
    ...rows.map(writeRow),
    "",
  ].join("\n");
}

/** The whole page from the result files. */
export function renderPage(): string {
  const files = (existsSync(RESULTS) ? readdirSync(RESULTS) : []).filter((file) => file.endsWith(".json")).sort();
  const sections = files.map((file) => {
    const result = JSON.parse(readFileSync(join(RESULTS, file), "utf8")) as BenchResult;
    if (result.schema !== "plimsoll.bench/1") throw new Error(`${file}: schema is ${result.schema}`);
    return renderSection(file.replace(/\.json$/, ""), result);
  });
  return [INTRODUCTION, ...(sections.length > 0 ? sections : ["There are no results yet.\n"])].join("\n");
}

if (import.meta.filename === process.argv[1]) writeFileSync(PAGE, renderPage());
