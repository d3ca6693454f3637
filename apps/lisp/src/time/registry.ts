/**
 * What a history refers to and does not write: the code, primitives, global variables, constants in the code, and what the standard
 * library was made of. They live as long as the history, each under a number; their content, where it changes, is put back in place.
 */
import { Pair, RecordType, RecordValue, Text, type Value } from "../data/values.ts";
import { Cell, Environment, Scope, Special } from "../expander/binding.ts";
import type { Node, Unit } from "../machine/node.ts";
import { OP } from "../machine/node.ts";
import { SyntaxRules } from "../expander/syntax-rules.ts";
import { InputPort, OutputPort } from "../library/ports.ts";
import type { Code } from "../machine/code.ts";
import { Closure, ControlPrimitive, Parameter, Primitive } from "../machine/procedures.ts";
import { RAISED, RESTORE } from "../machine/registers.ts";
import { FIRST_OFFSET } from "./log.ts";
import type { Marks } from "./marks.ts";
import { damaged } from "./value-reader.ts";

const OWN = [RESTORE, RAISED];
/** The lowest number of an object. */
const FIRST = 2;

/** Objects by number and nodes by number. */
export class Registry {
  readonly #marks: Marks;
  readonly #objects: object[] = [];
  readonly #nodes: (Node | undefined)[] = [];

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  /** Gives an object a number, unless it has one. */
  add(object: object): void {
    if (this.#marks.get(object) > 0) return;
    const id = FIRST + this.#objects.push(object) - 1;
    if (id >= FIRST_OFFSET) throw new RangeError("too many constants and global variables");
    this.#marks.set(object, id);
  }

  /** The number of the next object. */
  get end(): number {
    return FIRST + this.#objects.length;
  }

  /** The objects from a number on. */
  from(id: number): readonly object[] {
    return this.#objects.slice(id - FIRST);
  }

  /** The code of all forms from a node on. */
  units(node: number): readonly Unit[] {
    return [...new Set(this.#nodes.slice(node).flatMap((each) => each?.unit ?? []))];
  }

  /** The object of a number. */
  object(id: number): object {
    const object = this.#objects[id - FIRST];
    if (object === undefined) throw damaged();
    return object;
  }

  /** The node of a number; those below 0 are the machine's own. */
  node(id: number): Node {
    const node = id < 0 ? OWN.find((each) => each.id === id) : this.#nodes[id];
    if (node === undefined) throw damaged();
    return node;
  }

  /** Gives numbers to what the standard library is made of. */
  addLibrary(cells: Iterable<Cell>, hosts: Iterable<object>, code: Code): void {
    for (const host of hosts) this.add(host);
    for (const cell of cells) {
      this.add(cell);
      for (const part of [cell.value, cell.syntax])
        if (typeof part === "object" && part !== null && isOfLibrary(part)) this.add(part);
    }
    for (const unit of code.units()) this.addUnit(unit);
  }

  /** Takes over the code of a form, and the constants in it. */
  addUnit({ nodes }: Unit): void {
    for (const node of nodes) {
      this.#nodes[node.id] = node;
      if (node.fast === OP.constant) this.addAll(node.value);
    }
  }

  /** Gives numbers to a constant and all that it leads to. */
  addAll(root: Value): void {
    const work: Value[] = [root];
    while (work.length > 0) {
      const value = work.pop();
      if (typeof value !== "object" || value === null || this.#marks.get(value) > 0) continue;
      if (value instanceof Pair) work.push(value.cdr, value.car);
      else if (Array.isArray(value)) for (const item of value as readonly Value[]) work.push(item);
      else if (value instanceof RecordValue) work.push(value.type, value.fields);
      else if (!(value instanceof Text || value instanceof Uint8Array || value instanceof RecordType)) continue;
      this.add(value);
    }
  }
}

/** True for values that the standard library is made of, and that are not written anew each time. */
function isOfLibrary(part: object): boolean {
  return (
    part instanceof Closure ||
    part instanceof Parameter ||
    part instanceof InputPort ||
    part instanceof OutputPort ||
    part instanceof SyntaxRules ||
    isOutside(part)
  );
}

/** True for objects that belong to the host or to the code: they are not written, but have numbers. */
export function isOutside(object: object): boolean {
  return (
    object instanceof Cell ||
    object instanceof Primitive ||
    object instanceof ControlPrimitive ||
    object instanceof Scope ||
    object instanceof Environment ||
    object instanceof Special ||
    object instanceof SyntaxRules ||
    object instanceof Map
  );
}
