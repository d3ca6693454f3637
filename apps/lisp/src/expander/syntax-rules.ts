/**
 * `syntax-rules`: patterns with nested ellipses, a tail after them, literals, vectors and dotted ends; templates with `(... ...)`.
 */
import { failure } from "../data/errors.ts";
import { list, listItems, NIL, Pair, type Value } from "../data/values.ts";
import { symbol } from "../data/symbols.ts";
import { Alias, baseSymbol, type Identifier, isIdentifier, isSameBinding, type Macro, type Scope } from "./binding.ts";
import { isEqual } from "../data/equality.ts";
import { stripSyntax } from "./expander.ts";

/** What each variable of a pattern has matched: a form, or a {@link Sequence}. */
type Matches = Map<Identifier, Value>;

const ELLIPSIS = symbol("...");

interface Rule {
  readonly pattern: Value;
  readonly template: Value;
}

/** A macro made by `syntax-rules`. */
export class SyntaxRules implements Macro {
  #rules: readonly Rule[] | undefined;
  #literals: ReadonlySet<Identifier> = new Set();
  #ellipsis: Identifier = ELLIPSIS;
  /** What it was made of. */
  readonly operands: readonly Value[];
  /** Where it was made. */
  readonly scope: Scope;

  /**
   * `operands` is what follows `syntax-rules`, in `scope`; looked at on first use when they are still to come.
   *
   * @throws `LispError` of kind `syntax`.
   */
  constructor(operands: readonly Value[], scope: Scope, areToCome = false) {
    this.operands = operands;
    this.scope = scope;
    if (!areToCome) this.#rules = this.#read();
  }

