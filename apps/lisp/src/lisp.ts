/**
 * A whole system: a machine, the standard library, and an environment for one program.
 */
import type { HistoryStorage } from "plimsoll/history/browser";
import { failure } from "./data/errors.ts";
import { EOF, type Value } from "./data/values.ts";
import { Expander } from "./expander/expander.ts";
import { Environment, Scope } from "./expander/binding.ts";
import { generate, generateThunk } from "./machine/generate.ts";
import type { Limits } from "./machine/limits.ts";
import { Machine } from "./machine/machine.ts";
import type { WriteBarrier } from "./machine/registers.ts";
import { Code } from "./machine/code.ts";
import type { Node, Template } from "./machine/node.ts";
import { Reader } from "./reader/reader.ts";
import type { MemoryHost } from "./memory/host.ts";
import type { Namespaces } from "./memory/namespaces.ts";
import { registers, type Root } from "./memory/why-alive.ts";
import { Libraries } from "./library/libraries.ts";
import type { HostProcedure, Outside } from "./library/outside.ts";
import type { Console } from "./library/ports.ts";
import { readContinuation, writeContinuation } from "./time/continuation.ts";
import { Log } from "./time/log.ts";
import { LiveMarks } from "./time/marks.ts";
import { Recorder } from "./time/recorder.ts";
import { Registry } from "./time/registry.ts";
import type { SystemBase } from "./time/session.ts";
import type { TimeMachine } from "./time/time-machine.ts";

/** What a {@link Lisp} is made with. */
export interface LispOptions extends Limits {
  /** Where `(current-input-port)` reads and `(current-output-port)` writes. Default: nothing to read, and output is dropped. */
  readonly console?: Console;
  /** The files that a program may use. Default: none. */
  readonly files?: Files;
  /** The variables of the environment that a program may read. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Procedures of the host, such as `llm`: their answers are part of a history, and not asked for again. Default: none. */
  readonly procedures?: Readonly<Record<string, HostProcedure>>;
  /** Keeps a history, in memory or in a storage that answers at once. Default: false. */
  readonly history?: boolean | HistoryStorage;
  /** How many steps of a history lie between states that are written down: fewer make going back quicker and running slower. Default: 50,000. */
  readonly keyframeSteps?: number;
  /** The host's memory, for `(memory-stats)` and `(gc)`. Default: nothing is known about it. */
  readonly memory?: MemoryHost;
}

/** Access to files, given by the host. */
export interface Files {
  /** The bytes of a file. */
  read(name: string): Uint8Array;
  /** Replaces a file's content. */
  write(name: string, bytes: Uint8Array): void;
  /** True when there is such a file. */
  exists(name: string): boolean;
  /** Deletes a file. */
  remove(name: string): void;
}

/** The language, ready to run programs. */
export class Lisp {
  /** The machine, which can be stopped at any step. */
  readonly machine: Machine;
  /** The program's scope: all standard names, and its own. */
  readonly scope: Scope;
  /** The namespaces, of which the program's scope is one. */
  readonly namespaces: Namespaces;
  readonly #code = new Code();
  readonly #expander: Expander;
  readonly #libraries: Libraries;
  readonly #base: SystemBase;
  #recorder: Recorder | undefined;

