/**
 * The lines of time: where each branch left its parent, its keyframes and what was evaluated in it.
 */
import { failure } from "../data/errors.ts";
import type { HistoryEntry } from "./time-machine.ts";

/** A state that was written down. */
export interface Keyframe {
  /** The step that it is of. */
  readonly step: number;
  /** Where its registers are. */
  readonly roots: number;
  /** The keyframe whose table of versions this one's adds to; `undefined` when it has a whole one. */
  readonly previous: Keyframe | undefined;
  /** Where its table of versions is. */
  readonly table: number;
  /** Where the effects since the keyframe before it are. */
  readonly effects: number;
  /** The journal's position. */
  readonly journal: number;
}

interface Input {
  /** Its first step, which is that of its start. */
  readonly step: number;
  readonly text: string;
}

/** A line of time. */
export class Branch {
  /** Its name. */
  readonly name: string;
  /** The branch that it left. */
  readonly parent: Branch | undefined;
  /** The step at which it left it. */
  readonly forkStep: number;
  /** Its newest step. */
  headStep: number;
  /** The oldest first. */
  readonly keyframes: Keyframe[] = [];
  /** What was evaluated, the oldest first. */
  readonly inputs: Input[] = [];

  constructor(name: string, parent: Branch | undefined, forkStep: number) {
    this.name = name;
    this.parent = parent;
    this.forkStep = forkStep;
    this.headStep = forkStep;
  }

  /** The branch that a step of this one's past was taken in: itself, or one that it comes from. */
  owner(step: number): Branch {
    return this.parent !== undefined && step <= this.forkStep ? this.parent.owner(step) : this;
  }

  /** The newest keyframe up to a step, and the one after it. @throws `LispError` of kind `time` when there is none. */
  nearest(step: number): { readonly keyframe: Keyframe; readonly next: Keyframe | undefined } {
    let owner = this.owner(step);
    for (;;) {
      const index = newest(owner.keyframes, step);
      const keyframe = owner.keyframes[index];
      if (keyframe !== undefined) return { keyframe, next: owner.keyframes[index + 1] };
      if (owner.parent === undefined) throw failure("time", "the history begins after step", step);
      owner = owner.parent;
    }
  }

  /** What was evaluated on the way to a step, the oldest first. */
  entries(step: number): HistoryEntry[] {
    const inputs = this.inputs.filter((each) => each.step <= step);
    const own = inputs.map(({ step: first, text }, index) => ({
      branch: this.name,
      step: first,
      endStep: Math.min(step, (inputs[index + 1]?.step ?? step + 1) - 1),
      text,
    }));
    return this.parent === undefined ? own : [...this.parent.entries(Math.min(step, this.forkStep)), ...own];
  }
}

/** The place of the last one that is not after `step`; -1 for none. */
function newest(items: readonly { readonly step: number }[], step: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.step ?? 0) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
