/**
 * How soon and how surely programs with a known answer are judged right: each of `test/truth/` three
 * times, alone. `npx tsx bench/truth.bench.ts [runs] [name…]` writes bench/results/truth.json.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { formatBytes } from "../src/base/bytes.ts";
import { median } from "../src/monitor/trend.ts";
import { isRight, runTruth, type TruthResult } from "../test/truth/run-truth.ts";
import { type Truth, truths } from "../test/truth/truth.ts";

/** One line of the result file; see DESIGN of `plimsoll.bench/1` in docs/benchmarks.md. */
interface Row {
  readonly name: string;
  readonly value: number | string | boolean | null;
  readonly unit: string;
  readonly goal?: string;
  readonly runs?: readonly (number | string | null)[];
}

const [runsArgument, ...names] = process.argv.slice(2);
const runs = Number(runsArgument ?? 3);
const chosen = truths.filter(({ program }) => names.length === 0 || names.some((name) => program.startsWith(name)));

const rows: Row[] = [];
const all: TruthResult[] = [];
for (const truth of chosen) {
  const results: TruthResult[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await runTruth(truth));
  all.push(...results);
  rows.push(...rowsOf(truth, results));
  const said = results.map(
    ({ final, rightAfterSeconds }) => `${final.verdict.kind} ${rightAfterSeconds?.toFixed(0) ?? "wrong"}`,
  );
  process.stderr.write(`${truth.name}: ${said.join(", ")}\n`);
}

const leaks = all.filter(({ truth }) => truth.leak);
const named = leaks.filter(({ truth }) => truth.function !== undefined);
const accused = all.filter(
  ({ truth, course, final }) => !truth.leak && [final, ...course.map((c) => c.diagnosis)].some((d) => d.verdict.leak),
);
const summary: Row[] = [
  share(
    "right verdicts at the end",
    all.filter(({ truth, final }) => isRight(truth, final)).length,
    all.length,
    ">= 95",
  ),
  share("right allocating function", named.filter(isNamed).length, named.length, ">= 90"),
  { name: "healthy programs called a leak at any moment", value: accused.length, unit: "runs", goal: "<= 0" },
];

writeFileSync(
  new URL("results/truth.json", import.meta.url),
  `${JSON.stringify(
    {
      schema: "plimsoll.bench/1",
      command: ["npx tsx bench/truth.bench.ts", ...process.argv.slice(2)].join(" "),
      commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
      node: process.versions.node,
      machine: `${process.platform} ${process.arch}, ${cpus().length} cores, ${formatBytes(totalmem())}`,
      rows: [...summary, ...rows],
    },
    null,
    2,
  )}\n`,
);

function isNamed({ truth, final }: TruthResult): boolean {
  const where = final.growth[0]?.where;
  return where?.function === truth.function && where?.line === truth.line;
}

function rowsOf(truth: Truth, results: readonly TruthResult[]): Row[] {
  const times = results.map(({ rightAfterSeconds }) =>
    rightAfterSeconds === undefined ? null : Math.round(rightAfterSeconds * 10) / 10,
  );
  const known = times.filter((time) => time !== null);
  const isAlwaysRight = known.length === times.length;
  const confidences = results.map(({ final }) => final.verdict.confidence);
  return [
    {
      name: `${truth.name}: time to the right verdict that stays`,
      value: isAlwaysRight ? median([...known]) : null,
      unit: "s",
      goal: `<= ${truth.rightWithinSeconds}`,
      runs: times,
    },
    {
      name: `${truth.name}: verdict`,
      value: results[0]?.final.verdict.kind ?? null,
      unit: "kind",
      goal: truth.kinds.join(" | "),
      runs: results.map(({ final }) => `${final.verdict.kind}${final.verdict.leak ? ", leak" : ""}`),
    },
    { name: `${truth.name}: confidence`, value: median(confidences), unit: "0..1", runs: confidences },
  ];
}

function share(name: string, right: number, of: number, goal: string): Row {
  return {
    name,
    value: of === 0 ? null : Math.round((1000 * right) / of) / 10,
    unit: "%",
    goal,
    runs: [`${right} of ${of}`],
  };
}
