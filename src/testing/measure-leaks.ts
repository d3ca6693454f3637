/**
 * Calls a function over and over and measures what stays. Three stages, each only for what the one before could not
 * acquit: rounds of equal length; rounds of two lengths in turns, in which growth must be proportional; a long run, after which
 * it must still go on, so that a cache which fills up is not accused. Most functions are acquitted after two rounds; a leak is
 * measured twice.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { PlimsollError } from "../base/errors.ts";
import { type Footprint, floorOf, isBytes, readFootprint, settle } from "./footprint.ts";
import { findRate, findSteadyRate, leastOf, mayGrow, type GrowthRate, type Round } from "./growth.ts";
import type { Growers } from "./name-holders.ts";
import { readTime } from "./real-time.ts";
import { isThenable, type TestedFunction } from "./tested-function.ts";

/** How a function is measured. */
export interface LeakOptions {
  /** Calls in a round; there are 2 to 16 rounds. Default: as many as fit into 60 ms, 5 to 500. */
  readonly calls?: number;
  /** Calls before the first round. Default: as many as fit into 100 ms, 3 to 100. */
  readonly warmup?: number;
  /**
   * Heap snapshots to name who holds what stays, only of a function that leaks, only where each
   * is predicted to take less than 2 s. Default: true.
   */
  readonly holders?: boolean;
}

/** Something that grows with every call. */
export interface Leak extends GrowthRate {
  /** `JavaScript heap`, `array buffers`, `Timeout handles` and so on. */
  readonly what: string;
  /** Of `perCall` and `uncertainty`. */
  readonly unit: "bytes" | "pieces";
}

/** What was measured. */
export interface LeakReport extends Growers {
  /** What grows with every call. Empty: nothing. */
  readonly leaks: readonly Leak[];
  /** Calls in all, warm-up included. */
  readonly calls: number;
  /** Calls of the warm-up. */
  readonly warmup: number;
  /** Rounds of calls with a full collection after each. */
  readonly rounds: number;
  /** Growth of the heap a call that would have been noticed, in bytes. */
  readonly detectableBytes: number;
  /** Duration, in milliseconds. */
  readonly durationMs: number;
}

const HEAP = "JavaScript heap";
const SCREENING_ROUNDS = 4;
/** Rounds in which the heap shrank are repeated, up to so many in a row. */
const MAX_TRIES = 4;
const LENGTHS = [1, 2, 1, 2, 1, 2];
const SCALES = [1, 4];
const LAST_ROUNDS = 5;
const ROUND_MS = 60;
const MAX_CALLS = 500;
const MIN_CALLS = 5;
const WARMUP_MS = 100;
const MAX_WARMUP = 100;
const MIN_WARMUP = 3;
/** Slow functions warm up slowly: one with timers and an AsyncLocalStorage grew over its first 800 calls on Node 20, then no more. */
const LONG_RUN_MS = 1500;
const CONFIRMING_RUN_MS = 200;
const LONG_RUN_CALLS = 20_000;
/** A long run ends before it has leaked more than about this. */
const LONG_RUN_BYTES = 64 * 2 ** 20;

/** The same in pieces: a program may open some thousand files and sockets at most, often only 1,024. */
const LONG_RUN_PIECES = 150;
/** What a round may leak at most, of a function that left as much in its warm-up. */
const ROUND_BYTES = 4 * 2 ** 20;
const ROUND_PIECES = 12;

/** Long enough for timers that tick once a second. */
const RELEASE_MS = 1100;
/** What is left of the growth of all rounds then, at least. */
const MIN_LASTING_RATIO = 0.5;

/**
 * Measures what stays of a function's calls.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION`, `ERR_PLIMSOLL_GC_UNAVAILABLE`; and whatever the function throws.
 */
