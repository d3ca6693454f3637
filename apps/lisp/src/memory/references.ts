/**
 * What an object of the machine refers to, in a fixed order, so that a search can remember an edge by its number and name it later.
 * Environments get their names from the layout of the node that they belong to.
 */
import { isKeyed, Pair, RecordValue, type Value } from "../data/values.ts";
import { Cell, Environment, Scope, UNBOUND } from "../expander/binding.ts";
import { SyntaxRules } from "../expander/syntax-rules.ts";
import type { Layout } from "../machine/layout.ts";
import { OP, Unit } from "../machine/node.ts";
import { Closure, type Env, Frame } from "../machine/procedures.ts";
import { formatPosition } from "../reader/reader.ts";

/** An environment, as it is seen from a frame. */
export class Place {
  /** The values. */
  readonly env: Env;
  /** The names. */
  readonly layout: Layout;
  /** How many environments it is away from the frame's own. */
  readonly level: number;
  constructor(env: Env, layout: Layout, level: number) {
    this.env = env;
    this.layout = layout;
    this.level = level;
  }
}

/** One reference: what it is called, and what it leads to. An empty name is not worth telling. */
export interface Edge {
  /** Such as `variable big`. */
  readonly name: string;
  /** The object. */
  readonly target: object;
}

/** Takes what an object refers to, one after another. */
export type Visit = (target: Value, name: () => string) => void;

/** What the parts of the machine's own objects are called. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["value", ""],
  ["state", ""],
  ["outer", ""],
  ["parameter", ""],
  ["dynamic", ""],
  ["frame", "a continuation"],
  ["handlers", "an exception handler"],
  ["handler", ""],
  ["parameters", "parameterize"],
  ["winder", "dynamic-wind"],
  ["converter", "the converter of a parameter"],
  ["message", "the message of a condition"],
  ["irritants", "the irritants of a condition"],
]);

function unnamed(): string {
  return "";
}

function at(position: Parameters<typeof formatPosition>[0] | undefined): string {
  return position === undefined ? "" : ` at ${formatPosition(position)}`;
}

/** Calls `visit` for everything that `object` refers to; values that are no objects included. */
export function visitReferences(object: object, visit: Visit): void {
  if (object instanceof Pair) {
    visit(object.car, () => "car");
    visit(object.cdr, () => "cdr");
  } else if (Array.isArray(object)) {
    for (let index = 0; index < object.length; index++) visit(object[index], () => `slot ${index} of a vector`);
  } else if (object instanceof Frame) visitFrame(object, visit);
  else if (object instanceof Place) visitPlace(object, visit);
  else if (object instanceof Closure) visitClosure(object, visit);
  else if (object instanceof RecordValue) {
    const { fields, name } = object.type;
    const of = isKeyed(object) ? "a table" : name;
    for (const [index, field] of fields.entries()) visit(object.fields[index], () => `field ${field} of ${of}`);
  } else if (object instanceof Unit) visitCode(object, visit);
  else if (object instanceof Cell) {
    if (object.value !== UNBOUND) visit(object.value, unnamed);
    if (object.syntax instanceof SyntaxRules)
      for (const operand of object.syntax.operands) visit(operand, () => "the rules of a macro");
  } else if (object instanceof Scope) visit(object.environment, unnamed);
  else if (object instanceof Environment) {
    for (const cell of object.cells.values()) visit(cell, () => `global ${cell.name}`);
  } else if (!ArrayBuffer.isView(object)) {
    for (const [name, value] of Object.entries(object))
      if (typeof value === "object") visit(value, () => NAMES.get(name) ?? name);
  }
}

function visitFrame(frame: Frame, visit: Visit): void {
  const { node } = frame;
  // In a history, and not in memory.
  if (node.op === OP.absent) return;
  const { layout } = node;
  const waits = (): string => `a continuation frame that waits${at(node.site.position)}`;
  if (layout !== undefined) visit(new Place(frame.env, layout, 0), waits);
  if (Array.isArray(frame.values) && layout !== undefined)
    for (let index = 0; index < frame.values.length; index++)
      visit(frame.values[index], () => `operand ${index}, computed already, of ${waits()}`);
  else visit(frame.values, () => `a value kept by ${waits()}`);
  visit(node.unit, () => `the code of ${waits()}`);
  if (frame.next !== frame) visit(frame.next, () => "next");
}

function visitPlace({ env, layout: { levels, captured }, layout, level }: Place, visit: Visit): void {
  const variables = levels[level];
  for (let slot = 1; slot < env.length; slot++) {
    const variable = (variables ?? captured)[slot - 1];
    visit(env[slot], () => `variable ${variable?.name ?? slot}`);
  }
  // Past the outermost environment is what the procedure captured.
  if (variables !== undefined && Array.isArray(env[0])) visit(new Place(env[0], layout, level + 1), unnamed);
}

function visitClosure({ captured, template: { body, name, site } }: Closure, visit: Visit): void {
  const { layout } = body;
  const procedure = (): string => `the procedure ${name === "" ? "without a name" : name}`;
  const made = (): string => `${procedure()}${site.position === undefined ? "" : `, made${at(site.position)}`}`;
  for (let slot = 1; slot < captured.length; slot++)
    visit(captured[slot], () => `variable ${layout?.captured[slot - 1]?.name ?? slot}, captured by ${made()}`);
  visit(body.unit, () => `the code of ${made()}`);
}

function visitCode({ nodes }: Unit, visit: Visit): void {
  for (const node of nodes) {
    if (typeof node.value === "object" && node.op === 0) visit(node.value, () => `a constant${at(node.site.position)}`);
    if (node.cell.name !== "") visit(node.cell, () => `global ${node.cell.name}, which that code uses`);
  }
}
