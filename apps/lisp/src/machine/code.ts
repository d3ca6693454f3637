/**
 * The code table, from numbers to nodes: a saved state names nodes by number. It also knows which nodes rely on the first meaning of
 * a primitive's name, and changes them when that meaning changes. It holds code weakly, form by form: what no closure, frame or
 * continuation can reach any more is freed, as soon as the turn of the event loop ends.
 */
import type { Value } from "../data/values.ts";
import type { Site } from "../expander/ast.ts";
import type { Cell } from "../expander/binding.ts";
import type { CodeTable } from "./generate.ts";
import { block, Node, Unit } from "./node.ts";

/** Weak references that are swept when they have doubled. */
class WeakList {
  #refs: WeakRef<Unit>[] = [];
  #sweepAt = 64;

  push(unit: Unit): void {
    if (this.#refs.length >= this.#sweepAt) {
      this.#refs = this.#refs.filter((ref) => ref.deref() !== undefined);
      this.#sweepAt = Math.max(64, 2 * this.#refs.length);
    }
    this.#refs.push(unit.ref);
  }

  /** Those that are left, in the order in which they were made. */
  units(): Unit[] {
    return this.#refs.flatMap((ref) => ref.deref() ?? []);
  }
}

interface Reliance {
  /** The first meaning. */
  readonly meaning: Value;
  /** The code that relies on it. */
  readonly units: WeakList;
}

/** All nodes of a system. */
export class Code implements CodeTable {
  readonly #units = new WeakList();
  readonly #reliances = new WeakMap<Cell, Reliance>();
  #unit = new Unit(0);
  #next = 0;

  open(): void {
    this.#unit = new Unit(this.#next);
    this.#units.push(this.#unit);
  }

  close(): void {
    this.#unit = new Unit(this.#next);
  }

  add(op: number, site: Site): Node {
    const node = new Node(this.#next++, op, site);
    node.unit = this.#unit;
    this.#unit.nodes.push(node);
    return node;
  }

  /** Takes over the code of a form that comes from elsewhere. */
  adopt(unit: Unit, nodes: readonly Node[]): void {
    this.#units.push(unit);
    this.#next = Math.max(this.#next, unit.first + nodes.length);
    for (const node of nodes) {
      node.unit = unit;
      unit.nodes.push(node);
    }
  }

  /** Notes what such a node relies on: that its variable has this first meaning. */
  relyOn(node: Node, meaning: Value): void {
    if (node.unit !== undefined) this.#rely(node.unit, node, node.cell, meaning);
    if (node.cell.value !== meaning) block(node, 1);
  }

  /** The number of the next node. */
  get nextNode(): number {
    return this.#next;
  }

  /** What a node relies on: the first meaning of its variable. */
  meaning(node: Node): Value {
    return this.#reliances.get(node.cell)?.meaning;
  }

  /** The forms whose code can still be reached, or was until this turn of the event loop. */
  units(): readonly Unit[] {
    return this.#units.units();
  }

  mayRely(cell: Cell): boolean {
    const known = this.#reliances.get(cell);
    return known === undefined || known.meaning === cell.value;
  }

  rely(node: Node, cell: Cell): void {
    this.#rely(this.#unit, node, cell, cell.value);
  }

  #rely(unit: Unit, node: Node, cell: Cell, meaning: Value): void {
    let known = this.#reliances.get(cell);
    if (known === undefined) this.#reliances.set(cell, (known = { meaning, units: new WeakList() }));
    const { relying } = unit;
    const nodes = relying.get(cell);
    if (nodes !== undefined) nodes.push(node);
    else {
      relying.set(cell, [node]);
      known.units.push(unit);
    }
  }

  /** To be called before `cell` gets another value. */
  reassigned(cell: Cell, value: Value): void {
    const reliance = this.#reliances.get(cell);
    if (reliance === undefined) return;
    const [had, has] = [cell.value === reliance.meaning, value === reliance.meaning];
    if (had === has) return;
    for (const { relying } of reliance.units.units())
      for (const node of relying.get(cell) ?? []) block(node, has ? -1 : 1);
  }
}