export async function measureLeaks(fn: TestedFunction, options: LeakOptions = {}): Promise<LeakReport> {
  const began = readTime();
  checkCount("calls", options.calls, 1);
  checkCount("warmup", options.warmup, 0);
  const runner = new Runner(fn);
  const cold = await readFootprint();
  const warmupMs = await runner.run(
    options.warmup ?? MAX_WARMUP,
    options.warmup === undefined ? WARMUP_MS : Infinity,
    MIN_WARMUP,
  );
  const warmup = runner.calls;
  const callMs = warmup === 0 ? 0 : warmupMs / warmup;
  const timely = Math.min(MAX_CALLS, Math.floor(ROUND_MS / Math.max(callMs, 0.001)));
  const bearable = bearableCalls({ calls: warmup, before: cold, after: await readFootprint() });
  const calls = options.calls ?? Math.max(MIN_CALLS, Math.min(timely, bearable));
  await runner.run(calls);
  runner.last = await settle();
  const start = { footprint: runner.last, calls: runner.calls };
  let leaks: readonly Leak[] = await findLeaks(runner, calls, LONG_RUN_MS, await findSuspected(runner, calls));
  // What a loaded machine or a cold worker does once, it hardly does twice.
  if (leaks.length > 0) leaks = await findLeaks(runner, calls, CONFIRMING_RUN_MS, kindsAmong(leaks));
  if (leaks.length > 0) leaks = await findLasting(runner, start, leaks);
  const { rounds } = runner;
  const isNamed = options.holders !== false && leaks.some(({ unit }) => unit === "bytes");
  // Loaded only for a function that leaks: what reads snapshots is large.
  const growers: Growers = isNamed
    ? await (await import("./name-holders.ts")).nameHolders(() => runner.run(calls))
    : { holders: [], classes: [] };
  return {
    leaks,
    calls: runner.calls,
    warmup,
    rounds,
    detectableBytes: leastOf(calls, floorOf("JavaScript heap")) / calls,
    ...growers,
    durationMs: readTime() - began,
  };
}

/** Kinds that may grow with every call. Most functions end here. */
async function findSuspected(runner: Runner, calls: number): Promise<string[]> {
  const screened: Footprints[] = [];
  let suspected: string[] = [];
  for (let round = 0; round < SCREENING_ROUNDS && (round === 0 || suspected.length > 0); round += 1) {
    screened.push(await runner.steadyRound(calls));
    suspected = kindsOf(screened).filter((kind) => mayGrow(roundsOf(kind, screened), floorOf(kind)));
  }
  return suspected;
}

async function findLeaks(
  runner: Runner,
  calls: number,
  longRunMs: number,
  suspected: readonly string[],
): Promise<Leak[]> {
  const rates = suspected.length === 0 ? [] : await findRates(runner, calls, suspected);
  if (rates.length === 0) return [];
  const long = await runner.longRun(longRunCalls(rates), longRunMs);
  const last: Footprints[] = [];
  for (let round = 0; round < LAST_ROUNDS; round += 1) last.push(await runner.steadyRound(calls));
  return rates.flatMap(({ kind }) => {
    const rate = findSteadyRate(roundsOf(kind, [long]), roundsOf(kind, last), floorOf(kind));
    return rate ? [{ what: kind, unit: isBytes(kind) ? "bytes" : "pieces", ...rate } as const] : [];
  });
}

/** What time releases is no leak: `fetch` of Node 20, for one, holds the requests of the last second until a timer of its own has run. */
async function findLasting(
  runner: Runner,
  start: { readonly footprint: Footprint; readonly calls: number },
  leaks: readonly Leak[],
): Promise<readonly Leak[]> {
  if (runner.isAsync || leaks.some(({ unit }) => unit === "pieces")) await sleep(RELEASE_MS);
  const whole = { calls: runner.calls - start.calls, before: start.footprint, after: await settle() };
  return leaks.filter(({ what, perCall }) =>
    roundsOf(what, [whole]).every(({ calls, grew }) => grew >= MIN_LASTING_RATIO * perCall * calls),
  );
}

/** As many as do not leak more than a program can bear. */
function longRunCalls(rates: readonly KindRate[]): number {
  const most = rates.map(({ kind, rate }) => (isBytes(kind) ? LONG_RUN_BYTES : LONG_RUN_PIECES) / rate.perCall);
  return Math.ceil(Math.min(LONG_RUN_CALLS, ...most));
}

