/**
 * What a model computes with: a value whose number is not known yet. Operations on it are recorded (node.ts) and run
 * later, thousands of times. Plain numbers and arrays of numbers may stand wherever a value may.
 */
import { BayesError } from "../errors.ts";
import type { ElementwiseName } from "./elementwise.ts";
import { createNode, type Node, type Operation } from "./node.ts";
import { broadcast, type Shape, shapeInWords, sizeOf } from "./shape.ts";

/** A number, a vector or a matrix: known, or a value. */
export type Operand = Value | number | ArrayLike<number> | readonly (readonly number[])[];

/** A number, vector or matrix that is computed when the model runs. */
export class Value {
  /** What computes it. */
  readonly node: Node;

  constructor(node: Node) {
    this.node = node;
  }

  /** Lengths of its axes: `[]` for a number. */
  get shape(): Shape {
    return this.node.shape;
  }

  /** Length of the first axis. */
  get length(): number {
    return this.shape[0] ?? 1;
  }

  add(other: Operand): Value {
    return elementwise("add", this, other);
  }

  sub(other: Operand): Value {
    return elementwise("subtract", this, other);
  }

  mul(other: Operand): Value {
    return elementwise("multiply", this, other);
  }

  div(other: Operand): Value {
    return elementwise("divide", this, other);
  }

  pow(exponent: Operand): Value {
    return elementwise("power", this, exponent);
  }

  neg(): Value {
    return elementwise("negate", this);
  }

  exp(): Value {
    return elementwise("exp", this);
  }

  log(): Value {
    return elementwise("log", this);
  }

  sqrt(): Value {
    return elementwise("sqrt", this);
  }

  square(): Value {
    return elementwise("square", this);
  }

  /** Sum over all elements; of none it is 0. */
  sum(): Value {
    if (this.node.size === 0) return toValue(0);
    return record({ kind: "sum", axis: "all" }, [this.node], []);
  }

  /** Arithmetic mean of all elements. */
  mean(): Value {
    return this.sum().div(this.node.size);
  }

  /**
   * The element (of a vector) or the row (of a matrix) at an index; negative ones count from the end.
   *
   * @throws BayesError `ERR_BAYES_SHAPE` where there is none.
   */
  at(index: number): Value {
    const position = index < 0 ? this.length + index : index;
    return this.take([position], this.shape.slice(1));
  }

  /** Elements, or rows, from `start` to before `end`. Default: the last. */
  slice(start: number, end: number = this.length): Value {
    return this.take(Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i));
  }

  /** Elements, or rows, at some indexes: one for each group that an observation belongs to, say. */
  gather(indexes: ArrayLike<number>): Value {
    return this.take(Array.from(indexes));
  }

  /** The same numbers in another shape. */
  reshape(...shape: number[]): Value {
    if (sizeOf(shape) !== this.node.size) {
      throw new BayesError(
        "ERR_BAYES_SHAPE",
        `${shapeInWords(this.shape)} does not fit into ${shapeInWords(shape)}`,
        {},
      );
    }
    return record({ kind: "reshape" }, [this.node], shape);
  }

  private take(indexes: readonly number[], shape: Shape = [indexes.length, ...this.shape.slice(1)]): Value {
    const row = sizeOf(this.shape.slice(1));
    const wrong = indexes.find((index) => !Number.isInteger(index) || index < 0 || index >= this.length);
    if (this.shape.length === 0 || wrong !== undefined) {
      throw new BayesError("ERR_BAYES_SHAPE", `${shapeInWords(this.shape)} has no element ${wrong ?? 0}`, {
        index: wrong,
      });
    }
    const flat = indexes.flatMap((index) => Array.from({ length: row }, (_, i) => index * row + i));
    return record({ kind: "gather", indexes: flat }, [this.node], shape);
  }
}

/** Records a step and gives its value. */
export function record(operation: Operation, inputs: readonly Node[], shape: Shape): Value {
  return new Value(createNode(operation, inputs, shape));
}

/** A value of what is known already. */
export function toValue(operand: Operand): Value {
  if (operand instanceof Value) return operand;
  if (typeof operand === "number") return record({ kind: "constant", values: [operand] }, [], []);
  const rows = Array.from(operand as ArrayLike<number | readonly number[]>);
  const [first] = rows;
  if (!Array.isArray(first)) return record({ kind: "constant", values: rows as number[] }, [], [rows.length]);
  const columns = first.length;
  const matrix = rows as readonly (readonly number[])[];
  if (matrix.some((row) => row.length !== columns)) {
    throw new BayesError("ERR_BAYES_SHAPE", "the rows of a matrix differ in length", {
      lengths: matrix.map((row) => row.length),
    });
  }
  return record({ kind: "constant", values: matrix.flat() }, [], [rows.length, columns]);
}

/** Applies a function of one or two numbers to each element, with broadcasting. */
export function elementwise(name: ElementwiseName, ...operands: readonly Operand[]): Value {
  const nodes = operands.map((operand) => toValue(operand).node);
  const shape = nodes.map((node) => node.shape).reduce((a, b) => broadcast(name, a, b));
  return record({ kind: "elementwise", name }, nodes, shape);
}
