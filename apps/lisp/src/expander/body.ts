/**
 * Bodies: definitions first expand their heads, so that every name of the body is known before any of its expressions is expanded.
 */
import { failure } from "../data/errors.ts";
import { Pair, type Value } from "../data/values.ts";
import type { Ast, LambdaAst } from "./ast.ts";
import { Variable } from "./ast.ts";
import { baseSymbol, type Identifier, isIdentifier, lookup, Scope, Special, syntaxOf } from "./binding.ts";
import type { Expander } from "./expander.ts";
import { stripSyntax, unspecified } from "./expander.ts";

/** A definition or an expression, not yet expanded. */
export interface BodyItem {
  /** What is defined; absent for an expression. */
  readonly name?: Identifier;
  /** Gives the value, once all names are known. */
  readonly value: (scope: Scope) => Ast;
}

/** A special form that is allowed where definitions are: gives the definitions it stands for. */
export class Definition extends Special {
  /** The items that a form stands for; `scope` is where its names will be bound. */
  readonly items: (form: readonly Value[], scope: Scope, expander: Expander) => readonly BodyItem[];
  constructor(name: string, items: Definition["items"]) {
    super(name, (form, scope, expander) => {
      if (!scope.isTop) throw failure("syntax", `${name} where only an expression may stand`);
      return sequence(
        expander,
        items(form, scope, expander).map((item) => topItem(item, scope, expander)),
      );
    });
    this.items = items;
  }
}

function topItem({ name, value }: BodyItem, scope: Scope, expander: Expander): Ast {
  if (name === undefined) return value(scope);
  const { environment } = scope;
  if (environment.isSealed) throw failure("syntax", "definitions are not allowed in this environment");
  const cell = environment.cell(baseSymbol(name));
  if (cell.syntax !== undefined) expander.host.define(cell, undefined);
  return { kind: "set-global", site: expander.site, cell, value: named(value(scope), name), isDefinition: true };
}

/** Gives a procedure without a name the name of its variable. */
export function named(value: Ast, name: Identifier): Ast {
  return value.kind === "lambda" && value.name === "" ? { ...value, name: baseSymbol(name).name } : value;
}

/** One expression after another. */
export function sequence(expander: Expander, items: readonly Ast[]): Ast {
  const [only] = items;
  if (only === undefined) return unspecified(expander.site);
  return items.length === 1 ? only : { kind: "sequence", site: expander.site, items };
}

/** A body: definitions and expressions, in a region of their own. @throws `LispError` for an empty one. */
export function expandBody(forms: readonly Value[], outer: Scope, expander: Expander): Ast {
  if (forms.length === 0) throw failure("syntax", "an empty body");
  const scope = new Scope(outer);
  const items: { item: BodyItem; site: Expander["site"]; variable: Variable | undefined }[] = [];
  const work = [...forms].reverse();
  while (work.length > 0) {
    const form = work.pop();
    const syntax = form instanceof Pair ? syntaxOf(form.car, scope) : undefined;
    if (!(form instanceof Pair) || syntax === undefined) {
      items.push({
        item: { value: (inner) => expander.expand(form, inner) },
        site: expander.site,
        variable: undefined,
      });
    } else if (syntax instanceof Definition) {
      for (const item of syntax.items(expander.items(form), scope, expander)) {
        const variable = item.name === undefined ? undefined : new Variable(baseSymbol(item.name).name, true);
        if (item.name !== undefined && variable !== undefined) scope.names.set(item.name, variable);
        items.push({ item, site: expander.site, variable });
      }
    } else if (syntax instanceof Special) {
      if (syntax.name === "begin") work.push(...expander.items(form.cdr).reverse());
      else
        items.push({
          item: { value: (inner) => expander.expand(form, inner) },
          site: expander.site,
          variable: undefined,
        });
    } else work.push(expander.transform(form, scope));
  }
  const variables = items.flatMap(({ variable }) => (variable === undefined ? [] : [variable]));
  const steps = items.map(({ item, variable, site }): Ast => {
    const value = item.value(scope);
    if (variable === undefined || item.name === undefined) return value;
    return { kind: "set", site, variable, value: named(value, item.name) };
  });
  if (items.at(-1)?.variable !== undefined || steps.length === 0) steps.push(unspecified(expander.site));
  const body = sequence(expander, steps);
  return variables.length === 0 ? body : { kind: "boxes", site: expander.site, variables, body };
}

/** A procedure of these parameters (a list of names, a name, or both joined by a dot) and this body. */
export function expandLambda(
  parameters: Value,
  body: readonly Value[],
  scope: Scope,
  expander: Expander,
  name = "",
): LambdaAst {
  const inner = new Scope(scope);
  const variables: Variable[] = [];
  const bind = (parameter: Value): void => {
    if (!isIdentifier(parameter)) throw failure("syntax", "not a name:", stripSyntax(parameter));
    if (inner.names.has(parameter)) throw failure("syntax", "a name twice among parameters:", stripSyntax(parameter));
    const variable = new Variable(baseSymbol(parameter).name);
    inner.names.set(parameter, variable);
    variables.push(variable);
  };
  let rest = parameters;
  for (; rest instanceof Pair; rest = rest.cdr) bind(rest.car);
  const hasRest = isIdentifier(rest);
  if (hasRest) bind(rest);
  else if (rest instanceof Pair || !isEnd(rest)) throw failure("syntax", "bad parameters:", stripSyntax(parameters));
  return {
    kind: "lambda",
    site: expander.site,
    name,
    parameters: variables,
    hasRest,
    body: expandBody(body, inner, expander),
  };
}

function isEnd(value: Value): boolean {
  return typeof value === "object" && value !== null && "isEmpty" in value;
}

/** An assignment to `name`. */
export function assign(name: Identifier, value: Ast, scope: Scope, expander: Expander): Ast {
  const found = lookup(name, scope);
  if (found instanceof Variable) {
    found.isBoxed = true;
    return { kind: "set", site: expander.site, variable: found, value };
  }
  const target = expander.reference(name, scope);
  if (target.kind !== "global") throw failure("syntax", "not a variable:", stripSyntax(name));
  return { kind: "set-global", site: expander.site, cell: target.cell, value, isDefinition: false };
}
