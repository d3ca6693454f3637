/**
 * A session of the playground: a system of the language, what is still to be evaluated, and what the page shows. It knows nothing of
 * workers or pages.
 */
import { explain } from "../src/command/explain.ts";
import { runTimeCommand } from "../src/command/time-commands.ts";
import { write } from "../src/data/printer.ts";
import { EOF, MultipleValues, type Value } from "../src/data/values.ts";
import { symbol } from "../src/data/symbols.ts";
import { Lisp } from "../src/lisp.ts";
import { countReachable } from "../src/memory/census.ts";
import { viewMachine } from "../src/memory/view.ts";
import { describePath, findHolders } from "../src/memory/why-alive.ts";
import type { TimeMachine } from "../src/time/time-machine.ts";
import { type Position, Reader } from "../src/reader/reader.ts";
import type { Answer, MemoryView, OutputLine, SessionView, Span, VariableView } from "./protocol.ts";

/** What the text in the editor is called in positions. */
const EDITOR = "editor";
const SHOWN_CHARACTERS = 160;
const SHOWN_GLOBALS = 60;
const HOLDERS = 5;
const SEARCH_LIMIT = 500_000;
const COUNT_LIMIT = 200_000;

/** What a session asks of the place that it is in. */
export interface SessionHost {
  /** Takes what is written, and values. */
  tell(lines: readonly OutputLine[]): void;
  /** Keeps a saved session under a name. */
  save(name: string, bytes: Uint8Array): void;
}

/** A session. */
export class Session {
  /** The text of the editor when it was run last. */
  text = "";
  readonly #host: SessionHost;
  #counted: Pick<MemoryView, "objects" | "kinds" | "isComplete"> = { objects: 0, kinds: "", isComplete: true };
  #lisp: Lisp;
  #waiting: { readonly form: Value; readonly isShown: boolean }[] = [];
  #isUnderWay = false;
  #isShown = false;
  /** True when what was begun is to go on: in the past, as it was. */
  #goesOn = false;

  constructor(host: SessionHost) {
    this.#host = host;
    this.#lisp = this.#fresh();
  }

