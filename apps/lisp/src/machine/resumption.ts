/**
 * Continuing after a call: what a control primitive does with the value of a procedure that it had called. Known by name, so that a
 * frame stays plain data.
 */
import { MultipleValues, type Value } from "../data/values.ts";
import { Node, OP } from "./node.ts";
import type { Registers } from "./registers.ts";

const known = new Map<string, Resumption>();

/** What a control primitive does when what it called returns. */
export class Resumption {
  /** Its name, the only one of its kind. */
  readonly name: string;
  /** Goes on, with the data of the frame and the value that was returned. */
  readonly run: (machine: Registers, data: Value, value: Value) => void;
  /** The node of its frames. */
  readonly node = new Node(-4, OP.resume, { position: undefined, form: undefined });
  constructor(name: string, run: Resumption["run"]) {
    this.name = name;
    this.run = run;
    this.node.value = this;
    known.set(name, this);
  }
}

/** The one of this name. */
export function resumptionOf(name: string): Resumption | undefined {
  return known.get(name);
}

/** Values on their way to a continuation: one as it is, others together. */
export function together(values: readonly Value[]): Value {
  return values.length === 1 ? values[0] : new MultipleValues(values);
}
