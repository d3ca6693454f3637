/**
 * The machine: a CEK machine (Felleisen and Friedman, "Control operators, the SECD-machine, and the λ-calculus", 1986) whose
 * registers are plain data: the node to evaluate or the value to return, the environment, the frame beneath, and the dynamic state.
 * It stops after any number of steps and goes on from there; a step is one turn of the loop. Frames are linked on the heap, so
 * recursion is bounded by memory and not by the host's stack.
 */
import { failure, LispError } from "../data/errors.ts";
import { Box, Condition, UNASSIGNED, type Value } from "../data/values.ts";
import { write } from "../data/printer.ts";
import { type Cell, UNBOUND } from "../expander/binding.ts";
import { applyPrimitive, blank, describe, payloadOf, takeArguments, Uncaught, wrongCount } from "./calls.ts";
import { applyOne, applyTwo, evaluate, outward, place, unbound } from "./evaluate.ts";
import { type Limits, LimitWatch, SPARE_FRAMES } from "./limits.ts";
import { FIRST_COMPLEX, Node, OP } from "./node.ts";
import {
  CaseLambda,
  Closure,
  Continuation,
  ControlPrimitive,
  type Dynamic,
  type Env,
  Frame,
  Parameter,
  Primitive,
} from "./procedures.ts";
import type { Resumption } from "./resumption.ts";
import { rewind } from "./winding.ts";

/** Called before an object changes, by everything that changes one: what keeps a history saves the object's former state. */
export interface WriteBarrier {
  /** `object` is about to change: a pair, vector, string, bytevector, record, box, cell, promise, parameter or port. */
  willChange(object: object): void;
  /** The value of a global variable is about to change, and code may depend on it. */
  willAssign(cell: Cell, value: Value): void;
}

const NOWHERE = { position: undefined, form: undefined };
const HALT = new Node(-1, OP.halt, NOWHERE);
const RESTORE = new Node(-2, OP.restore, NOWHERE);
const RAISED = new Node(-3, OP.raised, NOWHERE);
const NO_ENV: Env = [];
const BOTTOM = new Frame(HALT, 0, NO_ENV, undefined, undefined);
const INITIAL: Dynamic = {
  handlers: undefined,
  parameters: undefined,
  winder: undefined,
  fuelEnd: Infinity,
  spareDepth: 0,
};
/** No step count is checked more often than this. */
const CHECK_STEPS = 65_536;

/** Runs nodes. */
export class Machine {
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
  /** Set by a control primitive that calls a procedure: the procedure, and its arguments from slot 1. */
  #callee: Value = undefined;
  #values: Env | undefined = undefined;

  constructor(barrier: WriteBarrier, limits: Limits) {
    this.barrier = barrier;
    this.limits = new LimitWatch(limits);
  }

  /** Makes `node` the next thing to evaluate, and forgets what was under way. */
  start(node: Node): void {
    this.node = node;
    this.env = NO_ENV;
    this.frame = BOTTOM;
    this.dynamic = INITIAL;
    this.#values = undefined;
  }

  /** True when there is nothing left to do; `value` is the result. */
  get isDone(): boolean {
    return this.node === undefined && this.frame === BOTTOM;
  }

  /** Takes at most `fuel` steps. Returns whether it is done. @throws `LispError` for what the program raised and did not catch. */
  run(fuel = Number.POSITIVE_INFINITY): boolean {
    const end = this.steps + fuel;
    while (!this.isDone && this.steps < end) {
      try {
        this.#check();
        this.#loop(Math.min(end, this.steps - (this.steps % CHECK_STEPS) + CHECK_STEPS, this.#fuelEnd()));
      } catch (error) {
        this.#raiseFromHost(error);
      }
    }
    return this.isDone;
  }

