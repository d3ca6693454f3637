/**
 * A whole system: a machine, the standard library, and an environment for one program.
 */
import { failure } from "./data/errors.ts";
import { EOF, type Value } from "./data/values.ts";
import { Expander } from "./expander/expander.ts";
import { type Cell, Environment, Scope } from "./expander/binding.ts";
import { generate } from "./machine/generate.ts";
import type { Limits } from "./machine/limits.ts";
import { Machine } from "./machine/machine.ts";
import type { WriteBarrier } from "./machine/registers.ts";
import { Code } from "./machine/code.ts";
import type { Node } from "./machine/node.ts";
import { Reader } from "./reader/reader.ts";
import type { MemoryHost } from "./memory/host.ts";
import { Libraries } from "./library/libraries.ts";
import type { Console } from "./library/ports.ts";

/** What a {@link Lisp} is made with. */
export interface LispOptions extends Limits {
  /** Where `(current-input-port)` reads and `(current-output-port)` writes. Default: nothing to read, and output is dropped. */
  readonly console?: Console;
  /** The files that a program may use. Default: none. */
  readonly files?: Files;
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
  readonly #code = new Code();
  readonly #expander: Expander;

  constructor(options: LispOptions = {}) {
    const barrier: WriteBarrier = {
      willChange: () => undefined,
      willAssign: (cell: Cell, value: Value) => {
        this.machine.limits.willAssign(cell, value);
        this.#code.reassigned(cell, value);
      },
    };
    this.machine = new Machine(barrier, options);
    this.scope = new Scope(new Environment());
    const libraries = new Libraries({
      barrier,
      options,
      shared: [this.machine.limits.maxRecursion],
      snapshots: () => 0,
      evaluate: (form, scope) => this.#evaluate(form, scope),
      compile: (form, scope) => this.#compile(form, scope),
    });
    this.#expander = new Expander(libraries);
    libraries.load(this.scope);
  }

  /** Makes the machine ready to evaluate one form, in the program's scope unless another is given. @throws `LispError` of kind `syntax`. */
  prepare(form: Value, scope = this.scope): void {
    this.machine.start(this.#compile(form, scope));
  }

  /** Evaluates every form of a text, and returns the value of the last. @throws `LispError` for what is not caught. */
  evaluate(text: string, source = "text"): Value {
    const reader = new Reader(text, source);
    let value: Value;
    for (let form = reader.read(); form !== EOF; form = reader.read()) value = this.#evaluate(form, this.scope);
    return value;
  }

  /** How many forms have code that can still be reached, or could until this turn of the event loop. */
  get codeUnits(): number {
    return this.#code.units().length;
  }

  #compile(form: Value, scope: Scope): Node {
    try {
      return generate(this.#expander.expand(form, scope), this.#code);
    } catch (error) {
      if (error instanceof RangeError) throw failure("memory", "code is nested too deeply");
      throw error;
    }
  }

  #evaluate(form: Value, scope: Scope): Value {
    this.prepare(form, scope);
    this.machine.run();
    return this.machine.value;
  }
}
