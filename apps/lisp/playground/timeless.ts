/** Stands for the time machine of a system that has none. */
import type { Lisp } from "../src/lisp.ts";
import type { Machine } from "../src/machine/machine.ts";
import type { BranchInfo, HistoryEntry, RunEnd, TimeMachine } from "../src/time/time-machine.ts";

class Timeless implements TimeMachine {
  readonly branchName = "main";
  readonly bytes = 0;
  readonly breakpoints = new Set<number>();
  readonly #machine: Machine;
  constructor(machine: Machine) {
    this.#machine = machine;
  }
  get step(): number {
    return this.#machine.steps;
  }
  get headStep(): number {
    return this.#machine.steps;
  }
  get firstStep(): number {
    return this.#machine.steps;
  }
  history(): readonly HistoryEntry[] {
    return [];
  }
  branches(): readonly BranchInfo[] {
    return [{ name: "main", parent: undefined, forkStep: 0, headStep: this.step }];
  }
  goto(): void {}
  back(): void {}
  branch(): void {}
  run(fuel?: number): RunEnd {
    return this.#machine.run(fuel) ? "done" : "fuel";
  }
  save(): Uint8Array {
    return new Uint8Array();
  }
  resume(): void {}
}

const known = new WeakMap<Lisp, TimeMachine>();

export function timeOf(lisp: Lisp): TimeMachine {
  if ("time" in lisp) return lisp.time as TimeMachine;
  let time = known.get(lisp);
  if (time === undefined) known.set(lisp, (time = new Timeless(lisp.machine)));
  return time;
}