/** Calls that leave no more than a program can bear, in the rounds all together, if they leave as much as those of the warm-up. */
function bearableCalls(warmup: Footprints): number {
  const most = kindsOf([warmup]).flatMap((kind) =>
    roundsOf(kind, [warmup]).map(({ calls, grew }) => ((isBytes(kind) ? ROUND_BYTES : ROUND_PIECES) * calls) / grew),
  );
  return Math.floor(Math.min(Infinity, ...most.filter((calls) => calls > 0)));
}

/** What a round costs by itself, whatever its length, weighs less in longer ones: what is not proportional is tried once more. */
async function findRates(runner: Runner, calls: number, kinds: readonly string[]): Promise<KindRate[]> {
  for (const scale of SCALES) {
    const measured: Footprints[] = [];
    for (const length of LENGTHS) measured.push(await runner.steadyRound(calls * length * scale));
    const rates = kinds.flatMap((kind) => {
      const rate = findRate(roundsOf(kind, measured), floorOf(kind));
      return rate ? [{ kind, rate }] : [];
    });
    if (rates.length > 0 || kinds.every((kind) => !mayGrow(roundsOf(kind, measured), floorOf(kind)))) return rates;
  }
  return [];
}

/** Growth of one kind. */
interface KindRate {
  readonly kind: string;
  readonly rate: GrowthRate;
}

/** The ends of one round. */
interface Footprints {
  readonly calls: number;
  readonly before: Footprint;
  readonly after: Footprint;
}

function isShrunk(round: Footprints): boolean {
  return roundsOf(HEAP, [round]).some(({ grew }) => grew < -floorOf(HEAP).perRound);
}

function kindsAmong(leaks: readonly Leak[]): string[] {
  return leaks.map(({ what }) => what);
}

function kindsOf(rounds: readonly Footprints[]): string[] {
  return [...new Set(rounds.flatMap(({ after }) => [...after.keys()]))];
}

function roundsOf(kind: string, rounds: readonly Footprints[]): Round[] {
  return rounds.map(({ calls, before, after }) => ({ calls, grew: (after.get(kind) ?? 0) - (before.get(kind) ?? 0) }));
}

/** Calls the function and keeps nothing of what it gives. */
class Runner {
  calls = 0;
  rounds = 0;
  /** Whether it ever returned a promise. */
  isAsync = false;
  last: Footprint = new Map();
  readonly #fn: TestedFunction;

  constructor(fn: TestedFunction) {
    this.#fn = fn;
  }

  /** Calls up to `calls` times, but not longer than `maxMs` once `minCalls` were made; returns the duration. */
  async run(calls: number, maxMs = Number.POSITIVE_INFINITY, minCalls = 0): Promise<number> {
    const began = readTime();
    for (let call = 0; call < calls; call += 1) {
      if (call >= minCalls && readTime() - began > maxMs) break;
      const result = this.#fn();
      this.calls += 1;
      if (!isThenable(result)) continue;
      this.isAsync = true;
      await result;
    }
    return readTime() - began;
  }

  /** A round in which the heap did not shrink: where V8 threw away more than the calls left, such as unused code, nobody is judged. */
  async steadyRound(calls: number): Promise<Footprints> {
    for (let tries = 1; ; tries += 1) {
      const before = this.last;
      await this.run(calls);
      this.last = await readFootprint();
      this.rounds += 1;
      const round = { calls, before, after: this.last };
      if (tries === MAX_TRIES || !isShrunk(round)) return round;
    }
  }

  /** One long round. */
  async longRun(maxCalls: number, maxMs: number): Promise<Footprints> {
    const before = this.last;
    const callsBefore = this.calls;
    await this.run(maxCalls, maxMs, 1);
    this.last = await settle();
    return { calls: this.calls - callsBefore, before, after: this.last };
  }
}

function checkCount(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", `${name} is ${value}: give a whole number from ${least}.`, {
    details: { option: name },
  });
}