  #fresh(): Lisp {
    return new Lisp({ history: true, console: { write: (text) => this.#say("output", text) } });
  }

  get #time(): TimeMachine {
    return timeOf(this.#lisp);
  }

  #say(kind: OutputLine["kind"], text: string): void {
    const { step, branchName } = this.#time;
    this.#host.tell([{ kind, text, step, branch: branchName }]);
  }

  /** True when there is something to go on with. */
  get isUnfinished(): boolean {
    return this.#isUnderWay || this.#waiting.length > 0 || this.#isPast;
  }

  /** Begins to evaluate a text: that of the editor, or a line of the dialogue, whose values are shown. */
  begin(text: string, source: "editor" | "dialogue"): void {
    this.#waiting = [];
    this.#isUnderWay = false;
    this.#goesOn = false;
    if (source === "editor") this.text = text;
    else this.#say("input", text);
    const reader = new Reader(text, source);
    try {
      for (let form = reader.read(); form !== EOF; form = reader.read())
        this.#waiting.push({ form, isShown: source === "dialogue" });
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#waiting = [];
    this.#isUnderWay = false;
    this.#goesOn = false;
    this.#say("error", explain(error).trimEnd());
  }

  /** From now on `advance` goes on with what was begun, through the past to the newest step and further. */
  goOn(): void {
    this.#goesOn = true;
  }

  /** Takes at most `fuel` steps. Returns true when there is nothing left to do. */
  advance(fuel: number): boolean {
    try {
      if (this.#isPast && this.#goesOn) this.#replay(fuel);
      else if (this.#isUnderWay || this.#waiting.length > 0) this.#evaluate(fuel);
    } catch (error) {
      this.#fail(error);
    }
    return this.#isPast ? !this.#goesOn && this.#waiting.length === 0 : !this.isUnfinished;
  }

  get #isPast(): boolean {
    return this.#time.step < this.#time.headStep;
  }

  #evaluate(fuel: number): void {
    if (!this.#isUnderWay) {
      const next = this.#waiting.shift();
      if (next === undefined || (next.isShown && this.#command(next.form))) return;
      this.#lisp.prepare(next.form);
      this.#isUnderWay = true;
      this.#isShown = next.isShown;
    }
    if (this.#time.run(fuel) !== "done") return;
    if (this.#isShown) this.#show(this.#lisp.machine.value);
    this.#isUnderWay = false;
  }

  /** Does what a form of the dialogue says, if it is a command that goes through time. */
  #command(form: Value): boolean {
    const place = { lisp: this.#lisp, time: this.#time, width: 72, save: this.#host.save };
    const result = runTimeCommand(form, place);
    if (result === undefined) return false;
    if (result !== "go on") this.#say("note", result.text.trimEnd());
    else {
      this.#goesOn = true;
      this.#isUnderWay = !this.#lisp.machine.isDone;
      this.#isShown = true;
    }
    return true;
  }

  /** Goes on in the past, where a run ends with each form. */
  #replay(fuel: number): void {
    const before = this.#time.step;
    this.#time.run(fuel);
    if (this.#time.step === before) this.#time.goto(before + 1);
  }

  #show(value: Value): void {
    if (value === undefined || (value instanceof MultipleValues && value.items.length === 0)) return;
    this.#say("value", write(value, 10_000));
  }

  /** How many bytes the history takes. */
  get historyBytes(): number {
    return this.#time.bytes;
  }

  /** Goes to a step, or to the newest step of a branch. */
  goTo(target: number | string): void {
    this.#goesOn = false;
    this.#time.goto(target);
  }

  /** Begins a branch here. What was still to be evaluated is for the branch that was left. */
  branch(name: string): void {
    this.#time.branch(name);
    this.#waiting = [];
  }

  /** The session as bytes. */
  save(): Uint8Array {
    return this.#time.save();
  }

  /** Takes over a saved session, from here or from another machine. */
  open(bytes: Uint8Array): void {
    const lisp = this.#fresh();
    timeOf(lisp).resume(bytes);
    this.#lisp = lisp;
    this.#waiting = [];
    this.#isUnderWay = !lisp.machine.isDone;
  }

  /** Begins anew. */
  clear(): void {
    this.#lisp = this.#fresh();
    this.#waiting = [];
    this.#isUnderWay = false;
  }

  /** Who holds the value of a variable that the page shows. */
  whyAlive(name: string, scope: string): Answer {
    const value = this.#values().find((each) => each.name === name && each.scope === scope)?.value;
    if (typeof value !== "object" || value === null) return { kind: "why", name, paths: [] };
    const { paths } = findHolders(value, this.#lisp.roots(), SEARCH_LIMIT, HOLDERS);
    return { kind: "why", name, paths: paths.map(describePath) };
  }

  #values(): { readonly name: string; readonly scope: string; readonly value: Value }[] {
    const { locals } = viewMachine(this.#lisp.machine);
    const shown = locals.map(({ name, value, level }) => ({ name, value, scope: level < 0 ? "captured" : "local" }));
    for (const { name } of this.#lisp.namespaces.scopes.keys())
      for (const { cell } of this.#lisp.namespaces.own(symbol(name)).slice(-SHOWN_GLOBALS))
        if (cell.syntax === undefined) shown.push({ name: cell.name, scope: name, value: cell.value });
    return shown;
  }

  /** What the page shows now. */
  view(isRunning: boolean, storage = ""): SessionView {
    const { machine } = this.#lisp;
    const time = this.#time;
    const { position, form, isReturning, frames, depth } = viewMachine(machine);
    const isIdle = machine.isDone;
    return {
      isRunning,
      isUnfinished: this.isUnfinished,
      step: time.step,
      firstStep: time.firstStep,
      headStep: time.headStep,
      branch: time.branchName,
      branches: time.branches().map(({ name }) => name),
      span: isIdle ? undefined : this.#span([position, ...frames.map((site) => site.position)]),
      doing: isIdle ? "" : isReturning ? `⇐ ${short(machine.value)}` : short(form),
      variables: this.#values().map(({ name, scope, value }): VariableView => {
        return { name, scope, text: short(value), isHeld: typeof value === "object" && value !== null };
      }),
      frames: frames.map((site) => short(site.form)),
      memory: {
        ...this.#count(isRunning),
        history: time.bytes,
        code: this.#lisp.codeUnits,
        depth,
      },
      storage,
    };
  }

  /** What is alive; while it runs, what was alive before. */
  #count(isRunning: boolean): Pick<MemoryView, "objects" | "kinds" | "isComplete"> {
    if (isRunning) return this.#counted;
    const { machine, namespaces } = this.#lisp;
    const held = [...namespaces.ownValues(), machine.value];
    if (!machine.isDone) held.push(machine.frame, ...viewMachine(machine).locals.map(({ value }) => value));
    const { kinds, total, isComplete } = countReachable(held, COUNT_LIMIT);
    const most = [...kinds].sort(([, a], [, b]) => b - a).slice(0, 3);
    const words = most
      .map(([kind, count]) => `${count.toLocaleString("en")} ${count === 1 ? kind.slice(0, -1) : kind}`)
      .join(", ");
    this.#counted = { objects: total, kinds: words, isComplete };
    return this.#counted;
  }

  /** The innermost of these places that is in the editor. */
  #span(places: readonly (Position | undefined)[]): Span | undefined {
    const position = places.find((place) => place?.source === EDITOR);
    if (position === undefined) return undefined;
    const lines = this.text.split("\n");
    if (position.line > lines.length) return undefined;
    const before = lines.slice(0, position.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const from = before + position.column - 1;
    const reader = new Reader(this.text, EDITOR, from);
    try {
      reader.read();
    } catch {
      return undefined;
    }
    return { from, to: reader.offset };
  }
}

function timeOf({ time }: Lisp): TimeMachine {
  if (time === undefined) throw new Error("a session has a history");
  return time;
}

function short(value: Value): string {
  return write(value, SHOWN_CHARACTERS);
}
