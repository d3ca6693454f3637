/**
 * The writer and the reader of a running history: nodes by number, and what lives outside of the log in place.
 */
import { failure } from "../data/errors.ts";
import type { Value } from "../data/values.ts";
import { Cell } from "../expander/binding.ts";
import type { Machine } from "../machine/machine.ts";
import { type Node, OP, type Template } from "../machine/node.ts";
import { type Dynamic, Frame, NO_ENV } from "../machine/procedures.ts";
import type { PendingCall } from "../machine/registers.ts";
import type { Cursor } from "./bytes.ts";
import type { Log } from "./log.ts";
import type { Marks } from "./marks.ts";
import { isOutside, type Registry } from "./registry.ts";
import { TAG } from "./shapes.ts";
import { damaged, ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

/** The machine's own nodes have the numbers -5 to -1. */
const NODE_SHIFT = 8;
/** So many versions of a vector may consist of changes alone. */
const MAX_LAYERS = 8;

/** Writes what a history keeps. */
export class HistoryWriter extends ValueWriter {
  readonly #registry: Registry;
  /** How many layers of changes the newest version of a vector has. */
  readonly #layers = new Map<number, number>();

  constructor(marks: Marks, registry: Registry) {
    super(marks);
    this.#registry = registry;
  }

  /** Writes an object that has changed. */
  writeChanged(object: object, changed: readonly number[] | undefined, before: number): void {
    const id = this.marks.get(object);
    const layers = (this.#layers.get(id) ?? MAX_LAYERS) + 1;
    if (changed !== undefined && Array.isArray(object) && changed.length * 4 < object.length && layers <= MAX_LAYERS) {
      this.#layers.set(id, layers);
      this.versions.push(id, this.#elements(object, changed, before));
      return;
    }
    if (Array.isArray(object)) this.#layers.set(id, 0);
    this.versions.push(id, this.rewrite(object));
  }

  #elements(items: readonly Value[], changed: readonly number[], before: number): number {
    for (const index of changed) if (typeof items[index] === "object") this.ensure(items[index]);
    const { out } = this;
    const at = this.offset;
    out.byte(TAG.elements);
    out.varint(this.offset - before);
    out.varint(changed.length);
    for (const index of changed) {
      out.varint(index);
      this.value(items[index]);
    }
    return at;
  }

  /** Writes what an object that is about to change holds so far. Returns where. */
  writeOrigin(object: object): number {
    return this.rewrite(object);
  }

  protected override node(node: Node): void {
    this.out.varint(node.id + NODE_SHIFT);
  }

  /** Writes the registers of a machine. Returns where. */
  registers({ node, env, frame, value, dynamic, pending, limits }: Machine): number {
    const { out } = this;
    const here = node === undefined ? NO_ENV : env;
    const given = node === undefined && pending === undefined ? value : undefined;
    for (const root of [frame, given, dynamic, pending?.callee, ...(pending?.values ?? [])]) this.ensure(root);
    this.ensureEnv(here);
    const at = this.offset;
    if (node === undefined) out.varint(0);
    else this.node(node);
    this.env(here);
    for (const root of [frame, given, dynamic]) this.value(root);
    out.double(limits.alarmBytes);
    out.byte(pending === undefined ? 0 : 1);
    if (pending !== undefined) {
      this.value(pending.callee);
      this.list(pending.values);
    }
    return at;
  }

  protected override nodeNumber(node: Node): number {
    return node.op === OP.resume ? -1 : node.id + NODE_SHIFT;
  }

  protected override pushNode(): void {
    // Nodes are in the registry.
  }

  protected override template(template: Template): void {
    this.out.varint(template.id);
  }

  protected override takeOutside(object: object): boolean {
    if (!isOutside(object)) return false;
    this.#registry.add(object);
    return true;
  }

  protected override pushHost(object: object): boolean {
    if (!(object instanceof Cell)) return false;
    this.push(object.value);
    return true;
  }

  protected override hostRecord(object: object): boolean {
    if (!(object instanceof Cell)) return false;
    this.out.byte(TAG.cell);
    this.value(object.value);
    return true;
  }
}

/** Reads what a history keeps, as it was at one keyframe. */
export class HistoryReader extends ValueReader {
  readonly #registry: Registry;
  readonly #assign: (cell: Cell, value: Value) => void;

  /** `assign` gives a global variable its value. */
  constructor(
    log: Log,
    marks: Marks,
    versions: ReadonlyMap<number, number>,
    registry: Registry,
    assign: (cell: Cell, value: Value) => void,
  ) {
    super(log, marks, versions);
    this.#registry = registry;
    this.#assign = assign;
  }

  /** Reads the registers of a machine, and everything else that is to be read. */
  registers(machine: Machine, at: number): void {
    const cursor = this.log.at(at);
    const offset = at - cursor.at;
    const first = cursor.varint();
    machine.node = first === 0 ? undefined : this.node(cursor, first);
    machine.env = this.environment(cursor, offset);
    const [frame, value, dynamic] = [0, 1, 2].map(() => this.value(cursor, offset));
    machine.limits.alarmBytes = cursor.double();
    let pending: PendingCall | undefined;
    if (cursor.byte() === 1) {
      const callee = this.value(cursor, offset);
      pending = { callee, values: this.list(cursor, offset) };
    }
    this.finish();
    if (!(frame instanceof Frame)) throw damaged();
    machine.frame = frame;
    machine.value = value;
    machine.dynamic = dynamic as Dynamic;
    machine.pending = pending;
  }

  protected override node(_cursor: Cursor, first: number): Node {
    return this.#registry.node(first - NODE_SHIFT);
  }

  protected override template(cursor: Cursor): Template {
    const { template } = this.#registry.node(cursor.varint());
    if (template === undefined) throw damaged();
    return template;
  }

  protected override pinned(id: number): object {
    return this.#registry.object(id);
  }

  protected override makeHost(tag: number): object {
    throw failure("image", `the saved bytes are damaged: there is no record of kind ${tag}`);
  }

  protected override fillHost(object: object, tag: number, cursor: Cursor, offset: number): void {
    if (tag !== TAG.cell || !(object instanceof Cell)) throw damaged();
    this.#assign(object, this.value(cursor, offset));
  }
}
