/**
 * Data to trees: expands macros and special forms, and finds out what each name stands for. The special forms are in
 * `core-forms.ts`, `derived-forms.ts` and `definition-forms.ts`.
 */
import { Metadata } from "plimsoll/history/browser";
import { failure, LispError } from "../data/errors.ts";
import { Condition, Empty, listItems, Pair, type Value } from "../data/values.ts";
import { formatPosition, notePosition, positionOf } from "../reader/reader.ts";
import type { Ast, Site } from "./ast.ts";
import { Variable } from "./ast.ts";
import {
  Alias,
  baseSymbol,
  Cell,
  type Identifier,
  isIdentifier,
  lookup,
  type Scope,
  Special,
  type Syntax,
  syntaxOf,
} from "./binding.ts";
import { write } from "../data/printer.ts";

/** What the expander asks of the machine it works for. */
export interface Host {
  /** Makes a global name stand for syntax, or for a variable again. */
  define(cell: Cell, syntax: Syntax | undefined): void;
  /** Makes names of libraries available; `sets` are the operands of `import`. */
  importInto(scope: Scope, sets: readonly Value[]): void;
  /** Reads all data of a file, for `include`. */
  readFile(name: string): readonly Value[];
  /** True for a feature or library that `cond-expand` asks for. */
  hasFeature(requirement: Value): boolean;
  /** Makes a library from the operands of `define-library`; the tree runs its body. */
  defineLibrary(parts: readonly Value[], expander: Expander): Ast;
  /** A scope in which the standard names have their standard meaning. */
  readonly standardScope: Scope;
}

/** What a macro was given, by the form that it made of it. */
const expansions = new Metadata<Pair>();

/** The form as it was written that `form` came from by way of macros. */
export function writtenForm(form: Value): Value {
  let written = form;
  for (let next: Value = form; next instanceof Pair; next = expansions.get(next)) written = next;
  return stripSyntax(written);
}

/** Turns forms into trees. */
export class Expander {
  /** The machine it works for. */
  readonly host: Host;
  /** The innermost form with a known position. */
  site: Site = { position: undefined, form: undefined };
  constructor(host: Host) {
    this.host = host;
  }

  /** The tree of one form. @throws `LispError` of kind `syntax`. */
  expand(form: Value, scope: Scope): Ast {
    const outer = this.site;
    const position = positionOf(form);
    if (position !== undefined) this.site = { position, form };
    try {
      return this.#expand(form, scope);
    } catch (error) {
      throw this.#placed(error);
    } finally {
      this.site = outer;
    }
  }

  #placed(error: unknown): unknown {
    const condition = error instanceof LispError ? error.payload : undefined;
    if (condition instanceof Condition && condition.position === "" && this.site.position !== undefined) {
      condition.position = formatPosition(this.site.position);
      condition.form = write(writtenForm(this.site.form), 120);
    }
    return error;
  }

  #expand(form: Value, scope: Scope): Ast {
    if (isIdentifier(form)) return this.reference(form, scope);
    if (!(form instanceof Pair)) {
      if (form instanceof Empty) throw failure("syntax", "an empty combination; '() is the empty list");
      return { kind: "constant", site: this.site, value: stripSyntax(form) };
    }
    const syntax = syntaxOf(form.car, scope);
    if (syntax instanceof Special) return syntax.expand(this.items(form), scope, this);
    if (syntax !== undefined) return this.expand(this.transform(form, scope), scope);
    const [operator, ...operands] = this.items(form);
    return {
      kind: "call",
      site: this.site,
      operator: this.expand(operator, scope),
      operands: operands.map((operand) => this.expand(operand, scope)),
    };
  }

  /** What the macro at the head of `form` makes of it. */
  transform(form: Pair, scope: Scope): Value {
    const syntax = syntaxOf(form.car, scope);
    if (syntax === undefined || syntax instanceof Special) return form;
    const result = syntax.transform(form, scope);
    if (result instanceof Pair && positionOf(result) === undefined) {
      notePosition(result, positionOf(form));
      expansions.set(result, form);
    }
    return result;
  }

  /** The parts of a form. @throws `LispError` when it is no proper list. */
  items(form: Value): Value[] {
    const items = listItems(form);
    if (items === undefined) throw failure("syntax", "not a proper list:", stripSyntax(form));
    return items;
  }

  /** The tree of a name. */
  reference(name: Identifier, scope: Scope): Ast {
    const found = lookup(name, scope);
    if (found instanceof Variable) return { kind: "local", site: this.site, variable: found };
    if (found instanceof Cell && found.syntax === undefined) return { kind: "global", site: this.site, cell: found };
    throw failure("syntax", `${baseSymbol(name).name} is syntax, not a variable`);
  }

  /** A reference to a standard procedure, whatever its name stands for in the program. */
  standard(name: Identifier): Ast {
    return this.reference(name, this.host.standardScope);
  }
}

/** The datum that is meant by a form: symbols in place of aliases. */
export function stripSyntax(form: Value): Value {
  if (form instanceof Alias) return baseSymbol(form);
  if (Array.isArray(form)) {
    const items = form.map(stripSyntax);
    return items.some((item, index) => item !== form[index]) ? items : form;
  }
  if (!(form instanceof Pair)) return form;
  // Along the list in a loop, so that a long one does not take the stack; a cycle cannot come from a macro.
  const pairs: Pair[] = [];
  const seen = new Set<Value>();
  let rest: Value = form;
  while (rest instanceof Pair) {
    if (seen.has(rest)) return form;
    seen.add(rest);
    pairs.push(rest);
    rest = rest.cdr;
  }
  let result = stripSyntax(rest);
  for (const pair of pairs.reverse()) {
    const car = stripSyntax(pair.car);
    if (car === pair.car && result === pair.cdr) result = pair;
    else {
      const copy = new Pair(car, result);
      notePosition(copy, positionOf(pair));
      result = copy;
    }
  }
  return result;
}

/** The unspecified value as a tree. */
export function unspecified(site: Site): Ast {
  return { kind: "constant", site, value: undefined };
}
