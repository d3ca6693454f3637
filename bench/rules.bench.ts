/**
 * Rules that tell leaks from everything else, compared on the same recordings of programs with a known answer on each
 * Node.js line, and whether our confidence is earned. `npm run bench:rules` judges the kept recordings in seconds and writes
 * bench/results/rules.json and docs/figures/calibration.svg; `npm run bench:truth -- --record --again` makes them anew.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { holdOut } from "../test/truth/holdout/hold-out.ts";
import { healthy, leaking, type Truth } from "../test/truth/truth.ts";
import { otherRules, ours } from "./rules/index.ts";
import { binClaims, type Claim, claimsAtEnd, claimsOverTime } from "./rules/judging/calibration.ts";
import { type Course, hasRightFlag, hasRightKind, isAccused, judgeCourse, rightAfter } from "./rules/judging/course.ts";
import { plotCalibration } from "./rules/judging/plot.ts";
import { readRecording } from "./rules/judging/store.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const LINES = ["20", "22", "24"];
const SURE = 0.9;
const FAST_SECONDS = 20;
const FIGURES = join(import.meta.dirname, "..", "docs", "figures");

type ByRule = ReadonlyMap<string, readonly Course[]>;

const began = performance.now();
const rules = [ours, ...otherRules];
const missing: string[] = [];
const known = judgeAll([...leaking, ...healthy]);
const heldOut = judgeAll(holdOut);
const own = known.get(ours.name) ?? [];
const ownHeldOut = heldOut.get(ours.name) ?? [];
const rows = [
  ...compare("", known),
  ...rowsOfKinds("", own),
  ...rowsOfCalibration("", own),
  ...compare("hold-out: ", heldOut),
  ...rowsOfKinds("hold-out: ", ownHeldOut),
  ...rowsOfCalibration("hold-out: ", ownHeldOut),
  { name: "recordings that are missing", value: listed(missing), unit: "", goal: "none" },
  {
    name: "time to judge all recordings by all rules, once a second",
    value: Math.round((performance.now() - began) / 100) / 10,
    unit: "s",
    goal: "<= 60",
  },
];
mkdirSync(FIGURES, { recursive: true });
writeFileSync(join(FIGURES, "calibration.svg"), plotOf());
for (const { name, value, unit, peers } of rows)
  process.stderr.write(`${name}: ${value} ${unit} ${peers ? JSON.stringify(peers) : ""}\n`);
process.stderr.write(`${writeResults("rules", "npm run bench:rules", rows)}\n`);

/** Every rule on every recording of these programs. */
function judgeAll(truths: readonly Truth[]): ByRule {
  const byRule = new Map<string, Course[]>(rules.map(({ name }) => [name, []]));
  for (const truth of truths)
    for (const line of LINES) {
      const kept = readRecording(truth.program, line);
      if (!kept) missing.push(`${truth.program} on ${line}`);
      else
        for (const [index, course] of judgeCourse(truth, kept, rules).entries())
          byRule.get(rules[index]?.name ?? "")?.push(course);
    }
  return byRule;
}

/** Ours as the value, every other rule as a peer. */
function compare(prefix: string, byRule: ByRule): BenchRow[] {
  const own = byRule.get(ours.name) ?? [];
  const leaks = own.filter(({ truth }) => truth.leak).length;
  const harmless = own.length - leaks;
  const row = (name: string, unit: string, goal: string, measure: (courses: readonly Course[]) => number | string) => ({
    name: `${prefix}${name}`,
    value: measure(own),
    unit,
    goal,
    peers: Object.fromEntries(otherRules.map((rule) => [rule.name, measure(byRule.get(rule.name) ?? [])])),
  });
  return [
    row("leaks found, at the end", `% of ${leaks} recordings`, ">= 95", (courses) =>
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

function rowsOfKinds(prefix: string, own: readonly Course[]): BenchRow[] {
  const leaks = own.filter(({ truth }) => truth.leak);
  const time = (name: string, courses: readonly Course[], goal: string): BenchRow => ({
    name: `${prefix}median time until ${name} and its kind are right for good`,
    value: medianTime(courses.map((course) => rightAfter(course, hasRightKind))),
    unit: `s, of ${courses.length}`,
    goal,
  });
  const fast = leaks.filter(({ truth }) => truth.rightWithinSeconds <= FAST_SECONDS);
  const wrong = own
    .filter(({ truth, final }) => !hasRightKind(truth, final))
    .map(({ truth, line, final }) => `${truth.program} on ${line} (${final.kind}${final.leak ? ", leak" : ""})`);
  return [
    {
      name: `${prefix}right kind and right leak or no leak, at the end`,
      value: share(own, ({ truth, final }) => hasRightKind(truth, final)),
      unit: `% of ${own.length} recordings`,
      goal: ">= 95",
    },
    time("a leak", leaks, "<= 45"),
    ...(fast.length > 0 ? [time("a fast leak", fast, `<= ${FAST_SECONDS}`)] : []),
    { name: `${prefix}judged wrong at the end`, value: listed(wrong), unit: "", goal: "none" },
  ];
}

function rowsOfCalibration(prefix: string, own: readonly Course[]): BenchRow[] {
  const overTime = claimsOverTime(own);
  const atEnd = claimsAtEnd(own);
  const sure = (name: string, claims: readonly Claim[]): BenchRow => {
    const chosen = claims.filter(({ confidence }) => confidence >= SURE);
    const value = share(chosen, ({ isRight }) => isRight);
    return {
      name: `${prefix}right of the verdicts with 90 % confidence or more, ${name}`,
      value,
      unit: `% of ${chosen.length}`,
      goal: ">= 90",
    };
  };
  return [sure("at moments 10 s apart", overTime), sure("at the end", atEnd)];
}

function plotOf(): string {
  return plotCalibration("How often a verdict is right, by its stated confidence", [
    { name: "all programs, every 10 s", bins: binClaims(claimsOverTime([...own, ...ownHeldOut])) },
    { name: "the held-out ones alone", bins: binClaims(claimsOverTime(ownHeldOut)) },
  ]);
}

function share<T>(all: readonly T[], holds: (item: T) => boolean): number | string {
  return all.length === 0 ? "none" : Math.round((1000 * all.filter(holds).length) / all.length) / 10;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}

function medianTime(times: readonly number[]): number | string {
  if (times.length === 0) return "none";
  const seconds = Math.round(10 * median(times)) / 10;
  return Number.isFinite(seconds) ? seconds : "never for half of them";
}
