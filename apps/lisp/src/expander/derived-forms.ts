/**
 * Conditionals, `quasiquote`, local macros and what else is a special form for speed or because it looks at its operands.
 */
import { failure } from "../data/errors.ts";
import { symbol } from "../data/symbols.ts";
import { list, Pair, Text, type Value } from "../data/values.ts";
import type { Ast } from "./ast.ts";
import { Variable } from "./ast.ts";
import { isIdentifier, type Macro, Scope, Special, syntaxOf } from "./binding.ts";
import { expandBody, sequence } from "./body.ts";
import { bindingsOf, checkLength } from "./core-forms.ts";
import { type Expander, stripSyntax, unspecified } from "./expander.ts";
import { SyntaxRules } from "./syntax-rules.ts";

/** Names that mean something only inside other forms. */
export const AUXILIARY_FORMS: readonly Special[] = ["else", "=>", "...", "_", "unquote", "unquote-splicing"].map(
  (name) =>
    new Special(name, () => {
      throw failure("syntax", `${name} outside of the forms that it belongs to`);
    }),
);

function isAuxiliary(value: Value, name: string, scope: Scope): boolean {
  const syntax = syntaxOf(value, scope);
  return syntax instanceof Special && syntax.name === name;
}

function standardCall(expander: Expander, name: string, ...operands: Ast[]): Ast {
  return { kind: "call", site: expander.site, operator: expander.standard(symbol(name)), operands };
}

/** `value` under a variable that no form can name. */
function withTemporary(value: Ast, expander: Expander, use: (reference: Ast) => Ast): Ast {
  const { site } = expander;
  const variable = new Variable("it");
  return { kind: "let", site, variables: [variable], values: [value], body: use({ kind: "local", site, variable }) };
}

function expandAll(forms: readonly Value[], scope: Scope, expander: Expander): Ast {
  return sequence(
    expander,
    forms.map((each) => expander.expand(each, scope)),
  );
}

function expandCond(clauses: readonly Value[], scope: Scope, expander: Expander): Ast {
  const { site } = expander;
  let result: Ast = unspecified(site);
  for (const clause of clauses.toReversed()) {
    const [test, ...rest] = expander.items(clause);
    const no = result;
    if (isAuxiliary(test, "else", scope)) result = expandAll(rest, scope, expander);
    else if (rest.length === 0) result = expandOr(expander.expand(test, scope), no, expander);
    else if (rest.length === 2 && isAuxiliary(rest[0], "=>", scope)) {
      const receiver = expander.expand(rest[1], scope);
      result = withTemporary(expander.expand(test, scope), expander, (it) => ({
        kind: "if",
        site,
        test: it,
        yes: { kind: "call", site, operator: receiver, operands: [it] },
        no,
      }));
    } else result = { kind: "if", site, test: expander.expand(test, scope), yes: expandAll(rest, scope, expander), no };
  }
  return result;
}

function expandOr(first: Ast, rest: Ast, expander: Expander): Ast {
  return withTemporary(first, expander, (it) => ({ kind: "if", site: expander.site, test: it, yes: it, no: rest }));
}

function expandCase(form: readonly Value[], scope: Scope, expander: Expander): Ast {
  checkLength(form, 1);
  const { site } = expander;
  return withTemporary(expander.expand(form[1], scope), expander, (key) => {
    let result: Ast = unspecified(site);
    for (const clause of form.slice(2).toReversed()) {
      const [data, ...rest] = expander.items(clause);
      const yes: Ast =
        rest.length === 2 && isAuxiliary(rest[0], "=>", scope)
          ? { kind: "call", site, operator: expander.expand(rest[1], scope), operands: [key] }
          : expandAll(rest, scope, expander);
      if (isAuxiliary(data, "else", scope)) result = yes;
      else {
        const wanted: Ast = { kind: "constant", site, value: stripSyntax(data) };
        result = { kind: "if", site, test: standardCall(expander, "memv", key, wanted), yes, no: result };
      }
    }
    return result;
  });
}

function expandQuasiquote(form: Value, depth: number, scope: Scope, expander: Expander): Ast {
  const constant = (value: Value): Ast => ({ kind: "constant", site: expander.site, value: stripSyntax(value) });
  if (Array.isArray(form)) {
    const inner = expandQuasiquote(list(form), depth, scope, expander);
    return inner.kind === "constant" ? constant(form) : standardCall(expander, "list->vector", inner);
  }
  if (!(form instanceof Pair)) return constant(form);
  const level = (name: string): boolean => isAuxiliary(form.car, name, scope) && form.cdr instanceof Pair;
  if (level("unquote") && form.cdr instanceof Pair) {
    if (depth === 1) return expander.expand(form.cdr.car, scope);
    return join(constant(form.car), expandQuasiquote(form.cdr, depth - 1, scope, expander), form, expander);
  }
  if (isAuxiliary(form.car, "quasiquote", scope))
    return join(constant(form.car), expandQuasiquote(form.cdr, depth + 1, scope, expander), form, expander);
  const first = form.car;
  if (first instanceof Pair && isAuxiliary(first.car, "unquote-splicing", scope) && first.cdr instanceof Pair) {
    const rest = expandQuasiquote(form.cdr, depth, scope, expander);
    if (depth === 1) return standardCall(expander, "append", expander.expand(first.cdr.car, scope), rest);
    const inner = join(constant(first.car), expandQuasiquote(first.cdr, depth - 1, scope, expander), first, expander);
    return join(inner, rest, form, expander);
  }
  const car = expandQuasiquote(first, depth, scope, expander);
  return join(car, expandQuasiquote(form.cdr, depth, scope, expander), form, expander);
}

