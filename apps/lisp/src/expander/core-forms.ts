/**
 * The special forms that others are made of, and those that bind: `quote`, `if`, `lambda`, `set!`, `begin`, the `let` family, `do`.
 */
import { failure } from "../data/errors.ts";
import { NIL, Pair, type Value } from "../data/values.ts";
import type { Ast } from "./ast.ts";
import { Variable } from "./ast.ts";
import { baseSymbol, type Identifier, isIdentifier, Scope, Special } from "./binding.ts";
import { assign, expandBody, expandLambda, named, sequence } from "./body.ts";
import { type Expander, stripSyntax, unspecified } from "./expander.ts";

/** @throws `LispError` unless a form has between `least` and `most` operands. */
export function checkLength(form: readonly Value[], least: number, most = Number.POSITIVE_INFINITY): void {
  const count = form.length - 1;
  if (count >= least && count <= most) return;
  const expected =
    least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
  throw failure("syntax", `${baseName(form[0])} takes ${expected} operands, not ${count}`);
}

function baseName(value: Value): string {
  return isIdentifier(value) ? baseSymbol(value).name : "this form";
}

/** A name and what follows it, as in the bindings of `let`. */
export interface Binding {
  /** The name that is bound. */
  readonly name: Identifier;
  /** The forms after the name. */
  readonly rest: readonly Value[];
}

/** The bindings of a form of the `let` family. @throws `LispError` of kind `syntax`. */
export function bindingsOf(form: Value, expander: Expander, most = 1): Binding[] {
  return expander.items(form).map((each) => {
    const [name, ...rest] = expander.items(each);
    if (!isIdentifier(name) || rest.length === 0 || rest.length > most)
      throw failure("syntax", "not a binding:", stripSyntax(each));
    return { name, rest };
  });
}

function bind(names: readonly Identifier[], outer: Scope, isBoxed: boolean): { scope: Scope; variables: Variable[] } {
  const scope = new Scope(outer);
  const variables = names.map((name) => {
    if (scope.names.has(name)) throw failure("syntax", `${baseSymbol(name).name} is bound twice`);
    const variable = new Variable(baseSymbol(name).name, isBoxed);
    scope.names.set(name, variable);
    return variable;
  });
  return { scope, variables };
}

function expandLet(form: readonly Value[], scope: Scope, expander: Expander): Ast {
  checkLength(form, 2);
  const [, first, ...rest] = form;
  if (isIdentifier(first)) return expandLoop(first, bindingsOf(rest[0], expander), rest.slice(1), scope, expander);
  const bindings = bindingsOf(first, expander);
  const values = bindings.map(({ name, rest: [value] }) => named(expander.expand(value, scope), name));
  const { scope: inner, variables } = bind(
    bindings.map(({ name }) => name),
    scope,
    false,
  );
  const body = expandBody(rest, inner, expander);
  return variables.length === 0 ? body : { kind: "let", site: expander.site, variables, values, body };
}

/** A loop: a procedure that is called at once, and by its name from inside. */
function expandLoop(
  name: Identifier,
  bindings: readonly Binding[],
  body: readonly Value[],
  scope: Scope,
  expander: Expander,
): Ast {
  const operands = bindings.map(({ rest: [value] }) => expander.expand(value, scope));
  const { scope: inner, variables } = bind([name], scope, true);
  const [variable] = variables;
  if (variable === undefined) throw failure("syntax", "a loop without a name");
  const { site } = expander;
  let parameters: Value = NIL;
  for (const each of bindings.toReversed()) parameters = new Pair(each.name, parameters);
  const value = expandLambda(parameters, body, inner, expander, baseSymbol(name).name);
  // The operands are outside of the loop's name, and the boxes around both: they hold no name that the operands could mean.
  const call: Ast = { kind: "call", site, operator: { kind: "local", site, variable }, operands };
  const steps: Ast = { kind: "sequence", site, items: [{ kind: "set", site, variable, value }, call] };
  return { kind: "boxes", site, variables, body: steps };
}

