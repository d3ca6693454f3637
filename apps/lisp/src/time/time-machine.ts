/**
 * Time travel: what a system with a history offers. The time axis is the machine's count of steps. What was evaluated after a return
 * to the past stands in a branch of its own, and the old future stays.
 */

/** Something that was evaluated. */
export interface HistoryEntry {
  /** The branch that it is in. */
  readonly branch: string;
  /** Its first step. */
  readonly step: number;
  /** The step after which it was over, or the newest step so far. */
  readonly endStep: number;
  /** The form, cut after 200 characters. */
  readonly text: string;
}

/** A line of time. */
export interface BranchInfo {
  /** Its name; the first is `main`. */
  readonly name: string;
  /** The branch that it left; `undefined` for the first. */
  readonly parent: string | undefined;
  /** The step at which it left it. */
  readonly forkStep: number;
  /** Its newest step. */
  readonly headStep: number;
}

/** Why a run ended: the program is over, a breakpoint was met, or the fuel is used up. */
export type RunEnd = "done" | "break" | "fuel";

/** The history of a system: `lisp.time`. Going to a step makes every value that was held from outside belong to another time. */
export interface TimeMachine {
  /** The step that the machine is at. */
  readonly step: number;
  /** The branch that the machine is in. */
  readonly branchName: string;
  /** The newest step of that branch. */
  readonly headStep: number;
  /** The first step that can be gone to. */
  readonly firstStep: number;
  /** The bytes that the history takes, in memory and in its storage. */
  readonly bytes: number;
  /** Steps at which a run stops. */
  readonly breakpoints: Set<number>;
  /** What was evaluated on the way to the newest step of this branch, the oldest first. */
  history(): readonly HistoryEntry[];
  /** Every branch, the oldest first. */
  branches(): readonly BranchInfo[];
  /** Goes to a step of this branch, or to the newest step of the branch of this name. @throws `LispError` of kind `time`. */
  goto(target: number | string): void;
  /** Goes back so many steps. Default: to just before the newest form that was begun. @throws `LispError` of kind `time`. */
  back(steps?: number): void;
  /** Begins a branch of this name here. @throws `LispError` of kind `time` when the name is taken. */
  branch(name: string): void;
  /** Goes on, for at most `fuel` steps; in the past, as it was. @throws `LispError` for what the program raised and did not catch. */
  run(fuel?: number): RunEnd;
  /** The whole session with its history, for another process or machine. */
  save(): Uint8Array;
  /** Takes over a saved session; for a system that has evaluated nothing yet. @throws `LispError` of kind `image` for damaged bytes. */
  resume(bytes: Uint8Array): void;
}