function join(car: Ast, cdr: Ast, form: Pair, expander: Expander): Ast {
  if (car.kind === "constant" && cdr.kind === "constant")
    return { kind: "constant", site: expander.site, value: stripSyntax(form) };
  return standardCall(expander, "cons", car, cdr);
}

/** The macro that a form such as `(syntax-rules …)` makes. */
export function macroOf(form: Value, scope: Scope, expander: Expander): Macro | Special {
  const named = syntaxOf(form, scope);
  if (named !== undefined) return named;
  if (form instanceof Pair) {
    const syntax = syntaxOf(form.car, scope);
    if (syntax instanceof Special && syntax.name === "syntax-rules")
      return new SyntaxRules(expander.items(form.cdr), scope);
    if (syntax !== undefined && !(syntax instanceof Special))
      return macroOf(expander.transform(form, scope), scope, expander);
  }
  throw failure("syntax", "a macro is made by syntax-rules, not by", stripSyntax(form));
}

function expandLetSyntax(isRecursive: boolean) {
  return (form: readonly Value[], scope: Scope, expander: Expander): Ast => {
    checkLength(form, 2);
    const inner = new Scope(scope);
    for (const { name, rest } of bindingsOf(form[1], expander))
      inner.names.set(name, macroOf(rest[0], isRecursive ? inner : scope, expander));
    return expandBody(form.slice(2), inner, expander);
  };
}

function expandCondExpand(form: readonly Value[], scope: Scope, expander: Expander): Ast {
  return expandAll(chosenClause(form.slice(1), expander), scope, expander);
}

/** The forms of the first clause of a `cond-expand` whose requirement is met. */
export function chosenClause(clauses: readonly Value[], expander: Expander): readonly Value[] {
  for (const clause of clauses) {
    const [requirement, ...forms] = expander.items(clause);
    if (expander.host.hasFeature(stripSyntax(requirement))) return forms;
  }
  return [];
}

/** The special forms of this file. */
export const DERIVED_FORMS: readonly Special[] = [
  new Special("cond", (form, scope, expander) => expandCond(form.slice(1), scope, expander)),
  new Special("case", expandCase),
  new Special("and", (form, scope, expander) => {
    const { site } = expander;
    const items = form.slice(1).map((each) => expander.expand(each, scope));
    const last = items.pop() ?? { kind: "constant", site, value: true };
    return items.reduceRight<Ast>(
      (yes, test) => ({ kind: "if", site, test, yes, no: { kind: "constant", site, value: false } }),
      last,
    );
  }),
  new Special("or", (form, scope, expander) => {
    const items = form.slice(1).map((each) => expander.expand(each, scope));
    const last = items.pop() ?? { kind: "constant", site: expander.site, value: false };
    return items.reduceRight<Ast>((rest, first) => expandOr(first, rest, expander), last);
  }),
  ...["when", "unless"].map(
    (name) =>
      new Special(name, (form, scope, expander) => {
        checkLength(form, 1);
        const test = expander.expand(form[1], scope);
        const body = expandAll(form.slice(2), scope, expander);
        const nothing = unspecified(expander.site);
        const [yes, no] = name === "when" ? [body, nothing] : [nothing, body];
        return { kind: "if", site: expander.site, test, yes, no };
      }),
  ),
  new Special("quasiquote", (form, scope, expander) => {
    checkLength(form, 1, 1);
    return expandQuasiquote(form[1], 1, scope, expander);
  }),
  new Special("let-syntax", expandLetSyntax(false)),
  new Special("letrec-syntax", expandLetSyntax(true)),
  new Special("cond-expand", expandCondExpand),
  new Special("syntax-rules", () => {
    throw failure("syntax", "syntax-rules outside of a macro definition");
  }),
  new Special("syntax-error", (form) => {
    const [, message, ...irritants] = form;
    throw failure("syntax", message instanceof Text ? message.text : "syntax error", ...irritants.map(stripSyntax));
  }),
  new Special("define-library", (form, _scope, expander) => expander.host.defineLibrary(form.slice(1), expander)),
  new Special("import", (form, scope, expander) => {
    expander.host.importInto(scope, form.slice(1).map(stripSyntax));
    return unspecified(expander.site);
  }),
];

/** Names of files, for `include`. @throws `LispError` unless all are strings. */
export function fileNames(form: readonly Value[]): string[] {
  return form.slice(1).map((name) => {
    if (name instanceof Text) return name.text;
    throw failure("syntax", "include takes names of files, not", stripSyntax(isIdentifier(name) ? name : form[1]));
  });
}
