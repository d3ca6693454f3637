/**
 * What of the kept runs is right, by the answers of today: rows with goals over many runs, all together and on each
 * Node.js line, and one line a program.
 */
import { median } from "../../src/monitor/trend.ts";
import type { Truth } from "../../test/truth/truth.ts";
import type { BenchRow } from "../support/results.ts";
import type { BareRun, Said, TruthRun } from "./run.ts";

/** A run beside its answer. */
export interface Judged {
  readonly truth: Truth;
  readonly run: TruthRun;
}

/** All runs of a program on one Node.js line. */
export interface LineSummary {
  readonly runs: number;
  /** In how many kind and leak were right at the end. */
  readonly right: number;
  /** What was said at the end, the most frequent first: `js-heap leak`. */
  readonly said: readonly string[];
  /** Median, 0..1. */
  readonly confidence: number;
  /** Median time until it was right for good; absent where no run was. */
  readonly seconds?: number;
}

/** One program of the table. */
export interface ProgramSummary {
  readonly program: string;
  readonly name: string;
  readonly isHeldOut: boolean;
  readonly leak: boolean;
  /** The kinds that are right. */
  readonly kinds: readonly string[];
  /** By Node.js line. */
  readonly nodes: Readonly<Record<string, LineSummary>>;
  /** CPU time with less without Plimsoll, per cent of a core; median of the lines. */
  readonly ownCpuPercent?: number;
  /** Resident set with less without, bytes; median of the lines. */
  readonly ownRssBytes?: number;
  /** True when glibc was asked, through koffi. */
  readonly usesKoffi: boolean;
}

const FAST_SECONDS = 20;
const SURE = 0.9;
const MARK_SECONDS = 10;

/** The line of a version: `20` of `20.20.2`. */
export function lineOf(version: string): string {
  return version.split(".")[0] ?? version;
}

/** Rows with goals. @param prefix - names the set: `hold-out: `. */
export function rowsOf(prefix: string, all: readonly Judged[]): BenchRow[] {
  const leaks = (some: readonly Judged[]): readonly Judged[] => some.filter(({ truth }) => truth.leak);
  const harmless = (some: readonly Judged[]): readonly Judged[] => some.filter(({ truth }) => !truth.leak);
  const row = (
    name: string,
    unit: string,
    goal: string,
    of: readonly Judged[],
    measure: (some: readonly Judged[]) => number | string,
  ): BenchRow => ({
    name: `${prefix}${name}`,
    value: measure(of),
    unit: `${unit} of ${of.length} runs`,
    goal,
    byNode: Object.fromEntries(
      linesOf(of).map((line) => [line, measure(of.filter(({ run }) => lineOf(run.node) === line))]),
    ),
  });
  const fast = leaks(all).filter(({ truth }) => truth.rightWithinSeconds <= FAST_SECONDS);
  const named = all.filter(({ truth }) => truth.leak && truth.function !== undefined);
  const accusing = all.filter(({ run }) => endOf(run)[2]);
  return [
    row("leaks found at the end", "%", ">= 95", leaks(all), (some) => share(some, ({ run }) => endOf(run)[2])),
    row("leaks that were called one and are", "%", ">= 95", accusing, (some) => share(some, ({ truth }) => truth.leak)),
    row("right kind, and leak or not, at the end", "%", ">= 95", all, (some) => share(some, isRight)),
    row("healthy ones called a leak at any moment", "", "<= 0", harmless(all), (some) => some.filter(isAccused).length),
    row("median time to the right verdict on a leak", "s", "<= 45", leaks(all), medianTime),
    ...(fast.length > 0 ? [row("the same, fast leaks", "s", `<= ${FAST_SECONDS}`, fast, medianTime)] : []),
    row("right of what was said with 90 % confidence or more, every 10 s", "%", ">= 90", all, sureShare),
    ...(named.length > 0
      ? [
          row("function and line of what leaks named", "%", ">= 90", named, (some) =>
            share(some, ({ truth, run }) => run.where === `${truth.function}:${truth.line}`),
          ),
        ]
      : []),
  ];
}

/** One line for each program that was run. */
export function summarise(
  truths: readonly Truth[],
  heldOut: readonly Truth[],
  runs: readonly TruthRun[],
  bare: readonly BareRun[],
): ProgramSummary[] {
  return [...truths, ...heldOut].flatMap((truth) => {
    const own = runs.filter(({ program }) => program === truth.program).map((run) => ({ truth, run }));
    if (own.length === 0) return [];
    const { program, name, leak, kinds } = truth;
    return [
      {
        ...{ program, name, isHeldOut: heldOut.includes(truth), leak, kinds },
        nodes: Object.fromEntries(
          linesOf(own).map((line) => [line, summaryOf(own.filter(({ run }) => lineOf(run.node) === line))]),
        ),
        ...costOf(own, bare),
        usesKoffi: own.some(({ run }) => run.koffiRssBytes !== undefined),
      },
    ];
  });
}

/** Which commit and line the runs are of. */
export function partsOf(runs: readonly TruthRun[]): { node: string; commit: string; runs: number }[] {
  const parts = new Map<string, { node: string; commit: string; runs: number }>();
  for (const { node, commit } of runs) {
    const part = parts.get(`${node} ${commit}`) ?? { node, commit, runs: 0 };
    part.runs += 1;
    parts.set(`${node} ${commit}`, part);
  }
  return [...parts.values()];
}

