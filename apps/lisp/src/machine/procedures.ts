/**
 * What can be called, and what the machine keeps of its own: closures, primitives, continuations, parameters, frames, and the part of
 * the state that follows control (handlers, parameters, winders).
 */
import type { Value } from "../data/values.ts";
import { Node, OP, type Template } from "./node.ts";
import type { Registers } from "./registers.ts";

/**
 * Slot 0 is the environment around it, or what the closure captured, whose own slot 0 is undefined; the variables follow. Never
 * written to after it is complete: what changes is in boxes.
 */
export type Env = Value[];

/** The environment of what needs none, and what is captured by closures that need nothing. */
export const NO_ENV: Env = [];

/** A procedure made by a program. */
export class Closure {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** Its text. */
  readonly template: Template;
  /** The variables from outside that it uses, and no others. */
  readonly captured: Env;
  constructor(template: Template, captured: Env) {
    this.template = template;
    this.captured = captured;
  }
}

/** A procedure of the host that neither calls procedures of the language nor looks at the machine. */
export class Primitive {
  /** Its name in the standard environment. */
  readonly name: string;
  /** How many arguments it needs. */
  readonly least: number;
  /** How many it takes. */
  readonly most: number;
  /** What it does. */
  readonly fn: (...values: Value[]) => Value;
  /** What it was made with, for a procedure of a record type: how to make it, and the operands of that. */
  of: { readonly how: string; readonly operands: readonly Value[] } | undefined = undefined;
  constructor(name: string, least: number, most: number, fn: Primitive["fn"]) {
    this.name = name;
    this.least = least;
    this.most = most;
    this.fn = fn;
  }
}

/** A procedure of the host that works on the machine's registers. Its arguments are in slots 1 and up. */
export class ControlPrimitive {
  /** Its name in the standard environment. */
  readonly name: string;
  /** How many arguments it needs. */
  readonly least: number;
  /** How many it takes. */
  readonly most: number;
  /** What it does. */
  readonly run: (machine: Registers, values: Env) => void;
  constructor(name: string, least: number, most: number, run: ControlPrimitive["run"]) {
    this.name = name;
    this.least = least;
    this.most = most;
    this.run = run;
  }
}

/** What is called depends on the number of arguments: see `case-lambda`. */
export class CaseLambda {
  /** The first that fits is called. */
  readonly cases: readonly Closure[];
  constructor(cases: readonly Closure[]) {
    this.cases = cases;
  }
}

/** A parameter object: see `make-parameter`. */
export class Parameter {
  /** Its value outside of every `parameterize`. */
  value: Value;
  /** Applied to each value that it is given; `false` when there is none. */
  readonly converter: Value;
  constructor(value: Value, converter: Value) {
    this.value = value;
    this.converter = converter;
  }
}

/** A `dynamic-wind` that control is inside of. */
export interface Winder {
  /** Called on the way in. */
  readonly before: Value;
  /** Called on the way out. */
  readonly after: Value;
  /** The state around it, in which both are called. */
  readonly outer: Dynamic;
  /** How many winders there are, this one included. */
  readonly depth: number;
}

/** The part of the state that follows control. Never changed, only replaced. */
export interface Dynamic {
  /** The handlers, the innermost first. */
  readonly handlers: HandlerLink | undefined;
  /** What `parameterize` has bound. */
  readonly parameters: ParameterLink | undefined;
  /** The innermost `dynamic-wind`. */
  readonly winder: Winder | undefined;
  /** The step at which the innermost fuel ends; infinite without one. */
  readonly fuelEnd: number;
  /** How many frames a handler of too deep a recursion may use; 0 outside of one. */
  readonly spareDepth: number;
}

/** A handler and those around it. */
export interface HandlerLink {
  /** A procedure of one argument. */
  readonly handler: Value;
  /** The handlers around it. */
  readonly outer: HandlerLink | undefined;
}

/** A parameter's value and the bindings around it. */
export interface ParameterLink {
  /** The parameter. */
  readonly parameter: Parameter;
  /** Where its value is kept. */
  value: Value;
  /** The bindings around it. */
  readonly outer: ParameterLink | undefined;
}

/** What is still to be done with a value. Never changed, so that a continuation can be entered any number of times. */
export class Frame {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** The node that waits. */
  readonly node: Node;
  /** Which of its parts it waits for. */
  readonly index: number;
  /** The environment to go on in. */
  readonly env: Env;
  /** What it has computed already. */
  readonly values: Value;
  /** The frame beneath. */
  readonly next: Frame;
  /** How many frames there are, this one included. */
  readonly depth: number;
  constructor(node: Node, index: number, env: Env, values: Value, next: Frame | undefined, depth = 0) {
    this.node = node;
    this.index = index;
    this.env = env;
    this.values = values;
    this.next = next ?? this;
    this.depth = next === undefined ? depth : next.depth + 1;
  }
}

const ABSENT = new Node(-5, OP.absent, { position: undefined, form: undefined });

/** Where an absent frame is. */
export interface FrameSource {
  /** Gives the frame itself. */
  load(stub: Frame): Frame;
}

/** A frame that stands for one which a history holds, `depth` frames above the bottom. */
export function absentFrame(source: FrameSource, depth: number): Frame {
  return new Frame(ABSENT, 0, NO_ENV, source, undefined, depth);
}

/** The frame itself, for one that is absent. */
export function nearest(frame: Frame): Frame {
  return frame.node === ABSENT ? (frame.values as FrameSource).load(frame) : frame;
}

/** A continuation as a value. */
export class Continuation {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** What was to be done. */
  readonly frame: Frame;
  /** The state that followed control. */
  readonly dynamic: Dynamic;
  constructor(frame: Frame, dynamic: Dynamic) {
    this.frame = frame;
    this.dynamic = dynamic;
  }
}

/** True for everything that can be called. */
export function isProcedure(value: Value): boolean {
  return (
    value instanceof Closure ||
    value instanceof Primitive ||
    value instanceof ControlPrimitive ||
    value instanceof Continuation ||
    value instanceof Parameter ||
    value instanceof CaseLambda
  );
}

/** The name of a procedure; empty for one without. */
export function procedureName(value: Value): string {
  if (value instanceof Closure) return value.template.name;
  return value instanceof Primitive || value instanceof ControlPrimitive ? value.name : "";
}
