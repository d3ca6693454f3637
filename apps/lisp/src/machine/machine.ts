/**
 * The machine: a CEK machine (Felleisen and Friedman, "Control operators, the SECD-machine, and the λ-calculus", 1986) whose
 * registers are plain data: the node to evaluate or the value to return, the environment, the frame beneath, and the dynamic state.
 * It stops after any number of steps and goes on from there; a step is one turn of the loop. Frames are linked on the heap, so
 * recursion is bounded by memory and not by the host's stack.
 */
import { failure } from "../data/errors.ts";
import { Box, UNASSIGNED, type Value } from "../data/values.ts";
import { UNBOUND } from "../expander/binding.ts";
import { applyPrimitive, blank, takeArguments } from "./calls.ts";
import { applyOne, applyTwo, assign, evaluate, unbound } from "./evaluate.ts";
import { FIRST_COMPLEX, type Node } from "./node.ts";
import { Closure, type Dynamic, type Env, Frame, nearest, NO_ENV, Primitive } from "./procedures.ts";
import { BOTTOM, Registers } from "./registers.ts";
import type { Resumption } from "./resumption.ts";

/** No step count is checked more often than this. */
const CHECK_STEPS = 8_192;

/** Runs nodes. */
export class Machine extends Registers {
  /** Takes at most `fuel` steps. Returns whether it is done. @throws `LispError` for what the program raised and did not catch. */
  run(fuel = Number.POSITIVE_INFINITY): boolean {
    const end = this.steps + fuel;
    while (!this.isDone && this.steps < end) {
      try {
        this.#check();
        this.#loop(Math.min(end, this.steps - (this.steps % CHECK_STEPS) + CHECK_STEPS, this.dynamic.fuelEnd));
      } catch (error) {
        this.raiseFromHost(error);
      }
    }
    return this.isDone;
  }

  #check(): void {
    if (this.steps >= this.dynamic.fuelEnd) {
      this.dynamic = { ...this.dynamic, fuelEnd: Infinity };
      throw failure("fuel", "the fuel is used up");
    }
    if (this.steps > 0 && this.steps % CHECK_STEPS === 0) this.limits.check();
  }

  /** The registers are kept in variables while it runs: the engine can leave those in the processor's registers. */
  #loop(stop: number): void {
    let { node, env, frame, value, steps } = this;
    let { depthLimit, pending } = this;
    let end = stop;
    let callee: Value = pending?.callee;
    let values: Env = pending?.values ?? NO_ENV;
    let isCalling = pending !== undefined;
    this.pending = undefined;
    try {
      for (;;) {
        calling: {
          if (isCalling) {
            isCalling = false;
            break calling;
          }
          if (steps >= end) return;
          steps++;
          let resumed = -1;
          returning: {
            if (node === undefined) {
              if (frame !== BOTTOM) break returning;
              // There is nothing left to do, which is no step.
              steps--;
              return;
            }
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
                value = assign(node, env, this.barrier, evaluate(node.a, env));
                depthLimit = this.depthLimit;
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
                value = assign(waiting, top.env, this.barrier, value);
                depthLimit = this.depthLimit;
                continue;
              case 80: // halt
                return;
              case 81: // restore
                this.dynamic = top.values as Dynamic;
                depthLimit = this.depthLimit;
                end = Math.min(stop, this.dynamic.fuelEnd);
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
                depthLimit = this.depthLimit;
                end = Math.min(stop, this.dynamic.fuelEnd);
                pending = this.pending;
                if (pending === undefined) continue;
                ({ callee, values } = pending);
                this.pending = undefined;
                break calling;
              }
              case 84: // absent, which is no step
                steps--;
                frame = nearest(top);
                continue;
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
          let complex: Node | undefined;
          for (let index = resumed; index <= args.length; index++) {
            const arg = args[index - 1] as Node;
            if (arg.op < FIRST_COMPLEX) values[index] = arg.op === 1 ? env[arg.slot] : evaluate(arg, env);
            else {
              frame = new Frame(call, index, env, values, frame);
              complex = arg;
              break;
            }
          }
          if (complex !== undefined) {
            node = complex;
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
          this.callOther(callee, values);
          ({ frame, value, pending, depthLimit } = this);
          end = Math.min(stop, this.dynamic.fuelEnd);
          if (pending !== undefined) {
            ({ callee, values } = pending);
            this.pending = undefined;
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
      else if (item.op === 69 && item.a.op < FIRST_COMPLEX) assign(item, env, this.barrier, evaluate(item.a, env));
      else {
        this.frame = new Frame(node, index + 1, env, undefined, frame);
        return item;
      }
    }
    return args[last] as Node;
  }
}
