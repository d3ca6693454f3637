/**
 * What names stand for. A macro renames every symbol that it inserts to a fresh {@link Alias}, which is looked up where the macro was
 * defined unless something in the expansion binds the alias itself: that is hygiene by renaming, as in Clinger and Rees, "Macros
 * that work" (1991).
 */
import { Sym, type Value } from "../data/values.ts";
import type { Ast, Variable } from "./ast.ts";
import type { Expander } from "./expander.ts";

/** What a global variable holds before it is defined. */
export const UNBOUND = { toString: () => "unbound" };

/** A special form: turns a form into a tree. */
export class Special {
  /** Its name. */
  readonly name: string;
  /** Expands a form that begins with it. */
  readonly expand: (form: readonly Value[], scope: Scope, expander: Expander) => Ast;
  constructor(name: string, expand: Special["expand"]) {
    this.name = name;
    this.expand = expand;
  }
}

/** A macro: turns a form into another. */
export interface Macro {
  /** The form that stands for `form`, which was used in `scope`. */
  transform(form: Value, scope: Scope): Value;
}

/** Syntax that a name can stand for. */
export type Syntax = Special | Macro;

/** A global variable. */
export class Cell {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** Its name. */
  readonly name: string;
  /** What it holds; {@link UNBOUND} before its definition. */
  value: Value = UNBOUND;
  /** The syntax that the name stands for instead of a variable. */
  syntax: Syntax | undefined = undefined;
  constructor(name: string) {
    this.name = name;
  }
}

/** The global variables of a library, or of the program. */
export class Environment {
  /** The variables by name. */
  readonly cells: Map<Sym, Cell>;
  /** True where definitions are refused. */
  isSealed = false;

  constructor(cells = new Map<Sym, Cell>()) {
    this.cells = cells;
  }

  /** The variable of this name, which is made when there is none. */
  cell(name: Sym): Cell {
    let cell = this.cells.get(name);
    if (cell === undefined) {
      cell = new Cell(name.name);
      this.cells.set(name, cell);
    }
    return cell;
  }
}

/** A symbol that a macro inserted. */
export class Alias {
  /** What it renames. */
  readonly name: Identifier;
  /** Where the macro was defined. */
  readonly scope: Scope;
  constructor(name: Identifier, scope: Scope) {
    this.name = name;
    this.scope = scope;
  }
}

/** A name in a form. */
export type Identifier = Sym | Alias;

/** What a name stands for. */
export type Denotation = Variable | Cell | Special | Macro;

/** A region of a program, with the names that it binds. */
export class Scope {
  /** The region around it; the global variables when there is none. */
  readonly outer: Scope | Environment;
  /** What the names bound here stand for. */
  readonly names = new Map<Identifier, Denotation>();
  constructor(outer: Scope | Environment) {
    this.outer = outer;
  }

  /** The global variables beneath. */
  get environment(): Environment {
    let outer = this.outer;
    while (outer instanceof Scope) outer = outer.outer;
    return outer;
  }

  /** True where definitions make global variables. */
  get isTop(): boolean {
    return this.outer instanceof Environment && this.names.size === 0;
  }
}

/** True for symbols and aliases. */
export function isIdentifier(value: Value): value is Identifier {
  return value instanceof Sym || value instanceof Alias;
}

/** The symbol beneath all renaming. */
export function baseSymbol(name: Identifier): Sym {
  let base = name;
  while (base instanceof Alias) base = base.name;
  return base;
}

/** What `name` stands for in `scope`. */
export function lookup(name: Identifier, scope: Scope): Denotation {
  let here: Scope | Environment = scope;
  let wanted = name;
  for (;;) {
    while (here instanceof Scope) {
      const found = here.names.get(wanted);
      if (found !== undefined) return found;
      here = here.outer;
    }
    if (wanted instanceof Sym) return here.cell(wanted);
    here = wanted.scope;
    wanted = wanted.name;
  }
}

/** The syntax that `name` stands for in `scope`, if any. */
export function syntaxOf(name: Value, scope: Scope): Syntax | undefined {
  if (!isIdentifier(name)) return undefined;
  const found = lookup(name, scope);
  if (found instanceof Cell) return found.syntax;
  return found instanceof Special || "transform" in found ? found : undefined;
}

/** True when two names stand for the same thing: how a literal of a macro is compared with a form. */
export function isSameBinding(a: Identifier, scopeA: Scope, b: Identifier, scopeB: Scope): boolean {
  const [x, y] = [lookup(a, scopeA), lookup(b, scopeB)];
  if (x === y) return true;
  // Each environment has its own copy of the standard names.
  return x instanceof Cell && y instanceof Cell && x.name === y.name && x.syntax === y.syntax && x.value === y.value;
}
