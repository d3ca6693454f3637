/**
 * Whether something grows with every call, judged from rounds of calls with a full collection after each. A leak grows
 * in nearly every round and twice as much in a round twice as long; warm-up, compiled code, inline caches and a background
 * task do one of the two at most. One round may deviate: tables double at times, and V8 throws unused code away.
 */
import { median } from "../monitor/trend.ts";

/** Several calls and what they left behind. */
export interface Round {
  /** How many calls. */
  readonly calls: number;
  /** Growth from the round's start to its end, in bytes or pieces; negative where it shrank. */
  readonly grew: number;
}

/** Growth a call. */
export interface GrowthRate {
  /** Bytes or pieces a call: the median over the rounds. */
  readonly perCall: number;
  /** Half of the rounds lie so close to it. */
  readonly uncertainty: number;
}

/** Growth that does not count. */
export interface Floor {
  /** A call. */
  readonly perCall: number;
  /** A round. */
  readonly perRound: number;
}

/** Rounds that may stay below the floor. */
const DEVIATIONS = 1;
/** Growth of a round twice as long, as a multiple; what does not depend on the calls would give 1, a leak 2. */
const MIN_RATIO = 1.4;

/** Growth a call in a long run, as a multiple of that in the rounds after it. */
const MIN_LONG_RATIO = 0.5;
/** Calls of a long run, as a multiple of those in the rounds after it. */
const MIN_LONG_LENGTH = 2;

/** The least growth of a round that counts. */
export function leastOf(calls: number, floor: Floor): number {
  return Math.max(floor.perRound, floor.perCall * calls);
}

/** True as long as a leak is possible: at most one of the rounds stayed below the floor. */
export function mayGrow(rounds: readonly Round[], floor: Floor): boolean {
  return rounds.filter(({ calls, grew }) => grew < leastOf(calls, floor)).length <= DEVIATIONS;
}

/**
 * The rate of a growth that is proportional to the calls.
 *
 * @param rounds - of two lengths, the longer twice the shorter, in turns.
 * @returns Default: it is none.
 */
export function findRate(rounds: readonly Round[], floor: Floor): GrowthRate | undefined {
  if (!mayGrow(rounds, floor)) return undefined;
  const shortest = Math.min(...rounds.map(({ calls }) => calls));
  const short = rounds.filter(({ calls }) => calls === shortest).map(({ grew }) => grew);
  const long = rounds.filter(({ calls }) => calls > shortest).map(({ grew }) => grew);
  // Tables that double raise two of three rounds at times: then the least of each length tells; where V8 threw away a little, the middle one.
  const isProportional = [least, median].some((choose) => choose(long) >= MIN_RATIO * choose(short));
  if (!isProportional) return undefined;
  return rateOf(rounds);
}

/**
 * The rate of a growth that goes on after a long run, in which it did not stop either: what fills up, or is emptied
 * now and then, grew less there.
 *
 * @param long - the long run.
 * @param last - the rounds after it.
 * @returns Default: it is none.
 */
export function findSteadyRate(long: readonly Round[], last: readonly Round[], floor: Floor): GrowthRate | undefined {
  const grew = last.reduce((sum, round) => sum + round.grew, 0);
  const calls = last.reduce((sum, round) => sum + round.calls, 0);
  // Noise that comes and goes may lie above the floor in single rounds, but not in all of them together.
  if (!mayGrow(last, floor) || grew < last.length * leastOf(calls / last.length, floor)) return undefined;
  const rate = rateOf(last);
  // A run that is hardly longer than those rounds says nothing that they do not.
  const told = long.filter((round) => round.calls >= MIN_LONG_LENGTH * calls);
  return told.every((round) => round.grew >= MIN_LONG_RATIO * rate.perCall * round.calls) ? rate : undefined;
}

function least(growths: readonly number[]): number {
  return Math.min(...growths);
}

function rateOf(rounds: readonly Round[]): GrowthRate {
  const rates = rounds.map(({ calls, grew }) => grew / calls);
  const perCall = median(rates);
  return { perCall, uncertainty: median(rates.map((rate) => Math.abs(rate - perCall))) };
}
