/**
 * Runs a traced model with jax-js arrays. jax-js moves what it is given: each array is lent once for every step that
 * reads it, the last time for good, so that nothing is lost. jax-js 0.1.25 has no loop that it can differentiate, so the
 * steps of a scan are traced one after the other.
 */
import type * as Jax from "@jax-js/jax";
import { BayesError } from "../errors.ts";
import { type Node, orderOf, type ScanBody } from "../graph/node.ts";
import type { Constants } from "./constants.ts";
import { cholesky, solveLower } from "./factors.ts";
import { type ElementwiseFunctions, elementwiseOf } from "./functions.ts";

type JaxArray = Jax.Array;
type Library = typeof Jax;

/** What all steps of a run share. */
interface Context {
  readonly jax: Library;
  readonly functions: ElementwiseFunctions;
  readonly constants: Constants;
  /** The unconstrained ones; lent to each step that reads them. */
  readonly parameters: JaxArray;
  /** A 1 that jax-js takes for no literal. */
  readonly one: JaxArray;
}

/** Computes one value of a model from the unconstrained parameters, whose reference is taken. */
export function runOnJax(jax: Library, output: Node, constants: Constants, parameters: JaxArray): JaxArray {
  const one = jax.numpy.array(Float32Array.of(1, 2)).slice([0, 1]);
  const run = new Run({ jax, functions: elementwiseOf(jax), constants, parameters, one });
  const [value] = run.compute(orderOf([output]), [output]);
  parameters.dispose();
  one.dispose();
  if (!value) throw new Error("the run gave nothing");
  return value;
}