  constructor(options: LispOptions = {}) {
    const barrier: WriteBarrier = {
      willChange: (object, index) => this.#recorder?.willChange(object, index),
      willAssign: (cell, value) => {
        this.machine.limits.willAssign(cell, value);
        this.#code.reassigned(cell, value);
        this.#recorder?.willAssign(cell);
      },
      willDefine: (target, key, value) => this.#recorder?.journal.willDefine(target, key, value),
    };
    const marks = new LiveMarks();
    const registry = new Registry(marks);
    const outside: Outside = {
      perform: (ask) => (this.#recorder === undefined ? ask() : this.#recorder.effects.perform(ask)),
      emit: (act) => (this.#recorder === undefined ? act() : this.#recorder.effects.emit(act)),
      makeScope: () => (this.#recorder === undefined ? new Scope(new Environment()) : this.#recorder.makeScope()),
    };
    const { usedBytes } = options;
    const limits = usedBytes === undefined ? options : { ...options, usedBytes: () => outside.perform(usedBytes) };
    this.machine = new Machine(barrier, limits);
    this.scope = new Scope(new Environment());
    const libraries = new Libraries({
      barrier,
      outside,
      options,
      shared: [this.machine.limits.maxRecursion],
      snapshots: () => this.#recorder?.keyframes ?? 0,
      evaluate: (form, scope) => this.#evaluate(form, scope),
      compile: (form, scope) => this.#compileThunk(form, scope),
      saveContinuation: (value) => writeContinuation(this.#base, value),
      loadContinuation: (bytes) => {
        const { continuation, units } = readContinuation(this.#base, barrier, bytes);
        if (this.#recorder !== undefined) for (const unit of units) registry.addUnit(unit);
        return continuation;
      },
    });
    this.#expander = new Expander(libraries);
    this.namespaces = libraries.load(this.scope);
    this.#libraries = libraries;
    registry.addLibrary(libraries.cells(this.scope), libraries.hosts(this.scope), this.#code);
    this.#base = {
      marks,
      registry,
      libraryEnd: registry.end,
      libraryNodes: this.#code.nextNode,
      code: this.#code,
      global: this.scope.environment,
      standard: libraries.standardScope,
    };
    if (options.history === undefined || options.history === false) return;
    const log = new Log(options.history === true ? undefined : options.history);
    this.#recorder = new Recorder(this.machine, this.#base, log, options.keyframeSteps);
  }

  /** The history; `undefined` for a system without one. */
  get time(): TimeMachine | undefined {
    return this.#recorder;
  }

  /** Makes the machine ready to evaluate one form, in the program's scope unless another is given. @throws `LispError` of kind `syntax`. */
  prepare(form: Value, scope = this.scope): void {
    this.#recorder?.willEvaluate();
    const node = this.#compile(form, scope);
    this.#recorder?.addCode(node);
    this.machine.start(node);
    this.#recorder?.started(form);
  }

  /** Evaluates every form of a text, and returns the value of the last. @throws `LispError` for what is not caught. */
  evaluate(text: string, source = "text"): Value {
    const reader = new Reader(text, source);
    let value: Value;
    for (let form = reader.read(); form !== EOF; form = reader.read()) value = this.#evaluate(form, this.scope);
    return value;
  }

  /** What keeps values alive: every variable, and the registers of the machine. */
  roots(): Root[] {
    return [...this.#libraries.roots(this.namespaces), ...registers(this.machine)];
  }

  /** How many forms have code that can still be reached, or could until this turn of the event loop. */
  get codeUnits(): number {
    return this.#code.units().length;
  }

  /** Goes on with what was prepared, for at most `fuel` steps. Returns whether it is done. @throws `LispError` for what is not caught. */
  run(fuel = Number.POSITIVE_INFINITY): boolean {
    return this.#recorder === undefined ? this.machine.run(fuel) : this.#recorder.run(fuel) === "done";
  }

  #compileThunk(form: Value, scope: Scope): Template {
    const make = (): Node => this.#compile(form, scope, generateThunk);
    const { template } = this.#recorder === undefined ? make() : this.#recorder.compile(make);
    if (template === undefined) throw failure("internal", "a procedure without its text");
    return template;
  }

  #compile(form: Value, scope: Scope, generated = generate): Node {
    try {
      return generated(this.#expander.expand(form, scope), this.#code);
    } catch (error) {
      if (error instanceof RangeError) throw failure("memory", "code is nested too deeply");
      throw error;
    }
  }

  #evaluate(form: Value, scope: Scope): Value {
    this.prepare(form, scope);
    this.run();
    return this.machine.value;
  }
}
