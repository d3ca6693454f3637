/**
 * How soon and how surely programs with a known answer are judged right: each of `test/truth/` three
 * times, alone. `npx tsx bench/truth.bench.ts [runs] [program…]` writes bench/results/truth.json.
 */
import { median } from "../src/monitor/trend.ts";
import { isRight, runTruth, type TruthResult } from "../test/truth/run-truth.ts";
import { type Truth, truths } from "../test/truth/truth.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const [runsArgument, ...names] = process.argv.slice(2);
const runs = Number(runsArgument ?? 3);
const chosen = truths.filter(({ program }) => names.length === 0 || names.some((name) => program.startsWith(name)));
/** Stands for "never": the verdict at the end was wrong. */
const NEVER = -1;

const rows: BenchRow[] = [];
const all: TruthResult[] = [];
for (const truth of chosen) {
  const results: TruthResult[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await runTruth(truth));
  all.push(...results);
  rows.push(...rowsOf(truth, results));
  process.stderr.write(`${truth.name}: ${results.map(inWords).join("; ")}\n`);
}

const leaks = all.filter(({ truth }) => truth.leak && truth.function !== undefined);
const harmless = all.filter(({ truth }) => !truth.leak);
const summary = [
  share("right verdicts at the end", all.filter(({ truth, final }) => isRight(truth, final)).length, all.length, 95),
  share("right allocating function and line", leaks.filter(isNamed).length, leaks.length, 90),
  {
    name: "healthy programs called a leak at any moment",
    value: harmless.filter(isAccused).length,
    unit: `of ${harmless.length} runs`,
    goal: "<= 0",
  },
];
process.stderr.write(
  `${writeResults("truth", ["npx tsx bench/truth.bench.ts", ...process.argv.slice(2)].join(" "), [...summary, ...rows])}\n`,
);

function isNamed({ truth, final }: TruthResult): boolean {
  const where = final.growth[0]?.where;
  return where?.function === truth.function && where?.line === truth.line;
}

function isAccused({ truth, course, final }: TruthResult): boolean {
  const moments = truth.isOpenUntilEnd ? [final] : [final, ...course.map(({ diagnosis }) => diagnosis)];
  return moments.some(({ verdict }) => verdict.leak);
}

function rowsOf(truth: Truth, results: readonly TruthResult[]): BenchRow[] {
  const times = results.map(({ rightAfterSeconds }) => Math.round(10 * (rightAfterSeconds ?? NEVER)) / 10);
  const confidences = results.map(({ final }) => final.verdict.confidence);
  return [
    {
      name: `${truth.name}: time to the right verdict that stays`,
      value: times.includes(NEVER) ? "not in every run" : median(times),
      unit: "s",
      goal: `<= ${truth.rightWithinSeconds}`,
      runs: times,
    },
    {
      name: `${truth.name}: verdict`,
      value: [...new Set(results.map(({ final }) => final.verdict.kind))].join(", "),
      unit: truth.leak ? "leak" : "no leak",
      goal: truth.kinds.join(" | "),
    },
    { name: `${truth.name}: confidence`, value: median(confidences), unit: "0..1", runs: confidences },
  ];
}

function share(name: string, right: number, of: number, goal: number): BenchRow {
  const value = of === 0 ? "none ran" : Math.round((1000 * right) / of) / 10;
  return { name, value, unit: `% of ${of} runs`, goal: `>= ${goal}` };
}

function inWords({ final, rightAfterSeconds }: TruthResult): string {
  const { kind, leak, confidence } = final.verdict;
  const time = rightAfterSeconds === undefined ? "WRONG" : `right after ${rightAfterSeconds.toFixed(1)} s`;
  return `${kind}${leak ? ", leak" : ""}, ${confidence}, ${time}`;
}
