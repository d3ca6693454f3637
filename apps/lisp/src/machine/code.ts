/**
 * The code table, from numbers to nodes: a saved state names nodes by number. It also knows which nodes rely on the first meaning of
 * a primitive's name, and changes them when that meaning changes.
 */
import type { Value } from "../data/values.ts";
import type { Site } from "../expander/ast.ts";
import type { Cell } from "../expander/binding.ts";
import type { CodeTable } from "./generate.ts";
import { block, Node } from "./node.ts";

interface Reliance {
  /** The first meaning. */
  readonly meaning: Value;
  /** The nodes that rely on it. */
  readonly nodes: Node[];
}

/** All nodes of a system. */
export class Code implements CodeTable {
  readonly #nodes: Node[] = [];
  readonly #reliances = new Map<Cell, Reliance>();

  add(op: number, site: Site): Node {
    const node = new Node(this.#nodes.length, op, site);
    this.#nodes.push(node);
    return node;
  }

  mayRely(cell: Cell): boolean {
    const known = this.#reliances.get(cell);
    return known === undefined || known.meaning === cell.value;
  }

  rely(node: Node, cell: Cell): void {
    const known = this.#reliances.get(cell);
    if (known === undefined) this.#reliances.set(cell, { meaning: cell.value, nodes: [node] });
    else known.nodes.push(node);
  }

  /** To be called before `cell` gets another value. */
  reassigned(cell: Cell, value: Value): void {
    const reliance = this.#reliances.get(cell);
    if (reliance === undefined) return;
    const [had, has] = [cell.value === reliance.meaning, value === reliance.meaning];
    if (had !== has) for (const node of reliance.nodes) block(node, has ? -1 : 1);
  }
}
