/**
 * A running history: keyframes every some ten thousand steps, and deterministic re-execution between them. What does not follow from the
 * state is in the record of effects. A keyframe holds what has changed since the one before; immutable objects are written once.
 */
import { failure, LispError } from "../data/errors.ts";
import { write } from "../data/printer.ts";
import { Text, type Value } from "../data/values.ts";
import { type Cell, Environment, Scope } from "../expander/binding.ts";
import { stripSyntax } from "../expander/expander.ts";
import type { Machine } from "../machine/machine.ts";
import type { Node } from "../machine/node.ts";
import { Branch, type Keyframe } from "./branches.ts";
import { Changes } from "./changes.ts";
import { Effects } from "./effects.ts";
import { HistoryReader, HistoryWriter } from "./history-codec.ts";
import { Journal } from "./journal.ts";
import type { Log } from "./log.ts";
import { readSession, type SystemBase, writeSession } from "./session.ts";
import type { BranchInfo, HistoryEntry, RunEnd, TimeMachine } from "./time-machine.ts";
import { damaged } from "./value-reader.ts";
import { readTable, VersionTable } from "./version-table.ts";

/** How many steps lie between keyframes; up to four times as many when they are large. */
const MIN_INTERVAL = 50_000;
/** A keyframe of so many bytes a step is worth waiting for. */
const BYTES_PER_STEP = 2;
const TEXT_LENGTH = 200;

/** Records and goes back. */
export class Recorder implements TimeMachine {
  readonly effects = new Effects();
  readonly journal = new Journal();
  readonly breakpoints = new Set<number>();
  readonly #machine: Machine;
  readonly #base: SystemBase;
  readonly #log: Log;
  readonly #interval: number;
  readonly #writer: HistoryWriter;
  readonly #changes: Changes;
  #branches = [new Branch("main", undefined, 0)];
  #branch = this.#branches[0] as Branch;
  #table = new VersionTable();
  /** What the changes are relative to. */
  #basis: Keyframe | undefined;
  #nextKeyframe = 0;
  #isPast = false;

  /** Begins, with nothing but the standard library in place. */
  constructor(machine: Machine, base: SystemBase, log: Log, interval = MIN_INTERVAL) {
    this.#interval = interval;
    this.#machine = machine;
    this.#base = base;
    this.#log = log;
    this.#writer = new HistoryWriter(base.marks, base.registry);
    this.#changes = new Changes(base.marks, base.registry, this.#writer);
    machine.steps = 0;
    this.#keyframe();
  }

  get step(): number {
    return this.#machine.steps;
  }

  get branchName(): string {
    return this.#branch.name;
  }

  get headStep(): number {
    return this.#isPast ? this.#branch.headStep : this.#machine.steps;
  }

