/**
 * The forms that define: variables, several at once, records, macros, and what may stand where they may.
 */
import { failure } from "../data/errors.ts";
import { symbol } from "../data/symbols.ts";
import { NIL, Pair, RecordType, Sym, type Value } from "../data/values.ts";
import type { Ast } from "./ast.ts";
import { baseSymbol, type Identifier, isIdentifier, type Scope, type Special } from "./binding.ts";
import { type BodyItem, Definition, expandLambda } from "./body.ts";
import { checkLength } from "./core-forms.ts";
import { fileNames, macroOf } from "./derived-forms.ts";
import { type Expander, stripSyntax, unspecified } from "./expander.ts";

function defineItems(form: readonly Value[], expander: Expander): readonly BodyItem[] {
  checkLength(form, 1);
  const [, target, ...body] = form;
  if (isIdentifier(target)) {
    if (body.length > 1) throw failure("syntax", "define takes one value");
    const { site } = expander;
    return [
      { name: target, value: (scope) => (body.length === 0 ? unspecified(site) : expander.expand(body[0], scope)) },
    ];
  }
  if (!(target instanceof Pair)) throw failure("syntax", "define: not a name:", stripSyntax(target));
  const { car: head, cdr: parameters } = target;
  if (isIdentifier(head))
    return [{ name: head, value: (scope) => expandLambda(parameters, body, scope, expander, baseSymbol(head).name) }];
  // A procedure that gives procedures: (define ((adder n) m) …).
  const inner = new Pair(LAMBDA, new Pair(parameters, listOf(body)));
  return defineItems([form[0], head, inner], expander);
}

const LAMBDA = symbol("lambda");

function listOf(items: readonly Value[]): Value {
  return items.reduceRight<Value>((rest, item) => new Pair(item, rest), NIL);
}

function call(expander: Expander, name: string, operands: readonly Ast[]): Ast {
  return { kind: "call", site: expander.site, operator: expander.standard(symbol(name)), operands };
}

function constant(expander: Expander, value: Value): Ast {
  return { kind: "constant", site: expander.site, value };
}

function defineValuesItems(form: readonly Value[], scope: Scope, expander: Expander): readonly BodyItem[] {
  checkLength(form, 2, 2);
  // A name that no program can write holds the values until each has its own.
  const all = new Sym("values");
  const collect: BodyItem = {
    name: all,
    value: (inner) =>
      call(expander, "call-with-values", [
        expandLambda(NIL, [form[2]], inner, expander),
        expander.standard(symbol("list")),
      ]),
  };
  const items: BodyItem[] = [collect];
  const take = (name: Identifier, index: number, how: string): void => {
    items.push({
      name,
      value: (inner) => call(expander, how, [expander.reference(all, inner), constant(expander, index)]),
    });
  };
  let rest = form[1];
  let count = 0;
  for (; rest instanceof Pair; rest = rest.cdr, count++) {
    if (!isIdentifier(rest.car)) throw failure("syntax", "not a name:", stripSyntax(rest.car));
    take(rest.car, count, "list-ref");
  }
  if (isIdentifier(rest)) take(rest, count, "list-tail");
  if (scope.isTop) scope.environment.cell(all);
  return items;
}

function defineRecordItems(form: readonly Value[], _scope: Scope, expander: Expander): readonly BodyItem[] {
  checkLength(form, 3);
  const [, typeName, maker, predicate, ...fieldForms] = form;
  const name = typeName instanceof Pair ? typeName.car : typeName;
  if (!isIdentifier(name)) throw failure("syntax", "define-record-type: not a name:", stripSyntax(name));
  const fields = fieldForms.map((field) => (isIdentifier(field) ? [field] : expander.items(field)));
  const names = fields.map(([field]) => field);
  const type = new RecordType(
    baseSymbol(name).name.replace(/^<(.*)>$/, "$1"),
    names.map((field) => (isIdentifier(field) ? baseSymbol(field).name : "")),
  );
  const slot = (field: Value): number => {
    const index = names.indexOf(field);
    if (index < 0) throw failure("syntax", "define-record-type: no such field:", stripSyntax(field));
    return index;
  };
  const items: BodyItem[] = [{ name, value: () => constant(expander, type) }];
  const add = (target: Value, how: string, ...operands: Value[]): void => {
    if (!isIdentifier(target)) throw failure("syntax", "define-record-type: not a name:", stripSyntax(target));
    const values = [type, baseSymbol(target), ...operands].map((each) => constant(expander, each));
    items.push({ name: target, value: () => call(expander, how, values) });
  };
  if (maker instanceof Pair) add(maker.car, "%record-maker", expander.items(maker.cdr).map(slot));
  else if (isIdentifier(maker)) add(maker, "%record-maker", names.map(slot));
  if (isIdentifier(predicate)) add(predicate, "%record-predicate");
  for (const [field, accessor, modifier] of fields) {
    if (accessor !== undefined) add(accessor, "%record-accessor", slot(field));
    if (modifier !== undefined) add(modifier, "%record-modifier", slot(field));
  }
  return items;
}

function defineSyntaxItems(form: readonly Value[], scope: Scope, expander: Expander): readonly BodyItem[] {
  checkLength(form, 2, 2);
  const [, name, rules] = form;
  if (!isIdentifier(name)) throw failure("syntax", "define-syntax: not a name:", stripSyntax(name));
  const macro = macroOf(rules, scope, expander);
  if (scope.isTop) expander.host.define(scope.environment.cell(baseSymbol(name)), macro);
  else scope.names.set(name, macro);
  return [];
}

function includeItems(form: readonly Value[], _scope: Scope, expander: Expander): readonly BodyItem[] {
  return fileNames(form)
    .flatMap((file) => expander.host.readFile(file))
    .map((datum) => ({ value: (scope: Scope) => expander.expand(datum, scope) }));
}

/** The special forms of this file. */
export const DEFINITION_FORMS: readonly Special[] = [
  new Definition("define", (form, _scope, expander) => defineItems(form, expander)),
  new Definition("define-values", defineValuesItems),
  new Definition("define-record-type", defineRecordItems),
  new Definition("define-syntax", defineSyntaxItems),
  new Definition("include", includeItems),
  new Definition("include-ci", includeItems),
];
