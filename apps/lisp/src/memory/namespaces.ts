/**
 * Namespaces: global variables by the name of their owner, so that a program can drop all that one of them holds. `user` is the
 * program's own. Which there are is itself the value of a variable, `*namespaces*`, so that it goes back in time with all others.
 */
import { failure } from "../data/errors.ts";
import { symbol } from "../data/symbols.ts";
import { list, listItems, Pair, Sym, type Value } from "../data/values.ts";
import { Cell, Environment, Scope, UNBOUND } from "../expander/binding.ts";
import type { Outside } from "../library/outside.ts";
import type { WriteBarrier } from "../machine/registers.ts";

/** What the namespaces ask of the system. */
export interface NamespaceBase {
  /** What is told of changes. */
  readonly barrier: WriteBarrier;
  /** What gives scopes. */
  readonly outside: Pick<Outside, "makeScope">;
  /** The program's scope. */
  readonly user: Scope;
  /** Gives a new environment the standard names; variables that have another value keep it. */
  addStandard(environment: Environment): void;
}

const USER = "user";

/** The namespaces of a system. */
export class Namespaces {
  /** The variable that holds them: pairs of a symbol and an environment, the oldest first. */
  readonly cell = new Cell("*namespaces*");
  readonly #base: NamespaceBase;

  constructor(base: NamespaceBase) {
    this.#base = base;
    this.cell.value = list([new Pair(symbol(USER), base.user)]);
  }

  /** The scopes by name. */
  get scopes(): ReadonlyMap<Sym, Scope> {
    const scopes = new Map<Sym, Scope>();
    for (const entry of listItems(this.cell.value) ?? [])
      if (entry instanceof Pair && entry.car instanceof Sym && entry.cdr instanceof Scope)
        scopes.set(entry.car, entry.cdr);
    return scopes;
  }

  /** The namespace of this name, which is made when there is none. */
  ensure(name: Sym): Scope {
    const { scopes } = this;
    const known = scopes.get(name);
    if (known !== undefined) return known;
    const scope = this.#base.outside.makeScope();
    this.#base.addStandard(scope.environment);
    this.#assign([...scopes, [name, scope]]);
    return scope;
  }

  /** The namespace of this name. @throws `LispError` of kind `namespace` when there is none. */
  get(name: Sym): Scope {
    const scope = this.scopes.get(name);
    if (scope === undefined) throw failure("namespace", "there is no namespace", name);
    return scope;
  }

  /**
   * Empties a namespace, and forgets it unless it is the program's own. Code that is still under way sees its variables as
   * undefined.
   *
   * @returns how many variables were dropped.
   */
  clear(name: Sym): number {
    const own = this.own(name);
    for (const { cell, first } of own) {
      const value: Value = first?.value ?? UNBOUND;
      this.#base.barrier.willAssign(cell, value);
      cell.value = value;
      this.#base.barrier.willDefine(cell, "syntax", first?.syntax);
      cell.syntax = first?.syntax;
    }
    if (name.name !== USER) this.#assign([...this.scopes].filter(([each]) => each !== name));
    return own.length;
  }

  /** The variables of a namespace that have another meaning than the standard one, which is `first`. */
  own(name: Sym): { readonly cell: Cell; readonly first: Cell | undefined }[] {
    const standard = new Environment();
    this.#base.addStandard(standard);
    const own = [];
    for (const [variable, cell] of this.get(name).environment.cells) {
      const first = standard.cells.get(variable);
      const isStandard = cell.value === (first?.value ?? UNBOUND) && cell.syntax === first?.syntax;
      if (first !== cell && !isStandard) own.push({ cell, first });
    }
    return own;
  }

  /** What the variables of all namespaces hold, the standard ones left out. */
  *ownValues(): IterableIterator<Value> {
    for (const name of this.scopes.keys())
      for (const { cell } of this.own(name)) if (cell.value !== UNBOUND) yield cell.value;
  }

  #assign(scopes: readonly (readonly [Sym, Scope])[]): void {
    const value = list(scopes.map(([name, scope]) => new Pair(name, scope)));
    this.#base.barrier.willAssign(this.cell, value);
    this.cell.value = value;
  }
}
