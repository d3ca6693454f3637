/**
 * What the machine is doing, for people: where it is, the variables in reach with their names, and the frames beneath.
 */
import type { Value } from "../data/values.ts";
import { Box } from "../data/values.ts";
import type { Machine } from "../machine/machine.ts";
import { type Env, type Frame, nearest } from "../machine/procedures.ts";
import type { Node } from "../machine/node.ts";
import type { Position } from "../reader/reader.ts";

/** A variable that is in reach. */
export interface LocalVariable {
  /** Its name. */
  readonly name: string;
  /** What it holds. */
  readonly value: Value;
  /** How many scopes outward it is; captured variables are past the outermost. */
  readonly level: number;
}

/** The machine between two steps. */
export interface MachineView {
  /** Where the form is that comes next. */
  readonly position: Position | undefined;
  /** The form itself. */
  readonly form: Value;
  /** True when a value is on its way to the frame. */
  readonly isReturning: boolean;
  /** The variables in reach, the innermost first. */
  readonly locals: readonly LocalVariable[];
  /** Where the topmost frames go on, the innermost first. */
  readonly frames: readonly { readonly position: Position | undefined; readonly form: Value }[];
  /** How many frames there are. */
  readonly depth: number;
}

/** Shows a machine, with at most `most` frames. */
export function viewMachine(machine: Pick<Machine, "node" | "env" | "frame">, most = 30): MachineView {
  const { node } = machine;
  const isReturning = node === undefined;
  const top = nearest(machine.frame);
  const at = node ?? top.node;
  const frames = [];
  for (let frame: Frame = top; frame.depth > 0 && frames.length < most; frame = nearest(frame.next))
    frames.push(frame.node.site);
  return {
    ...at.site,
    isReturning,
    locals: localsOf(at, isReturning ? top.env : machine.env),
    frames,
    depth: machine.frame.depth,
  };
}

function localsOf(node: Node, env: Env): LocalVariable[] {
  const { layout } = node;
  const locals: LocalVariable[] = [];
  const add = (name: string, held: Value, level: number): void => {
    locals.push({ name, value: held instanceof Box ? held.value : held, level });
  };
  let here: Value = env;
  for (const [level, variables] of (layout?.levels ?? []).entries()) {
    if (!Array.isArray(here)) return locals;
    for (const [index, { name }] of variables.entries()) add(name, here[index + 1], level);
    here = here[0];
  }
  if (Array.isArray(here))
    for (const [index, variable] of (layout?.captured ?? []).entries()) add(variable.name, here[index + 1], -1);
  return locals;
}
