/**
 * Which steps stay. Nothing is dropped unasked: tagged steps, the newest of every branch and the current one
 * stay whatever the rule says, and every step that goes is reported.
 */
import { PlimsollError } from "../base/errors.ts";
import type { StepInfo } from "./step-list.ts";
import { Slices } from "./turn.ts";

/**
 * A rule: all; the last so many of those that are there; those of the last so many milliseconds; or a
 * function that is asked for each step.
 */
export type Keep = "all" | { readonly last: number } | { readonly withinMs: number } | ((step: StepInfo) => boolean);

/** Steps in a row. */
export interface StepRange {
  /** The first. */
  readonly from: number;
  /** The last. */
  readonly to: number;
}

/** What a thinning has done. */
export interface Thinning {
  /** The steps that are gone, in ranges. */
  readonly evicted: readonly StepRange[];
  /** How many they are. */
  readonly evictedSteps: number;
  /** Steps that are left. */
  readonly keptSteps: number;
}

/** A set of steps, one bit each. */
export class StepSet {
  readonly #bits: Uint8Array;

  /** @param last - the largest step. */
  constructor(last: number) {
    this.#bits = new Uint8Array((last >> 3) + 1);
  }

  add(step: number): void {
    this.#bits[step >> 3] = (this.#bits[step >> 3] ?? 0) | (1 << (step & 7));
  }

  has(step: number): boolean {
    return ((this.#bits[step >> 3] ?? 0) & (1 << (step & 7))) !== 0;
  }
}

/** Asks a rule for every step. */
export async function chooseSteps(
  steps: AsyncIterable<StepInfo>,
  keep: Keep,
  count: number,
  last: number,
  nowMs: number,
  always: ReadonlySet<number>,
): Promise<{ readonly kept: StepSet; readonly thinning: Thinning }> {
  const isKept = ruleOf(keep, count, nowMs);
  const kept = new StepSet(last);
  const evicted: { from: number; to: number }[] = [];
  let evictedSteps = 0;
  let before = 0;
  let wasEvicted = false;
  const slices = new Slices();
  for await (const info of steps) {
    if (slices.isOver) await slices.pause();
    if (info.step > last) break;
    const stays = isKept(info) || always.has(info.step);
    if (stays) {
      kept.add(info.step);
    } else {
      evictedSteps++;
      const range = evicted.at(-1);
      if (range && wasEvicted && range.to === before) range.to = info.step;
      else evicted.push({ from: info.step, to: info.step });
    }
    wasEvicted = !stays;
    before = info.step;
  }
  return { kept, thinning: { evicted, evictedSteps, keptSteps: count - evictedSteps } };
}

function ruleOf(keep: Keep, count: number, nowMs: number): (step: StepInfo) => boolean {
  if (keep === "all") return () => true;
  if (typeof keep === "function") return keep;
  if ("last" in keep && Number.isInteger(keep.last) && keep.last > 0) {
    let seen = 0;
    return () => ++seen > count - keep.last;
  }
  if ("withinMs" in keep && keep.withinMs >= 0) return ({ timeMs }) => timeMs >= nowMs - keep.withinMs;
  throw new PlimsollError(
    "ERR_PLIMSOLL_BAD_OPTION",
    `keep is "all", { last: a number of steps }, { withinMs: milliseconds } or a function, not ${JSON.stringify(keep)}.`,
  );
}