  #read(): readonly Rule[] {
    const { operands } = this;
    const [first] = operands;
    const hasEllipsis = isIdentifier(first);
    const [literals, ...rules] = hasEllipsis ? operands.slice(1) : operands;
    const names = listItems(literals);
    if (names === undefined || !names.every(isIdentifier)) throw failure("syntax", "syntax-rules: bad literals");
    if (hasEllipsis) this.#ellipsis = first;
    this.#literals = new Set(names);
    return rules.map((rule) => {
      const parts = listItems(rule);
      if (parts?.length !== 2 || !(parts[0] instanceof Pair))
        throw failure("syntax", "syntax-rules: a rule is (pattern template):", stripSyntax(rule));
      this.#check(parts[0].cdr);
      return { pattern: parts[0].cdr, template: parts[1] };
    });
  }

  transform(form: Value, scope: Scope): Value {
    const operands = form instanceof Pair ? form.cdr : NIL;
    const rules = this.#rules ?? this.#read();
    this.#rules = rules;
    for (const { pattern, template } of rules) {
      const matches: Matches = new Map();
      if (!this.#match(pattern, operands, scope, matches)) continue;
      const aliases = new Map<Identifier, Alias>();
      return this.#fill(template, matches, aliases, false);
    }
    throw failure("syntax", "no rule of the macro matches:", stripSyntax(form));
  }

  /** @throws `LispError` for an ellipsis that follows nothing. */
  #check(pattern: Value): void {
    if (Array.isArray(pattern)) this.#check(list(pattern));
    if (!(pattern instanceof Pair)) return;
    if (this.#isEllipsis(pattern.car)) throw failure("syntax", "an ellipsis that follows nothing in the pattern");
    for (let rest: Value = pattern; rest instanceof Pair; rest = rest.cdr) this.#check(rest.car);
  }

  #isEllipsis(value: Value): boolean {
    if (!isIdentifier(value) || this.#literals.has(this.#ellipsis)) return false;
    // An ellipsis that came through another macro is still one.
    return value === this.#ellipsis || (value instanceof Alias && baseSymbol(value) === this.#ellipsis);
  }

  #match(pattern: Value, form: Value, scope: Scope, matches: Matches): boolean {
    if (isIdentifier(pattern)) {
      if (this.#literals.has(pattern)) return isIdentifier(form) && isSameBinding(form, scope, pattern, this.scope);
      if (baseSymbol(pattern).name !== "_") matches.set(pattern, form);
      return true;
    }
    if (Array.isArray(pattern)) return Array.isArray(form) && this.#match(list(pattern), list(form), scope, matches);
    if (!(pattern instanceof Pair)) return pattern === form || isEqual(pattern, form);
    let [here, rest]: [Value, Value] = [pattern, form];
    while (here instanceof Pair) {
      if (here.cdr instanceof Pair && this.#isEllipsis(here.cdr.car))
        return this.#matchMany(here.car, here.cdr.cdr, rest, scope, matches);
      if (!(rest instanceof Pair) || !this.#match(here.car, rest.car, scope, matches)) return false;
      [here, rest] = [here.cdr, rest.cdr];
    }
    return this.#match(here, rest, scope, matches);
  }

  #matchMany(pattern: Value, after: Value, form: Value, scope: Scope, matches: Matches): boolean {
    let needed = 0;
    for (let rest = after; rest instanceof Pair; rest = rest.cdr) needed++;
    const items: Value[] = [];
    let rest = form;
    for (; rest instanceof Pair; rest = rest.cdr) items.push(rest.car);
    const count = items.length - needed;
    if (count < 0) return false;
    const found: Matches[] = [];
    for (const item of items.slice(0, count)) {
      const inner: Matches = new Map();
      if (!this.#match(pattern, item, scope, inner)) return false;
      found.push(inner);
    }
    const sequence = new Sequence(found);
    for (const name of this.#variables(pattern)) matches.set(name, sequence);
    return this.#match(after, list(items.slice(count), rest), scope, matches);
  }

  #variables(pattern: Value): Identifier[] {
    if (isIdentifier(pattern)) {
      const isVariable = !this.#literals.has(pattern) && !this.#isEllipsis(pattern) && baseSymbol(pattern).name !== "_";
      return isVariable ? [pattern] : [];
    }
    if (Array.isArray(pattern)) return pattern.flatMap((item) => this.#variables(item));
    return pattern instanceof Pair ? [...this.#variables(pattern.car), ...this.#variables(pattern.cdr)] : [];
  }

  #fill(template: Value, matches: Matches, aliases: Map<Identifier, Alias>, isEscaped: boolean): Value {
    if (isIdentifier(template)) {
      if (matches.has(template)) {
        const found = matches.get(template);
        if (found instanceof Sequence)
          throw failure("syntax", `${baseSymbol(template).name} needs an ellipsis in the template`);
        return found;
      }
      let alias = aliases.get(template);
      if (alias === undefined) {
        alias = new Alias(template, this.scope);
        aliases.set(template, alias);
      }
      return alias;
    }
    if (Array.isArray(template)) return listItems(this.#fill(list(template), matches, aliases, isEscaped));
    if (!(template instanceof Pair)) return template;
    if (!isEscaped && this.#isEllipsis(template.car) && template.cdr instanceof Pair)
      return this.#fill(template.cdr.car, matches, aliases, true);
    const depth = isEscaped ? 0 : this.#ellipses(template.cdr);
    let rest = template.cdr;
    for (let left = depth; left > 0 && rest instanceof Pair; left--) rest = rest.cdr;
    const tail = this.#fill(rest, matches, aliases, isEscaped);
    if (depth === 0) return new Pair(this.#fill(template.car, matches, aliases, isEscaped), tail);
    return list(this.#repeat(template.car, depth, matches, aliases), tail);
  }

  #ellipses(after: Value): number {
    let count = 0;
    for (let rest = after; rest instanceof Pair && this.#isEllipsis(rest.car); rest = rest.cdr) count++;
    return count;
  }

  #repeat(template: Value, depth: number, matches: Matches, aliases: Map<Identifier, Alias>): Value[] {
    if (depth === 0) return [this.#fill(template, matches, aliases, false)];
    const driving = this.#names(template).flatMap((name) => {
      const found = matches.get(name);
      return found instanceof Sequence ? [{ name, found }] : [];
    });
    if (driving.length === 0) throw failure("syntax", "an ellipsis in the template follows no variable that has one");
    const count = Math.max(...driving.map(({ found }) => found.matches.length));
    const results: Value[] = [];
    for (let index = 0; index < count; index++) {
      const inner: Matches = new Map(matches);
      for (const { name, found } of driving) {
        const match = found.matches[index];
        if (match === undefined) throw failure("syntax", "sequences of different lengths under one ellipsis");
        inner.set(name, match.get(name));
      }
      for (const item of this.#repeat(template, depth - 1, inner, aliases)) results.push(item);
    }
    return results;
  }

  #names(template: Value): Identifier[] {
    if (isIdentifier(template)) return [template];
    if (Array.isArray(template)) return template.flatMap((item) => this.#names(item));
    return template instanceof Pair ? [...this.#names(template.car), ...this.#names(template.cdr)] : [];
  }
}

/** What a variable under an ellipsis has matched. */
class Sequence {
  readonly matches: readonly Matches[];
  constructor(matches: readonly Matches[]) {
    this.matches = matches;
  }
}