  get firstStep(): number {
    return this.#branches[0]?.keyframes[0]?.step ?? 0;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** How many states are written down. */
  get keyframes(): number {
    return this.#branches.reduce((sum, { keyframes }) => sum + keyframes.length, 0);
  }

  history(): readonly HistoryEntry[] {
    return this.#branch.entries(this.headStep);
  }

  branches(): readonly BranchInfo[] {
    return this.#branches.map((branch) => ({
      name: branch.name,
      parent: branch.parent?.name,
      forkStep: branch.forkStep,
      headStep: branch === this.#branch ? this.headStep : branch.headStep,
    }));
  }

  /** To be called before an object changes. */
  willChange(object: object, index?: number): void {
    this.#changes.note(object, index);
  }

  /** To be called before a global variable gets a value. */
  willAssign(cell: Cell): void {
    this.#changes.noteCell(cell);
  }

  /** Takes over new code. */
  addCode(node: Node): void {
    if (node.unit !== undefined) this.#base.registry.addUnit(node.unit);
  }

  /** The code of a form that the program itself evaluates: the same node whenever these steps are taken. */
  compile(make: () => Node): Node {
    const [id, position] = this.effects.compile(() => {
      const node = make();
      this.addCode(node);
      return [node.id, this.journal.position];
    });
    if (this.effects.isReplaying) this.journal.moveTo(position);
    return this.#base.registry.node(id);
  }

  /** A scope that the program makes: the same one whenever these steps are taken. */
  makeScope(): Scope {
    const { marks, registry } = this.#base;
    const id = this.effects.perform(() => {
      const scope = new Scope(new Environment());
      registry.add(scope);
      return marks.get(scope);
    });
    const scope = registry.object(id);
    if (!(scope instanceof Scope)) throw damaged();
    return scope;
  }

  /** To be called before a form is compiled that is to be evaluated next. */
  willEvaluate(): void {
    this.effects.record();
  }

  /** To be called when the machine has started with a form. */
  started(form: Value): void {
    const { steps } = this.#machine;
    if (this.#isPast) this.#fork(this.#freeName(), steps - 1);
    this.#branch.inputs.push({ step: steps, text: write(stripSyntax(form), TEXT_LENGTH) });
    this.#keyframe();
  }

  goto(target: number | string): void {
    const branch = typeof target === "string" ? this.#branches.find(({ name }) => name === target) : this.#branch;
    if (branch === undefined) throw failure("time", "there is no branch", new Text(String(target)));
    const head = branch === this.#branch ? this.headStep : branch.headStep;
    const step = typeof target === "string" ? head : target;
    if (!Number.isSafeInteger(step) || step < this.firstStep || step > head)
      throw failure("time", `this branch has the steps ${this.firstStep} to ${head}, not`, step);
    this.#leave();
    this.#branch = branch;
    this.#restore(step);
  }

  back(steps?: number): void {
    if (steps !== undefined) this.goto(this.step - steps);
    else {
      const newest = this.#branch.entries(this.step).at(-1);
      if (newest === undefined) throw failure("time", "nothing was evaluated before this");
      this.goto(newest.step - 1);
    }
  }

  branch(name: string): void {
    if (this.#branches.some((each) => each.name === name))
      throw failure("time", "there is a branch of this name:", new Text(name));
    this.#leave();
    this.#fork(name, this.#machine.steps);
    this.#keyframe();
  }

  run(fuel = Number.POSITIVE_INFINITY): RunEnd {
    const end = this.step + fuel;
    const stop = Math.min(...[...this.breakpoints].filter((step) => step > this.step));
    if (this.#isPast) this.#runInPast(Math.min(end, stop));
    const machine = this.#machine;
    while (!machine.isDone) {
      if (machine.steps >= stop) return "break";
      if (machine.steps >= end) return "fuel";
      machine.run(Math.min(end, stop, this.#nextKeyframe) - machine.steps);
      if (machine.steps >= this.#nextKeyframe) this.#keyframe();
    }
    return "done";
  }

  /** Takes steps again, as far as the form that they are of. */
  #runInPast(end: number): void {
    const next = this.#branch.entries(this.#branch.headStep).find((entry) => entry.step > this.step);
    const to = Math.min(end, this.#branch.headStep, (next?.step ?? Infinity) - 1);
    if (to <= this.step) return;
    // The last step is taken again, because it may end with an error.
    const error = this.#restore(to, to - 1);
    if (error !== undefined) throw error;
  }

  /** Writes down what only memory has, before another time is gone to. */
  #leave(): void {
    if (this.#isPast) return;
    const last = this.#branch.keyframes.at(-1);
    if (last?.step !== this.step || this.effects.hasRecent) this.#keyframe();
    this.#branch.headStep = this.step;
  }

  #freeName(): string {
    let number = this.#branches.length + 1;
    while (this.#branches.some(({ name }) => name === `branch ${number}`)) number++;
    return `branch ${number}`;
  }

  #fork(name: string, step: number): void {
    this.#branch = new Branch(name, this.#branch, step);
    this.#branches.push(this.#branch);
    this.#isPast = false;
    this.effects.record();
  }

  #keyframe(): void {
    const writer = this.#writer;
    const { steps } = this.#machine;
    this.#changes.write((id) => this.#table.get(id));
    const roots = writer.registers(this.#machine);
    const effects = writer.offset;
    writer.out.block(this.effects.take());
    const table = this.#table.write(writer, this.#basis === undefined);
    const chunk = writer.takeChunk();
    this.#log.append(chunk);
    this.#basis = {
      step: steps,
      roots,
      previous: table.isWhole ? undefined : this.#basis,
      table: table.at,
      effects,
      journal: this.journal.position,
    };
    this.#branch.keyframes.push(this.#basis);
    this.#branch.headStep = steps;
    this.#nextKeyframe = steps + Math.max(this.#interval, Math.min(4 * this.#interval, chunk.length / BYTES_PER_STEP));
  }

  /**
   * Makes the machine what it was at a step of this branch, beginning with a keyframe up to `from`. Returns the error that the last
   * step ended with, if it did.
   */
  #restore(step: number, from = step): LispError | undefined {
    const { keyframe, next } = this.#branch.nearest(from);
    const { marks, registry, code } = this.#base;
    this.#changes.clear();
    this.#table = readTable(keyframe, this.#log);
    const reader = new HistoryReader(this.#log, marks, this.#table.versions, registry, (cell, value) => {
      code.reassigned(cell, value);
      cell.value = value;
    });
    for (const [id, origin] of this.#changes.origins)
      reader.refill(registry.object(id), this.#table.versions.get(id) ?? origin);
    reader.registers(this.#machine, keyframe.roots);
    this.journal.moveTo(keyframe.journal);
    this.#machine.steps = keyframe.step;
    this.#basis = keyframe;
    this.#nextKeyframe = step + this.#interval;
    this.effects.replay(next === undefined ? new Uint8Array() : this.#log.at(next.effects).block());
    const error = this.#replay(step);
    this.#isPast = step !== this.#branch.headStep;
    if (!this.#isPast) this.effects.record();
    return error;
  }

  #replay(step: number): LispError | undefined {
    let last: LispError | undefined;
    const machine = this.#machine;
    while (machine.steps < step && !machine.isDone) {
      try {
        machine.run(step - machine.steps);
      } catch (error) {
        if (!(error instanceof LispError)) throw error;
        last = error;
      }
    }
    if (machine.steps === step) return last;
    throw failure("time", `step ${step} could not be reached again; this is at`, machine.steps);
  }

  save(): Uint8Array {
    const { step } = this;
    this.#leave();
    return writeSession(this.#base, this.#log, this.journal, {
      branches: this.#branches,
      branch: this.#branch,
      step,
      origins: this.#changes.origins,
    });
  }

  resume(bytes: Uint8Array): void {
    if (this.step > 0) throw failure("time", "a session can only be resumed before anything else is evaluated");
    const { branches, branch, step, origins } = readSession(this.#base, this.#log, this.journal, bytes);
    for (const [id, at] of origins) this.#changes.origins.set(id, at);
    this.#writer.base = this.#log.end;
    [this.#branches, this.#branch] = [branches, branch];
    this.#restore(step);
  }
}
