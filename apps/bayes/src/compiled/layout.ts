/**
 * Where each step of a model keeps its numbers: one arena for values and one of the same shape for their derivatives,
 * laid out before the first call, so that a call allocates nothing. Reshapes and runs of neighbours are views.
 */
import type { Node, ScanBody } from "../graph/node.ts";

/** A place in the arena: `offset`, or `base + offset` where a loop moves along it. */
export interface Place {
  /** Name of the variable that holds the moving part; empty where nothing moves. */
  readonly base: string;
  readonly offset: number;
}

/** Blocks of a scan, one for each step and one more whose state is the result. */
export interface ScanPlace {
  readonly block: Place;
  readonly blockSize: number;
  /** Variables of the generated loop: the block's place, and each sequence's. */
  readonly variable: string;
  readonly elementVariables: readonly string[];
  /** Stacked outputs. */
  readonly outputs: readonly Place[];
}

/** Gives places in order. */
export class Layout {
  /** Numbers in the arena so far. */
  size = 0;
  /** Tables of indexes, by the number in their name. */
  readonly tables: Int32Array[] = [];
  readonly #places = new Map<Node, Place>();
  readonly #scans = new Map<Node, ScanPlace>();
  #variables = 0;

  /** Keeps a table of indexes. @returns the name by which generated code reads it. */
  table(indexes: readonly number[]): string {
    this.tables.push(Int32Array.from(indexes));
    return `T${this.tables.length - 1}`;
  }

  /** The place of a step that was placed. */
  placeOf(node: Node): Place {
    const place = this.#places.get(node);
    if (!place) throw new Error(`step ${node.id} (${node.operation.kind}) has no place`);
    return place;
  }

  /** The blocks of a scan that was placed. */
  scanOf(node: Node): ScanPlace {
    const place = this.#scans.get(node);
    if (!place) throw new Error(`scan ${node.id} has no place`);
    return place;
  }

  /** Places parameters where they lie in the unconstrained vector. */
  placeParameters(nodes: readonly Node[], count: number): void {
    this.size = Math.max(this.size, count);
    for (const node of nodes)
      if (node.operation.kind === "parameter") this.#places.set(node, { base: "", offset: node.operation.offset });
  }

  /** Places steps, in order, where they have no place yet. */
  place(nodes: readonly Node[], base = ""): void {
    for (const node of nodes) if (!this.#places.has(node)) this.#placeOne(node, base);
  }

  #placeOne(node: Node, base: string): void {
    const { operation, inputs } = node;
    const [input] = inputs;
    if (operation.kind === "scan") return this.#placeScan(node, operation.scan, base);
    if (operation.kind === "scanResult" && input?.operation.kind === "scan") {
      const place = this.scanOf(input);
      const { stateIn, length } = input.operation.scan;
      const state = stateIn[operation.index];
      const output = place.outputs[operation.index - stateIn.length];
      const last = { base: place.block.base, offset: place.block.offset + length * place.blockSize };
      const view = state ? { base: last.base, offset: last.offset + this.placeOf(state).offset } : output;
      if (view) this.#places.set(node, view);
      return;
    }
    const start =
      operation.kind === "reshape" ? 0 : operation.kind === "gather" ? runStart(operation.indexes) : undefined;
    const of = input && start !== undefined ? this.placeOf(input) : undefined;
    if (of && start !== undefined) {
      this.#places.set(node, { base: of.base, offset: of.offset + start });
      return;
    }
    this.#places.set(node, { base, offset: this.size });
    this.size += node.size;
  }

  /** Offsets within a block are counted from its start; the size of the whole is known once one block is laid out. */
  #placeScan(node: Node, scan: ScanBody, base: string): void {
    this.#variables += 1;
    const id = this.#variables;
    const variable = `p${id}`;
    const outer = this.size;
    this.size = 0;
    this.place(scan.stateIn, variable);
    const elementVariables = scan.elements.map((element, index) => {
      this.#places.set(element, { base: `e${id}_${index}`, offset: 0 });
      return `e${id}_${index}`;
    });
    this.place(scan.nodes, variable);
    const blockSize = this.size;
    const block = { base, offset: outer };
    this.size = outer + (scan.length + 1) * blockSize;
    const outputs = scan.outputs.map(({ size }) => {
      const place = { base, offset: this.size };
      this.size += scan.length * size;
      return place;
    });
    this.#scans.set(node, { block, blockSize, variable, elementVariables, outputs });
  }
}

/** The first of indexes that follow each other; `undefined` where they do not. */
function runStart(indexes: ArrayLike<number>): number | undefined {
  const [start] = Array.from(indexes);
  return start !== undefined && Array.from(indexes).every((index, i) => index === start + i) ? start : undefined;
}

/** A place as an expression, `more` numbers on. */
export function address({ base, offset }: Place, more = ""): string {
  return [base, String(offset), more].filter((part) => part !== "" && part !== "0").join(" + ") || "0";
}