function expandLetStar(form: readonly Value[], scope: Scope, expander: Expander): Ast {
  checkLength(form, 2);
  const [, first, ...body] = form;
  const build = ([binding, ...rest]: readonly Binding[], outer: Scope): Ast => {
    if (binding === undefined) return expandBody(body, outer, expander);
    const value = named(expander.expand(binding.rest[0], outer), binding.name);
    const { scope: inner, variables } = bind([binding.name], outer, false);
    return { kind: "let", site: expander.site, variables, values: [value], body: build(rest, inner) };
  };
  return build(bindingsOf(first, expander), scope);
}

function expandLetrec(form: readonly Value[], scope: Scope, expander: Expander): Ast {
  checkLength(form, 2);
  const [, first, ...body] = form;
  const bindings = bindingsOf(first, expander);
  const { scope: inner, variables } = bind(
    bindings.map(({ name }) => name),
    scope,
    true,
  );
  const { site } = expander;
  const steps = bindings.map(({ name, rest: [value] }, index): Ast => {
    const variable = variables[index];
    if (variable === undefined) throw failure("syntax", "a binding without a variable");
    return { kind: "set", site, variable, value: named(expander.expand(value, inner), name) };
  });
  const all = sequence(expander, [...steps, expandBody(body, inner, expander)]);
  return variables.length === 0 ? all : { kind: "boxes", site, variables, body: all };
}

function expandDo(form: readonly Value[], scope: Scope, expander: Expander): Ast {
  checkLength(form, 2);
  const [, first, end, ...commands] = form;
  const bindings = bindingsOf(first, expander, 2);
  const [test, ...results] = expander.items(end);
  const { site } = expander;
  const operands = bindings.map(({ rest: [value] }) => expander.expand(value, scope));
  const { scope: inner, variables } = bind(
    bindings.map(({ name }) => name),
    scope,
    false,
  );
  const loop = new Variable("do", true);
  const operator: Ast = { kind: "local", site, variable: loop };
  const again: Ast = {
    kind: "call",
    site,
    operator,
    operands: bindings.map(({ name, rest }) => expander.expand(rest[1] ?? name, inner)),
  };
  const expandAll = (forms: readonly Value[]): Ast[] => forms.map((each) => expander.expand(each, inner));
  const body: Ast = {
    kind: "if",
    site,
    test: expander.expand(test, inner),
    yes: sequence(expander, expandAll(results)),
    no: sequence(expander, [...expandAll(commands), again]),
  };
  const value: Ast = { kind: "lambda", site, name: "do", parameters: variables, hasRest: false, body };
  const items: Ast[] = [
    { kind: "set", site, variable: loop, value },
    { kind: "call", site, operator, operands },
  ];
  return { kind: "boxes", site, variables: [loop], body: { kind: "sequence", site, items } };
}

/** The special forms of this file. */
export const CORE_FORMS: readonly Special[] = [
  new Special("quote", (form, _scope, expander) => {
    checkLength(form, 1, 1);
    return { kind: "constant", site: expander.site, value: stripSyntax(form[1]) };
  }),
  new Special("if", (form, scope, expander) => {
    checkLength(form, 2, 3);
    return {
      kind: "if",
      site: expander.site,
      test: expander.expand(form[1], scope),
      yes: expander.expand(form[2], scope),
      no: form.length === 4 ? expander.expand(form[3], scope) : unspecified(expander.site),
    };
  }),
  new Special("lambda", (form, scope, expander) => {
    checkLength(form, 2);
    return expandLambda(form[1], form.slice(2), scope, expander);
  }),
  new Special("set!", (form, scope, expander) => {
    checkLength(form, 2, 2);
    const [, name, value] = form;
    if (!isIdentifier(name)) throw failure("syntax", "not a name:", stripSyntax(name));
    return assign(name, named(expander.expand(value, scope), name), scope, expander);
  }),
  new Special("begin", (form, scope, expander) =>
    sequence(
      expander,
      form.slice(1).map((each) => expander.expand(each, scope)),
    ),
  ),
  new Special("let", expandLet),
  new Special("let*", expandLetStar),
  new Special("letrec", expandLetrec),
  new Special("letrec*", expandLetrec),
  new Special("do", expandDo),
];
