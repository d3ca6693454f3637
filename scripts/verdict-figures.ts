// The section of docs/benchmarks.md on verdicts: what was said of programs with a known answer, one line each, beside
// what other tools and other rules say. From bench/results/{truth,verdict-peers,rules}.json.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchResult, type BenchRow, meetsGoal, writeNumber, writeTable } from "./figure-table.ts";

/** One program as bench/truth.bench.ts sums it up. */
interface Program {
  readonly program: string;
  readonly name: string;
  readonly isHeldOut: boolean;
  readonly leak: boolean;
  readonly kinds: readonly string[];
  readonly nodes: Readonly<Record<string, Line>>;
  readonly ownCpuPercent?: number;
  readonly ownRssBytes?: number;
  readonly usesKoffi: boolean;
}

/** Its runs on one Node.js line. */
interface Line {
  readonly runs: number;
  readonly right: number;
  readonly said: readonly string[];
  readonly confidence: number;
  readonly seconds?: number;
}

interface Part {
  readonly node: string;
  readonly commit: string;
  readonly runs: number;
}

interface PeerAnswers {
  readonly program: string;
  readonly clinic?: { readonly words: string };
  readonly memlab?: { readonly words: string };
}

interface Lists {
  readonly programs?: readonly Program[];
  readonly parts?: readonly Part[];
  readonly answers?: readonly PeerAnswers[];
}

type Result = BenchResult & Lists;

/** The result files that this section shows. */
export const VERDICT_FILES: readonly string[] = ["truth.json", "verdict-peers.json", "rules.json"];

const HELD_OUT = "hold-out: ";
/** Of a share of nothing. */
const NONE = "none";
const MB = 2 ** 20;

/** The section; empty without results. */
export function renderVerdicts(folder: string): string {
  const read = (name: string): Result | undefined => {
    const path = join(folder, name);
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Result) : undefined;
  };
  const [truth, peers, rules] = [read("truth.json"), read("verdict-peers.json"), read("rules.json")];
  if (truth?.programs === undefined) return "";
  const { programs } = truth;
  const lines = [...new Set(programs.flatMap(({ nodes }) => Object.keys(nodes)))].sort();
  const answers = new Map((peers?.answers ?? []).map((answer) => [answer.program, answer]));
  const table = (title: string, isHeldOut: boolean, leak: boolean): string => {
    const chosen = programs.filter((program) => program.isHeldOut === isHeldOut && program.leak === leak);
    return chosen.length === 0 ? "" : `### ${title}\n\n${writePrograms(chosen, lines, answers)}`;
  };
  return [
    "## Verdicts\n",
    `Small programs whose memory behaves in a known way are run to their end while Plimsoll watches. \`${truth.command}\` runs them,
each leaking one three times on Node.js 20 and once on the other lines, each healthy one three times on all; a run lasts 27 to 90 s.
**Held-out** programs were written after the rules, with real packages, and no rule was changed because of them. Ten or more run at
a time on two cores, beside other work.\n`,
    writeParts(truth.parts ?? []),
    writeSums(truth.rows, lines),
    "A verdict is right when it says leak or no leak rightly and names one of the kinds that are right. It is sure from 90 % confidence on.\n",
    "![How often a verdict is right, by its stated confidence](figures/calibration.svg)\n",
    `In the tables of programs, a number under a Node.js line says in how many runs the verdict at the end was right; what was said
instead stands behind it. Confidence is that of the end, time is until the verdict was right for good, both medians. clinic 13.0.0
(\`clinic doctor\`) and memlab 2.0.5 (\`find-leaks\` and \`analyze unbound-collection\` on three snapshots) were given the same programs for
as long, by \`npm run bench:peers\`: shown are clinic's headline with the charts that it marks, and what memlab counts. Neither says of which kind
memory is; a growing collection may be a leak or a cache that fills.\n`,
    table("Programs that leak", false, true),
    table("Programs that do not leak", false, false),
    table("Held-out programs that leak", true, true),
    table("Held-out programs that do not leak", true, false),
    ...(peers ? ["### What clinic and memlab see\n", writePlain(peers.rows)] : []),
    "### What watching costs the program\n",
    `CPU time and resident set of each program, watched, less the same unwatched. The resident set is that of a few seconds after the start, and where
glibc was asked, what asking adds. In a program that makes much garbage it depends on when V8 collects, more than on Plimsoll.\n`,
    writePlain(truth.rows.filter(isOfCost)),
    writeCosts(programs),
    ...(rules ? ["### Rules compared\n", writeRules(rules)] : []),
  ].join("\n");
}