/** Steps that are computed together, and how often each will still be read. */
class Run {
  readonly #context: Context;
  readonly #values = new Map<Node, JaxArray>();
  readonly #left = new Map<Node, number>();
  /** States and outputs of a scan that no step has taken yet. */
  readonly #scans = new Map<Node, (JaxArray | undefined)[]>();

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Computes steps in order.
   *
   * @param given - arrays of steps that are not computed here; taken over.
   * @returns one array for each of `outputs`.
   */
  compute(
    nodes: readonly Node[],
    outputs: readonly Node[],
    given: ReadonlyMap<Node, JaxArray> = new Map(),
  ): JaxArray[] {
    for (const node of nodes) if (node.operation.kind !== "scanResult") this.#expectReads(node.inputs);
    this.#expectReads(outputs);
    for (const [node, value] of given) this.#set(node, value);
    for (const node of nodes) {
      if (node.operation.kind === "scan") this.#scans.set(node, this.#runScan(node, node.operation.scan));
      else this.#set(node, this.#step(node));
    }
    for (const results of this.#scans.values()) for (const unread of results) unread?.dispose();
    return outputs.map((output) => this.#takeToJoin(output));
  }

  #expectReads(nodes: readonly Node[]): void {
    for (const node of nodes) this.#left.set(node, (this.#left.get(node) ?? 0) + 1);
  }

  #set(node: Node, value: JaxArray): void {
    if ((this.#left.get(node) ?? 0) === 0) value.dispose();
    else this.#values.set(node, value);
  }

  /** One read: the last one takes the array away. */
  #take(node: Node | undefined): JaxArray {
    const value = node && this.#values.get(node);
    if (!value) throw new Error(`step ${node?.id} (${node?.operation.kind}) was not computed`);
    const left = (this.#left.get(node) ?? 0) - 1;
    this.#left.set(node, left);
    if (left > 0) return value.ref;
    this.#values.delete(node);
    return value;
  }

  /**
   * The same, to be joined with others: in a jitted function jax-js 0.1.25 pads a literal with itself instead of 0, so a
   * known number is made to be none.
   */
  #takeToJoin(node: Node | undefined): JaxArray {
    const value = this.#take(node);
    if (!node || node.isVariable || node.size !== 1) return value;
    return value.mul(this.#context.one.ref.reshape([...node.shape]));
  }

  /** All steps of a loop, and what it comes to: the last states, then the stacked outputs. */
  #runScan(node: Node, { length, stateIn, elements, stateOut, outputs, nodes }: ScanBody): (JaxArray | undefined)[] {
    const { numpy: np } = this.#context.jax;
    const taken = node.inputs.map((input, index) =>
      index < stateIn.length ? this.#takeToJoin(input) : this.#take(input),
    );
    let states = taken.slice(0, stateIn.length);
    const items = taken.slice(stateIn.length, stateIn.length + elements.length);
    const outside = taken.slice(stateIn.length + elements.length);
    const outsideNodes = node.inputs.slice(stateIn.length + elements.length);
    const stacked: JaxArray[][] = outputs.map(() => []);
    for (let t = 0; t < length; t += 1) {
      const given = new Map<Node, JaxArray>();
      for (const [index, state] of states.entries()) give(given, stateIn[index], state);
      for (const [index, item] of items.entries()) give(given, elements[index], item.ref.slice(t));
      for (const [index, value] of outside.entries()) give(given, outsideNodes[index], value.ref);
      const results = new Run(this.#context).compute(nodes, [...stateOut, ...outputs], given);
      states = results.slice(0, stateIn.length);
      for (const [index, value] of results.slice(stateIn.length).entries())
        stacked[index]?.push(value.reshape([1, ...(outputs[index]?.shape ?? [])]));
    }
    for (const array of [...items, ...outside]) array.dispose();
    return [...states, ...stacked.map((values) => np.concatenate(values))];
  }

  #step(node: Node): JaxArray {
    const { jax, functions, parameters } = this.#context;
    const { numpy: np, nn } = jax;
    const { operation, inputs, shape, size } = node;
    const constant = this.#context.constants.get(node);
    const read = (index: number): JaxArray => this.#take(inputs[index]);
    switch (operation.kind) {
      case "constant":
        if (!constant) throw new Error(`constant ${node.id} was not made`);
        return constant.ref;
      case "parameter":
        return parameters.ref.slice([operation.offset, operation.offset + size]).reshape([...shape]);
      case "elementwise": {
        const x = read(0);
        return inputs.length > 1 ? functions[operation.name](x, read(1)) : functions[operation.name](x, x);
      }
      case "sum":
        return operation.axis === "all" ? np.sum(read(0)) : np.sum(read(0), -1);
      case "logSumExp":
        return operation.axis === "all" ? nn.logsumexp(np.ravel(read(0)), 0) : nn.logsumexp(read(0), -1);
      case "cumulativeSum":
        return np.cumsum(read(0), 0);
      case "matmul":
        return np.matmul(read(0), read(1));
      case "transpose":
        return np.transpose(read(0));
      case "cholesky":
        return cholesky(np, read(0));
      case "solveLower": {
        const [rows, columns] = [shape[0] ?? 1, shape[1] ?? 1];
        const [lower, right] = [read(0), read(1).reshape([rows, columns])];
        return solveLower(np, lower, right, operation.isTransposed).reshape([...shape]);
      }
      case "gather": {
        const [start = 0] = Array.from(operation.indexes);
        const flat = np.ravel(read(0));
        const taken = constant ? np.matmul(constant.ref, flat) : flat.slice([start, start + size]);
        return taken.reshape([...shape]);
      }
      case "concat":
        return np.concatenate(inputs.map((input) => np.ravel(this.#takeToJoin(input)))).reshape([...shape]);
      case "reshape":
        return read(0).reshape([...shape]);
      case "scanResult": {
        const results = inputs[0] && this.#scans.get(inputs[0]);
        const result = results?.[operation.index];
        if (!results || !result) throw new Error(`result ${operation.index} of a scan was not computed`);
        results[operation.index] = undefined;
        return result;
      }
      default:
        throw new BayesError("ERR_BAYES_UNSUPPORTED", `${operation.kind} runs on the compiled backend only`);
    }
  }
}

function give(given: Map<Node, JaxArray>, node: Node | undefined, value: JaxArray): void {
  // One operand may be two inputs: the step reads it under one name.
  if (!node || given.has(node)) value.dispose();
  else given.set(node, value);
}
