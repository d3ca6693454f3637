/**
 * One step of a traced model: an operation, what it reads and the shape of what it gives. A model is run once with
 * values that only record such steps; what follows, on either backend, works on the record.
 */
import type { ElementwiseName } from "./elementwise.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** What a step does. Lengths and indexes are fixed when the model is traced. */
export type Operation =
  | { readonly kind: "constant"; readonly values: ArrayLike<number> }
  /** A slice of the unconstrained parameters. */
  | { readonly kind: "parameter"; readonly offset: number }
  /** Filled by what surrounds it: the state or the element of one step of a scan. */
  | { readonly kind: "placeholder" }
  | { readonly kind: "elementwise"; readonly name: ElementwiseName }
  /** Over the last axis, or over all. */
  | { readonly kind: "sum" | "logSumExp"; readonly axis: "last" | "all" }
  | { readonly kind: "cumulativeSum" }
  | { readonly kind: "matmul" }
  | { readonly kind: "transpose" }
  /** Lower factor of a symmetric positive definite matrix. */
  | { readonly kind: "cholesky" }
  /** Solves `L x = b` (or its transpose) with a lower triangular `L`. */
  | { readonly kind: "solveLower"; readonly isTransposed: boolean }
  /** Elements of the flat input, in a new order. */
  | { readonly kind: "gather"; readonly indexes: ArrayLike<number> }
  | { readonly kind: "concat" }
  | { readonly kind: "reshape" }
  /** A loop over time; see scan.ts. */
  | { readonly kind: "scan"; readonly scan: ScanBody }
  /** One of the results of a scan. */
  | { readonly kind: "scanResult"; readonly index: number };

/** One traced step of a loop over time. */
export interface ScanBody {
  readonly length: number;
  /** Placeholders for the state that is carried on. */
  readonly stateIn: readonly Node[];
  /** Placeholders for the elements of the sequences. */
  readonly elements: readonly Node[];
  readonly stateOut: readonly Node[];
  /** Given out by each step and stacked. */
  readonly outputs: readonly Node[];
  /** All steps in order, without the placeholders and what lies outside. */
  readonly nodes: readonly Node[];
}

/** A traced step. */
export interface Node {
  /** Rises in the order of tracing: inputs have lower ones. */
  readonly id: number;
  readonly operation: Operation;
  readonly inputs: readonly Node[];
  readonly shape: Shape;
  /** Numbers held. */
  readonly size: number;
  /** False where it is known before sampling begins. */
  readonly isVariable: boolean;
}

let lastId = 0;

/** Records a step. */
export function createNode(operation: Operation, inputs: readonly Node[], shape: Shape): Node {
  const isSource = operation.kind === "parameter" || operation.kind === "placeholder";
  const isVariable = isSource || inputs.some((input) => input.isVariable);
  lastId += 1;
  return { id: lastId, operation, inputs, shape, size: sizeOf(shape), isVariable };
}

/** The id of the newest step: what a loop's body has recorded comes after it. */
export function newestId(): number {
  return lastId;
}

/** Everything that some steps need, themselves included, in an order that works; stops at `isBoundary`. */
export function orderOf(outputs: readonly Node[], isBoundary: (node: Node) => boolean = () => false): Node[] {
  const seen = new Set<Node>();
  const pending = [...outputs];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node) || isBoundary(node)) continue;
    seen.add(node);
    pending.push(...node.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
