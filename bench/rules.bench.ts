/**
 * Rules that tell leaks from everything else, compared on the same recordings of programs with a known answer, and
 * whether our confidence is earned. `npm run bench:rules` judges the kept recordings in seconds and writes
 * bench/results/rules.json and docs/figures/calibration.svg; `npm run bench:rules -- --record [program…]` makes
 * the recordings anew, all or those whose file names start so.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { inParallel, runTruth } from "../test/truth/run-truth.ts";
import { healthy, leaking, type Truth, truths } from "../test/truth/truth.ts";
import { otherRules, ours } from "./rules/index.ts";
import { binClaims, type Claim, claimsAtEnd, claimsOverTime } from "./rules/judging/calibration.ts";
import { type Course, hasRightFlag, hasRightKind, isAccused, judgeCourse, rightAfter } from "./rules/judging/course.ts";
import { plotCalibration } from "./rules/judging/plot.ts";
import { keepRecording, readRecording } from "./rules/judging/store.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const AT_A_TIME = 4;
const SURE = 0.9;
const FAST_SECONDS = 20;
/** The programs with a known answer are also the tests of our rules. */
const HELD_OUT = 0;
const FIGURES = join(import.meta.dirname, "..", "docs", "figures");
const [mode, ...names] = process.argv.slice(2);
if (mode === "--record") await record(names);
else judge();