/** What watching costs, over all programs. */
export function rowsOfCost(programs: readonly ProgramSummary[]): BenchRow[] {
  const row = (
    name: string,
    unit: string,
    goal: string,
    of: readonly ProgramSummary[],
    figure: (program: ProgramSummary) => number | undefined,
  ): BenchRow[] => {
    const figures = of.flatMap((program) => {
      const value = figure(program);
      return value === undefined ? [] : [{ program: program.program, value }];
    });
    const most = figures.toSorted((a, b) => b.value - a.value)[0];
    if (most === undefined) return [];
    const within = figures.filter(({ value }) => value <= Number(goal.slice(3))).length;
    return [
      { name: `${name}, median`, value: round(median(figures.map(({ value }) => value))), unit, goal },
      { name: `${name}, the most (${most.program})`, value: round(most.value), unit, goal },
      { name: `${name}, programs within the goal`, value: within, unit: `of ${figures.length}` },
    ];
  };
  const megabytes = ({ ownRssBytes }: ProgramSummary): number | undefined =>
    ownRssBytes === undefined ? undefined : ownRssBytes / 2 ** 20;
  const [asked, others] = [
    programs.filter(({ usesKoffi }) => usesKoffi),
    programs.filter(({ usesKoffi }) => !usesKoffi),
  ];
  return [
    ...row(
      "CPU time in the program, with less without",
      "% of a core",
      "<= 1",
      programs,
      (program) => program.ownCpuPercent,
    ),
    ...row("memory in the program, with less without", "MB", "<= 3", others, megabytes),
    ...row("the same where glibc was asked (koffi)", "MB", "<= 7", asked, megabytes),
  ];
}

function costOf(own: readonly Judged[], bare: readonly BareRun[]): { ownCpuPercent?: number; ownRssBytes?: number } {
  const costs = linesOf(own).flatMap((line) => {
    const without = bare.find(({ program, node }) => program === own[0]?.run.program && lineOf(node) === line)?.use;
    const runs = own.map(({ run }) => run).filter(({ node, use }) => use !== undefined && lineOf(node) === line);
    if (without === undefined || runs.length === 0) return [];
    const isAskedFromStart = own[0]?.truth.native === true;
    return [
      {
        cpu: median(runs.flatMap(({ use }) => (use ? [loadOf(use)] : []))) - loadOf(without),
        rss:
          median(
            runs.flatMap(({ use, koffiRssBytes = 0 }) =>
              use ? [use.earlyRssBytes + (isAskedFromStart ? 0 : koffiRssBytes)] : [],
            ),
          ) - without.earlyRssBytes,
      },
    ];
  });
  if (costs.length === 0) return {};
  return {
    ownCpuPercent: round(median(costs.map(({ cpu }) => cpu))),
    ownRssBytes: Math.round(median(costs.map(({ rss }) => rss))),
  };
}

/** Per cent of a core. */
function loadOf({ cpuMs, seconds }: { readonly cpuMs: number; readonly seconds: number }): number {
  return cpuMs / 10 / Math.max(1, seconds);
}

function summaryOf(judged: readonly Judged[]): LineSummary {
  const times = judged.map(rightAfter).filter((seconds) => Number.isFinite(seconds));
  const count = new Map<string, number>();
  for (const { run } of judged) {
    const [, kind, leak] = endOf(run);
    const words = `${kind}${leak ? " leak" : ""}`;
    count.set(words, (count.get(words) ?? 0) + 1);
  }
  return {
    runs: judged.length,
    right: judged.filter(isRight).length,
    said: [...count].toSorted((a, b) => b[1] - a[1]).map(([words]) => words),
    confidence: median(judged.map(({ run }) => endOf(run)[3])),
    ...(times.length > 0 ? { seconds: round(median(times)) } : {}),
  };
}

function isRight({ truth, run }: Judged): boolean {
  return isRightSaid(truth, endOf(run));
}

function isRightSaid({ kinds, leak }: Truth, [, kind, says]: Said): boolean {
  return says === leak && kinds.includes(kind);
}

function rightAfter({ truth, run }: Judged): number {
  const lastWrong = run.said.findLastIndex((said) => !isRightSaid(truth, said));
  return run.said[lastWrong + 1]?.[0] ?? Number.POSITIVE_INFINITY;
}

function isAccused({ truth, run }: Judged): boolean {
  return endOf(run)[2] || (!truth.isOpenUntilEnd && run.said.some(([, , leak]) => leak));
}

/** As in the plot: right is the flag and, of a leak, the kind; `undetermined` claims nothing. */
function sureShare(judged: readonly Judged[]): number | string {
  const claims = judged.flatMap(({ truth, run }) => {
    const said = run.said.filter(([seconds], index) => {
      const before = run.said[index - 1]?.[0] ?? 0;
      const isMark = Math.floor(seconds / MARK_SECONDS) > Math.floor(before / MARK_SECONDS);
      return index === run.said.length - 1 || (isMark && !truth.isOpenUntilEnd);
    });
    return said
      .filter(([, kind, , confidence]) => kind !== "undetermined" && confidence >= SURE)
      .map((each) => ({ truth, each }));
  });
  return share(claims, ({ truth, each }) => each[2] === truth.leak && (!each[2] || isRightSaid(truth, each)));
}

function endOf({ said }: TruthRun): Said {
  return said.at(-1) ?? [0, "undetermined", false, 0];
}

function linesOf(judged: readonly Judged[]): string[] {
  return [...new Set(judged.map(({ run }) => lineOf(run.node)))].sort();
}

function medianTime(judged: readonly Judged[]): number | string {
  if (judged.length === 0) return "none";
  const seconds = median(judged.map(rightAfter));
  return Number.isFinite(seconds) ? round(seconds) : "never for half of them";
}

function share<T>(all: readonly T[], holds: (item: T) => boolean): number | string {
  return all.length === 0 ? "none" : round((100 * all.filter(holds).length) / all.length);
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