/** All lines and the held-out programs side by side. */
function writeSums(rows: readonly BenchRow[], lines: readonly string[]): string {
  const heldOut = new Map(rows.map((row) => [row.name, row]));
  const body = rows
    .filter(({ name, byNode }) => byNode !== undefined && !name.startsWith(HELD_OUT))
    .map(({ name, value, unit = "", goal = "", byNode = {} }) => {
      const cell = (figure: number | string | undefined): string => writeFigure(figure, unit.split(" ")[0], goal);
      const apart = heldOut.get(HELD_OUT + name)?.value;
      return [name, goal, cell(value), ...lines.map((line) => cell(byNode[line])), cell(apart)];
    });
  return writeTable(["what", "goal", "all", ...lines.map((line) => `Node.js ${line}`), "held out"], body);
}

function writeFigure(value: number | string | undefined, unit: string | undefined, goal: string): string {
  if (value === undefined) return "";
  const text =
    typeof value === "number" && unit !== "of" ? `${writeNumber(value)} ${unit ?? ""}`.trim() : String(value);
  return value !== NONE && meetsGoal(value, goal) === false ? `**${text} (missed)**` : text;
}

function writePrograms(
  programs: readonly Program[],
  lines: readonly string[],
  answers: ReadonlyMap<string, PeerAnswers>,
): string {
  const body = programs.map(({ program, name, kinds, nodes }) => {
    const known = Object.values(nodes);
    const times = known.flatMap(({ seconds }) => seconds ?? []);
    const answer = answers.get(program);
    return [
      `[${name}](../test/truth/${program})`,
      kinds.join(" or "),
      ...lines.map((line) => writeLine(nodes[line])),
      writeNumber(middle(known.map(({ confidence }) => confidence))),
      times.length === 0 ? "never" : `${Math.round(middle(times))} s`,
      answer?.clinic?.words ?? "",
      answer?.memlab?.words ?? "",
    ];
  });
  const heads = ["program", "kind", ...lines, "confidence", "time", "clinic", "memlab"];
  return writeTable(heads, body);
}

function writeLine(line: Line | undefined): string {
  if (line === undefined) return "";
  const { runs, right, said } = line;
  return right === runs ? `${right}/${runs}` : `**${right}/${runs}** (${said.join(", ")})`;
}

function writeCosts(programs: readonly Program[]): string {
  const body = programs.flatMap(({ program, name, ownCpuPercent, ownRssBytes, usesKoffi }) =>
    ownCpuPercent === undefined || ownRssBytes === undefined
      ? []
      : [[`${name} (${program})`, writeNumber(ownCpuPercent), (ownRssBytes / MB).toFixed(1), usesKoffi ? "yes" : ""]],
  );
  const table = writeTable(["program", "% of a core", "MB", "glibc asked"], body);
  return `<details><summary>Each program</summary>\n\n${table}\n</details>\n`;
}

/** One line a rule instead of one column. */
function writeRules({ command, commit, rows }: Result): string {
  const compared = rows.filter(({ peers }) => peers !== undefined);
  const write = (chosen: readonly BenchRow[]): string => {
    const heads = chosen.map(({ name, unit = "" }) => `${name.replace(HELD_OUT, "")}, ${unit}`);
    const own = ["**plimsoll**", ...chosen.map(({ value }) => writeNumber(value))];
    const others = Object.keys(chosen[0]?.peers ?? {}).map((rule) => [
      rule,
      ...chosen.map(({ peers }) => writeNumber(peers?.[rule] ?? "")),
    ]);
    return writeTable(["rule", ...heads], [own, ...others]);
  };
  const heldOut = compared.filter(({ name }) => name.startsWith(HELD_OUT));
  return [
    `The same recordings, one of each program on each Node.js line, judged by simpler rules: \`${command}\` at ${commit.slice(0, 12)}.\n`,
    write(compared.filter((row) => !heldOut.includes(row))),
    ...(heldOut.length > 0 ? ["On the held-out programs:\n", write(heldOut)] : []),
    writePlain(rows.filter(({ peers }) => peers === undefined)),
  ].join("\n");
}

function writePlain(rows: readonly BenchRow[]): string {
  const body = rows.map(({ name, value, unit, goal = "" }) => {
    const text = `${writeNumber(value)} ${unit ?? ""}`.trim();
    return [name, meetsGoal(value, goal || undefined) === false ? `**${text} (missed)**` : text, goal];
  });
  return writeTable(["what", "value", "goal"], body);
}

/** Which runs are of which state of Plimsoll. */
function writeParts(parts: readonly Part[]): string {
  const nodes = [...new Set(parts.map(({ node }) => node))].sort();
  const words = nodes.map((node) => {
    const own = parts.filter((part) => part.node === node).map(({ runs, commit }) => `${runs} at ${commit}`);
    return `Node.js ${node}: ${own.join(", ")}`;
  });
  const isEdited = parts.some(({ commit }) => commit.endsWith("+"));
  return `Runs by commit${isEdited ? " (+: with changes not committed yet)" : ""}. ${words.join("; ")}.\n`;
}

function isOfCost({ name, byNode }: BenchRow): boolean {
  return byNode === undefined && !name.startsWith(HELD_OUT);
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
