// `npm run docs:figures`: writes docs/benchmarks.md from bench/results/*.json, misses included, and the tables in other pages that
// stand between `<!-- figures: part -->` and its end. Figures in documents come from there and nowhere else;
// test/figures.test.ts checks that the pages are current.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../src/base/bytes.ts";
import { type BenchResult, type BenchRow, meetsGoal, writeNumber, writeTable } from "./figure-table.ts";
import { renderVerdicts, VERDICT_FILES } from "./verdict-figures.ts";

const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(ROOT, "bench", "results");
const DOCS = join(ROOT, "docs");
const PAGE = join(DOCS, "benchmarks.md");

const INTRODUCTION = `# Benchmarks

Written by \`npm run docs:figures\` from \`bench/results/\`; do not edit. A goal that was missed says so.
`;

function cellsOf({ name, value, unit, goal, runs, peers }: BenchRow): string[] {
  const met = meetsGoal(value, goal);
  const verdict = met === undefined ? "" : met ? "met" : "**missed**";
  const others = Object.entries(peers ?? {}).map(([peer, peerValue]) => `${peer}: ${writeNumber(peerValue)}`);
  const figure = `${writeNumber(value)} ${unit ?? ""}`.trim();
  return [name, figure, goal ?? "", verdict, String(runs?.length ?? ""), others.join("; ")];
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
    writeTable(["what", "value", "goal", " ", "runs", "others"], rows.map(cellsOf)),
  ].join("\n");
}

/** The whole page from the result files. */
export function renderPage(): string {
  const files = (existsSync(RESULTS) ? readdirSync(RESULTS) : [])
    .filter((file) => file.endsWith(".json") && !VERDICT_FILES.includes(file))
    .sort();
  const sections = files.map((file) => {
    const result = JSON.parse(readFileSync(join(RESULTS, file), "utf8")) as BenchResult;
    if (result.schema !== "plimsoll.bench/1") throw new Error(`${file}: schema is ${result.schema}`);
    return renderSection(file.replace(/\.json$/, ""), result);
  });
  const all = [renderVerdicts(RESULTS), ...sections].filter((section) => section !== "");
  const contents = all.flatMap((section) => /^## (.+)$/m.exec(section)?.[1] ?? []);
  const links = contents.map((title) => `[${title}](#${title.toLowerCase().replaceAll(" ", "-")})`);
  return [INTRODUCTION, `${links.join(" · ")}\n`, ...all].join("\n");
}

/** Another page, with its tables of figures current. */
export function renderTables(page: string): string {
  return page.replaceAll(
    /(<!-- figures: ([\w-]+) -->\n)[^]*?(<!-- end of figures -->)/g,
    (_all, start: string, part: string, end: string) => {
      const result = JSON.parse(readFileSync(join(RESULTS, `${part}.json`), "utf8")) as BenchResult;
      return `${start}\n${renderSection(part, result).replace(/^## .*\n/, "")}\n${end}`;
    },
  );
}

/** The pages that may have tables of figures: those of docs/, and of the applications. */
export function pagesWithTables(): string[] {
  const apps = readdirSync(join(ROOT, "apps")).map((name) => join(ROOT, "apps", name, "docs"));
  return [DOCS, ...apps.filter((folder) => existsSync(folder))].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  );
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(PAGE, renderPage());
  for (const file of pagesWithTables()) {
    const page = readFileSync(file, "utf8");
    const current = renderTables(page);
    if (current !== page) writeFileSync(file, current);
  }
}