  #fuelEnd(): number {
    return Math.max(this.dynamic.fuelEnd, this.steps + 1);
  }

  #check(): void {
    if (this.steps >= this.dynamic.fuelEnd) {
      this.dynamic = { ...this.dynamic, fuelEnd: Infinity };
      throw failure("fuel", "the fuel is used up");
    }
    if (this.steps > 0 && this.steps % CHECK_STEPS === 0) this.limits.check();
  }

  /** Called by a control primitive, as the last thing that it does: calls `callee` with what `values` has from slot 1. */
  call(callee: Value, values: Env): void {
    this.#callee = callee;
    this.#values = values;
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

  #raiseFromHost(error: unknown): void {
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

  #depthLimit(): number {
    return Math.max(this.limits.depth, this.dynamic.spareDepth);
  }

  #uncaught(payload: Value): LispError {
    this.node = undefined;
    this.frame = BOTTOM;
    this.dynamic = INITIAL;
    this.#values = undefined;
    this.value = undefined;
    const text = payload instanceof Condition ? describe(payload) : `uncaught: ${write(payload, 200)}`;
    return new LispError(payload, text);
  }

  #place(condition: Condition): void {
    let site = this.node?.site;
    for (let frame = this.frame; site?.position === undefined && frame !== BOTTOM; frame = frame.next)
      site = frame.node.site;
    if (site !== undefined) place(condition, site);
  }

  /** The registers are kept in variables while it runs: the engine can leave those in the processor's registers. */
  #loop(stop: number): void {
    let { node, env, frame, value, steps } = this;
    let depthLimit = this.#depthLimit();
    let callee: Value = this.#callee;
    let values: Env = this.#values ?? NO_ENV;
    let isCalling = this.#values !== undefined;
    this.#values = undefined;
    try {
      for (;;) {
        calling: {
          if (isCalling) {
            isCalling = false;
            break calling;
          }
          if (steps >= stop) return;
          steps++;
          let resumed = -1;
          returning: {
            if (node === undefined) break returning;
            switch (node.op) {
              case 64: // if
                if (node.a.op < FIRST_COMPLEX) {
                  node = evaluate(node.a, env) !== false ? node.b : node.c;
                } else {
                  frame = new Frame(node, 0, env, undefined, frame);
                  node = node.a;
                }
                continue;
              case 65: {
                // sequence
                node = this.#sequence(node, 0, env, frame);
                frame = this.frame;
                continue;
              }
              case 66: {
                // call
                const { args } = node;
                const count = args.length;
                if (node.fast === 66 && node.a.op >= FIRST_COMPLEX) {
                  frame = new Frame(node, 0, env, NO_ENV, frame);
                  node = node.a;
                  continue;
                }
                resumed = 1;
                values = blank(count);
                break;
              }
              case 67: // let
                resumed = 1;
                values = blank(node.args.length);
                break;
              case 68: {
                // boxes
                const inner: Env = [env];
                for (let index = node.slot; index > 0; index--) inner.push(new Box(UNASSIGNED));
                env = inner;
                node = node.a;
                continue;
              }
              case 69: // setBox
              case 70: // setGlobal
              case 71: // defineGlobal
                if (node.a.op >= FIRST_COMPLEX) {
                  frame = new Frame(node, 0, env, undefined, frame);
                  node = node.a;
                  continue;
                }
                value = this.#assign(node, env, evaluate(node.a, env));
                depthLimit = this.#depthLimit();
                break returning;
              case 72: // apply1
                frame = new Frame(node, -1, env, undefined, frame);
                node = node.a;
                continue;
              case 73: {
                // apply2
                if (node.a.op >= FIRST_COMPLEX) {
                  frame = new Frame(node, -2, env, undefined, frame);
                  node = node.a;
                } else {
                  frame = new Frame(node, -3, env, evaluate(node.a, env), frame);
                  node = node.b;
                }
                continue;
              }
              default:
                value = evaluate(node, env);
                break returning;
            }
          }
          if (resumed < 0) {
            // Gives `value` to the frame.
            node = undefined;
            const top: Frame = frame;
            const waiting = top.node;
            if (top.index < 0) {
              if (top.index === -2) {
                if (waiting.b.op >= FIRST_COMPLEX) {
                  frame = new Frame(waiting, -3, top.env, value, top.next);
                  node = waiting.b;
                  env = top.env;
                } else {
                  env = top.env;
                  frame = top.next;
                  node = waiting;
                  value = applyTwo(waiting, value, evaluate(waiting.b, env));
                  node = undefined;
                }
              } else {
                frame = top.next;
                node = waiting;
                value = top.index === -1 ? applyOne(waiting, value) : applyTwo(waiting, top.values, value);
                node = undefined;
              }
              continue;
            }
            switch (waiting.op) {
              case 7: // simpleIf, which was an ordinary one when it began
              case 64: // if
                frame = top.next;
                env = top.env;
                node = value !== false ? waiting.b : waiting.c;
                continue;
              case 65: // sequence
                env = top.env;
                node = this.#sequence(waiting, top.index, env, top.next);
                frame = this.frame;
                continue;
              case 69:
              case 70:
              case 71:
                frame = top.next;
                value = this.#assign(waiting, top.env, value);
                depthLimit = this.#depthLimit();
                continue;
              case 80: // halt, which is no step
                steps--;
                return;
              case 81: // restore
                this.dynamic = top.values as Dynamic;
                depthLimit = this.#depthLimit();
                frame = top.next;
                continue;
              case 82: // raised
                frame = top.next;
                throw failure("error", "a handler returned from an exception that cannot be continued:", top.values);
              case 83: {
                // resume
                frame = top.next;
                this.frame = frame;
                this.value = value;
                (waiting.value as Resumption).run(this, top.values, value);
                ({ frame, value } = this);
                depthLimit = this.#depthLimit();
                if (this.#values === undefined) continue;
                callee = this.#callee;
                values = this.#values;
                this.#values = undefined;
                break calling;
              }
              default: // call, let
                node = waiting;
                env = top.env;
                frame = top.next;
                values = (top.values as Env).slice();
                if (values.length === 0) values = blank(waiting.args.length);
                values[top.index] = value;
                resumed = top.index + 1;
            }
          }
          // Evaluates the operands from `resumed` on.
          const call: Node = node as Node;
          const { args } = call;
          let pending: Node | undefined;
          for (let index = resumed; index <= args.length; index++) {
            const arg = args[index - 1] as Node;
            if (arg.op < FIRST_COMPLEX) values[index] = arg.op === 1 ? env[arg.slot] : evaluate(arg, env);
            else {
              frame = new Frame(call, index, env, values, frame);
              pending = arg;
              break;
            }
          }
          if (pending !== undefined) {
            node = pending;
            continue;
          }
          if (call.op === 67) {
            values[0] = env;
            for (const slot of call.value as number[]) values[slot] = new Box(values[slot]);
            env = values;
            node = call.a;
            continue;
          }
          if (call.fast !== 66) {
            callee = call.cell.value;
            if (callee === UNBOUND) throw unbound(call.cell.name);
          } else callee = call.a.op < FIRST_COMPLEX ? evaluate(call.a, env) : values[0];
        }
        // Calls `callee`.
        if (callee instanceof Closure) {
          const { template } = callee;
          if (values.length - 1 !== template.required || template.hasRest) takeArguments(callee, values);
          values[0] = callee.captured;
          if (template.boxed.length > 0) for (const slot of template.boxed) values[slot] = new Box(values[slot]);
          if (frame.depth > depthLimit) throw this.limits.tooDeep();
          env = values;
          node = template.body;
        } else if (callee instanceof Primitive) {
          value = applyPrimitive(callee, values);
          node = undefined;
        } else {
          this.node = node;
          this.frame = frame;
          this.steps = steps;
          this.#callOther(callee, values);
          node = this.node;
          ({ frame, value } = this);
          depthLimit = this.#depthLimit();
          if (this.#values !== undefined) {
            callee = this.#callee;
            values = this.#values;
            this.#values = undefined;
            isCalling = true;
          } else node = undefined;
        }
      }
    } finally {
      this.node = node;
      this.env = env;
      this.frame = frame;
      this.value = value;
      this.steps = steps;
    }
  }

  /** The next item of a sequence that needs a frame, or its last; leaves the frame to go on with in `frame`. */
  #sequence(node: Node, from: number, env: Env, frame: Frame): Node {
    const { args } = node;
    const last = args.length - 1;
    this.frame = frame;
    for (let index = from; index < last; index++) {
      const item = args[index] as Node;
      if (item.op < FIRST_COMPLEX) evaluate(item, env);
      else if (item.op === 69 && item.a.op < FIRST_COMPLEX) this.#assign(item, env, evaluate(item.a, env));
      else {
        this.frame = new Frame(node, index + 1, env, undefined, frame);
        return item;
      }
    }
    return args[last] as Node;
  }

  #assign(node: Node, env: Env, value: Value): Value {
    if (node.op === 69) {
      const box = outward(env, node.depth)[node.slot] as Box;
      this.barrier.willChange(box);
      box.value = value;
      return undefined;
    }
    const { cell } = node;
    if (node.op === 70 && cell.value === UNBOUND) throw unbound(cell.name);
    this.barrier.willAssign(cell, value);
    cell.value = value;
    return undefined;
  }

  #callOther(callee: Value, values: Env): void {
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