async function record(starts: readonly string[]): Promise<void> {
  const chosen = truths.filter(
    ({ program }) => starts.length === 0 || starts.some((start) => program.startsWith(start)),
  );
  let bytes = 0;
  await inParallel(chosen, AT_A_TIME, async (truth) => {
    try {
      const { recording, final } = await runTruth(truth);
      const size = keepRecording(truth.program, recording);
      bytes += size;
      process.stderr.write(`${truth.program}: ${final.verdict.kind}, ${(size / 1024).toFixed(0)} KB\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`${truth.program}: not recorded: ${String(error)}\n`);
    }
  });
  process.stderr.write(`${chosen.length} programs, ${(bytes / 2 ** 20).toFixed(1)} MB\n`);
}

function judge(): void {
  const began = performance.now();
  const rules = [ours, ...otherRules];
  const byRule = new Map<string, Course[]>(rules.map(({ name }) => [name, []]));
  const missing: Truth[] = [];
  for (const truth of [...leaking, ...healthy]) {
    const kept = readRecording(truth.program);
    if (!kept) missing.push(truth);
    else
      for (const [index, course] of judgeCourse(truth, kept.recording, rules).entries())
        byRule.get(rules[index]?.name ?? "")?.push(course);
  }
  const own = byRule.get(ours.name) ?? [];
  const rows = [
    ...compare(byRule),
    ...rowsOfKinds(own),
    ...rowsOfCalibration(own),
    {
      name: "programs without a recording",
      value: listed(missing.map(({ program }) => program)),
      unit: "",
      goal: "none",
    },
    {
      name: "programs left out, as nothing that can be seen tells whether they leak, and what is said of them",
      value: listed(truths.filter((truth) => !leaking.includes(truth) && !healthy.includes(truth)).map(saidOf)),
      unit: "",
    },
    { name: "judged programs that our rules were not written with", value: HELD_OUT, unit: "" },
    {
      name: "time to judge all recordings by all rules, once a second",
      value: Math.round((performance.now() - began) / 100) / 10,
      unit: "s",
      goal: "<= 60",
    },
  ];
  mkdirSync(FIGURES, { recursive: true });
  writeFileSync(join(FIGURES, "calibration.svg"), plotOf(own));
  for (const { name, value, unit, peers } of rows)
    process.stderr.write(`${name}: ${value} ${unit} ${peers ? JSON.stringify(peers) : ""}\n`);
  process.stderr.write(`${writeResults("rules", "npm run bench:rules", rows)}\n`);
}

/** Ours as the value, every other rule as a peer. */
function compare(byRule: ReadonlyMap<string, readonly Course[]>): BenchRow[] {
  const own = byRule.get(ours.name) ?? [];
  const leaks = own.filter(({ truth }) => truth.leak).length;
  const harmless = own.length - leaks;
  const row = (name: string, unit: string, goal: string, measure: (courses: readonly Course[]) => number | string) => ({
    name,
    value: measure(own),
    unit,
    goal,
    peers: Object.fromEntries(otherRules.map((rule) => [rule.name, measure(byRule.get(rule.name) ?? [])])),
  });
  return [
    row("leaks found, at the end", `% of ${leaks} leaking programs`, ">= 95", (courses) =>
      share(
        courses.filter(({ truth }) => truth.leak),
        ({ final }) => final.leak,
      ),
    ),
    row("verdicts of a leak that are right, at the end", "%", ">= 95", (courses) =>
      share(
        courses.filter(({ final }) => final.leak),
        ({ truth }) => truth.leak,
      ),
    ),
    row(
      "healthy programs called a leak at the end",
      `of ${harmless}`,
      "<= 0",
      (courses) => courses.filter(({ truth, final }) => !truth.leak && final.leak).length,
    ),
    row(
      "healthy programs called a leak at any moment",
      `of ${harmless}`,
      "<= 0",
      (courses) => courses.filter(isAccused).length,
    ),
    row("median time until a leak is found for good", "s", "<= 45", (courses) =>
      medianTime(courses.filter(({ truth }) => truth.leak).map((course) => rightAfter(course, hasRightFlag))),
    ),
  ];
}

function rowsOfKinds(own: readonly Course[]): BenchRow[] {
  const leaks = own.filter(({ truth }) => truth.leak);
  const time = (name: string, courses: readonly Course[], goal: string): BenchRow => ({
    name: `median time until ${name} and its kind are right for good`,
    value: medianTime(courses.map((course) => rightAfter(course, hasRightKind))),
    unit: `s, of ${courses.length}`,
    goal,
  });
  const wrong = own
    .filter(({ truth, final }) => !hasRightKind(truth, final))
    .map(({ truth, final }) => `${truth.program} (${final.kind}${final.leak ? ", leak" : ""})`);
  return [
    {
      name: "right kind and right leak or no leak, at the end",
      value: share(own, ({ truth, final }) => hasRightKind(truth, final)),
      unit: `% of ${own.length} programs`,
      goal: ">= 95",
    },
    time("a leak", leaks, "<= 45"),
    time(
      "a fast leak",
      leaks.filter(({ truth }) => truth.rightWithinSeconds <= FAST_SECONDS),
      `<= ${FAST_SECONDS}`,
    ),
    { name: "programs judged wrong at the end", value: listed(wrong), unit: "", goal: "none" },
  ];
}

function rowsOfCalibration(own: readonly Course[]): BenchRow[] {
  const overTime = claimsOverTime(own);
  const atEnd = claimsAtEnd(own);
  const sure = (name: string, claims: readonly Claim[]): BenchRow => {
    const chosen = claims.filter(({ confidence }) => confidence >= SURE);
    const value = share(chosen, ({ isRight }) => isRight);
    return {
      name: `right of the verdicts with 90 % confidence or more, ${name}`,
      value,
      unit: `% of ${chosen.length}`,
      goal: ">= 90",
    };
  };
  const bins = binClaims(overTime).filter(({ verdicts }) => verdicts > 0);
  return [
    sure("at moments 10 s apart", overTime),
    sure("at the end", atEnd),
    ...bins.map(({ from, to, verdicts, right }) => ({
      name: `right of the verdicts with confidence ${from} to ${to}, at moments 10 s apart`,
      value: Math.round((1000 * right) / verdicts) / 10,
      unit: `% of ${verdicts}`,
    })),
  ];
}

function plotOf(own: readonly Course[]): string {
  return plotCalibration("How often a verdict is right, by its stated confidence", [
    { name: "at moments 10 s apart", bins: binClaims(claimsOverTime(own)) },
    { name: "at the end", bins: binClaims(claimsAtEnd(own)) },
  ]);
}

function share<T>(all: readonly T[], holds: (item: T) => boolean): number | string {
  return all.length === 0 ? "none" : Math.round((1000 * all.filter(holds).length) / all.length) / 10;
}

function saidOf({ program }: Truth): string {
  const kept = readRecording(program);
  return `${program} (${kept ? ours.judge(kept.recording, true).kind : "no recording"})`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}

function medianTime(times: readonly number[]): number | string {
  if (times.length === 0) return "none";
  const seconds = Math.round(10 * median(times)) / 10;
  return Number.isFinite(seconds) ? seconds : "never for half of them";
}
