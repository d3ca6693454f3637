/**
 * The registers of the machine, and what control primitives do with them: calling, returning to a resumption, raising. All of them are
 * plain data, so that a state can be written down at any step.
 */
import { failure, LispError } from "../data/errors.ts";
import { Condition, type Value } from "../data/values.ts";
import { write } from "../data/printer.ts";
import type { Cell } from "../expander/binding.ts";
import { describe, payloadOf, Uncaught, wrongCount } from "./calls.ts";
import { place } from "./evaluate.ts";
import { type Limits, LimitWatch, SPARE_FRAMES } from "./limits.ts";
import { Node, OP } from "./node.ts";
import {
  CaseLambda,
  Continuation,
  ControlPrimitive,
  type Dynamic,
  type Env,
  Frame,
  nearest,
  NO_ENV,
  Parameter,
} from "./procedures.ts";
import type { Resumption } from "./resumption.ts";
import { rewind } from "./winding.ts";

/** Called before an object changes, by everything that changes one: what keeps a history writes the object anew. */
export interface WriteBarrier {
  /**
   * `object` is about to change: a pair, vector, string, bytevector, record, box, cell, promise, parameter or port; of a vector,
   * only the element `index` when that is given.
   */
  willChange(object: object, index?: number): void;
  /** The value of a global variable is about to change, and code may depend on it. */
  willAssign(cell: Cell, value: Value): void;
  /** The syntax of a global variable, or an entry of a table of the host, is about to become `value`. */
  willDefine(target: Cell | Map<unknown, unknown>, key: unknown, value: unknown): void;
}

const NOWHERE = { position: undefined, form: undefined };
const HALT = new Node(-1, OP.halt, NOWHERE);
/** The node of frames that bring a dynamic state back. */
export const RESTORE = new Node(-2, OP.restore, NOWHERE);
/** The node of frames beneath a handler that must not return. */
export const RAISED = new Node(-3, OP.raised, NOWHERE);
/** The frame beneath all others. */
export const BOTTOM = new Frame(HALT, 0, NO_ENV, undefined, undefined);
/** The dynamic state in which a form begins. */
export const INITIAL: Dynamic = {
  handlers: undefined,
  parameters: undefined,
  winder: undefined,
  fuelEnd: Infinity,
  spareDepth: 0,
};

/** A call that is to be done next. */
export interface PendingCall {
  /** What is called. */
  readonly callee: Value;
  /** Its arguments, from slot 1. */
  readonly values: Env;
}

/** What a machine is in the middle of. */
export class Registers {
  /** The node to evaluate; `undefined` when `value` is to be returned to `frame`. */
  node: Node | undefined = undefined;
  /** The environment of `node`. */
  env: Env = NO_ENV;
  /** What is to be done next. */
  frame: Frame = BOTTOM;
  /** The value to return, when there is no node. */
  value: Value = undefined;
  /** Handlers, parameters and winders. */
  dynamic: Dynamic = INITIAL;
  /** Steps taken since the machine was made. */
  steps = 0;
  /** What is told of changes. */
  readonly barrier: WriteBarrier;
  /** The bounds of a run. */
  readonly limits: LimitWatch;
  /** Set by a control primitive that calls a procedure. */
  pending: PendingCall | undefined = undefined;

  constructor(barrier: WriteBarrier, limits: Limits) {
    this.barrier = barrier;
    this.limits = new LimitWatch(limits);
  }

  /** Makes `node` the next thing to evaluate, and forgets what was under way. That is a step. */
  start(node: Node): void {
    this.reset();
    this.node = node;
    this.steps++;
  }

  /** Forgets what was under way. */
  reset(): void {
    this.node = undefined;
    this.env = NO_ENV;
    this.frame = BOTTOM;
    this.dynamic = INITIAL;
    this.pending = undefined;
    this.value = undefined;
  }

  /** True when there is nothing left to do; `value` is the result. */
  get isDone(): boolean {
    return this.node === undefined && this.frame === BOTTOM && this.pending === undefined;
  }

  /** Called by a control primitive, as the last thing that it does: calls `callee` with what `values` has from slot 1. */
  call(callee: Value, values: Env): void {
    this.pending = { callee, values };
  }

  /** Called by a control primitive: what is called next returns to here with the present dynamic state restored. */
  pushRestore(): void {
    this.frame = new Frame(RESTORE, 0, NO_ENV, this.dynamic, this.frame);
  }

  /** Called by a control primitive: what is called next returns its value to `then`, with `data`. */
  pushResume(resumption: Resumption, data: Value): void {
    this.frame = new Frame(resumption.node, 0, NO_ENV, data, this.frame);
  }

  /** Raises `payload` in the program. When it is not continuable, a handler that returns is an error. */
  raise(payload: Value, isContinuable: boolean): void {
    const { handlers } = this.dynamic;
    if (handlers === undefined) throw new Uncaught(payload);
    this.pushRestore();
    if (!isContinuable) this.frame = new Frame(RAISED, 0, NO_ENV, payload, this.frame);
    this.dynamic = { ...this.dynamic, handlers: handlers.outer };
    this.call(handlers.handler, [undefined, payload]);
  }

  /** Raises what the host has thrown. @throws `LispError` when there is no handler. */
  raiseFromHost(error: unknown): void {
    if (error instanceof Uncaught) throw this.#uncaught(error.payload);
    const payload = payloadOf(error);
    if (payload instanceof Condition && payload.position === "") this.#place(payload);
    if (this.dynamic.handlers === undefined) throw this.#uncaught(payload);
    this.node = undefined;
    this.raise(payload, false);
    // Until the handler is left, which brings back another dynamic state.
    if (payload instanceof Condition && payload.kind === "depth")
      this.dynamic = { ...this.dynamic, spareDepth: this.frame.depth + SPARE_FRAMES };
  }

  /** How many frames there may be here. */
  get depthLimit(): number {
    return Math.max(this.limits.depth, this.dynamic.spareDepth);
  }

  #uncaught(payload: Value): LispError {
    this.reset();
    const text = payload instanceof Condition ? describe(payload) : `uncaught: ${write(payload, 200)}`;
    return new LispError(payload, text);
  }

  #place(condition: Condition): void {
    let site = this.node?.site;
    for (let frame = nearest(this.frame); site?.position === undefined && frame !== BOTTOM; frame = nearest(frame.next))
      site = frame.node.site;
    if (site !== undefined) place(condition, site);
  }

  /** Calls what is neither a closure nor a primitive. @throws `LispError` of kind `arity` or `type`. */
  callOther(callee: Value, values: Env): void {
    if (callee instanceof ControlPrimitive) {
      const count = values.length - 1;
      if (count < callee.least || count > callee.most) throw wrongCount(callee, count);
      callee.run(this, values);
    } else if (callee instanceof Continuation) rewind(this, callee, values.slice(1));
    else if (callee instanceof Parameter) this.value = this.parameterValue(callee, values.length - 1);
    else if (callee instanceof CaseLambda) {
      const count = values.length - 1;
      const fit = callee.cases.find(
        ({ template }) => template.required === count || (template.hasRest && template.required < count),
      );
      if (fit === undefined) throw wrongCount(callee, count);
      this.call(fit, values);
    } else throw failure("type", "not a procedure:", callee);
  }

  /** The value of a parameter here. @throws `LispError` when it is given arguments. */
  parameterValue(parameter: Parameter, count = 0): Value {
    if (count > 0) throw wrongCount(parameter, count);
    let link = this.dynamic.parameters;
    while (link !== undefined && link.parameter !== parameter) link = link.outer;
    return link === undefined ? parameter.value : link.value;
  }
}
