/**
 * Runs a traced model with jax-js arrays. jax-js moves what it is given: each array is lent once for every step that
 * reads it, the last time for good, so that nothing is lost.
 */
import type * as Jax from "@jax-js/jax";
import { BayesError } from "../errors.ts";
import type { ElementwiseName } from "../graph/elementwise.ts";
import { type Node, orderOf } from "../graph/node.ts";
import type { Shape } from "../graph/shape.ts";

type JaxArray = Jax.Array;
type Library = typeof Jax;

/** Functions of elements; what jax-js lacks is put together from what it has. */
function elementwiseOf({
  numpy: np,
  nn,
  lax,
}: Library): Readonly<Record<ElementwiseName, (x: JaxArray, y: JaxArray) => JaxArray>> {
  return {
    add: np.add,
    subtract: np.subtract,
    multiply: np.multiply,
    divide: np.trueDivide,
    power: np.power,
    maximum: np.maximum,
    logAddExp: np.logaddexp,
    less: (x, y) => np.less(x, y).astype(np.float32),
    negate: np.negative,
    reciprocal: np.reciprocal,
    exp: np.exp,
    log: np.log,
    log1p: np.log1p,
    expm1: np.expm1,
    sqrt: np.sqrt,
    square: np.square,
    absolute: np.absolute,
    sin: np.sin,
    cos: np.cos,
    tanh: np.tanh,
    atan: np.atan,
    logistic: nn.sigmoid,
    softplus: nn.softplus,
    logGamma: (x) => logGamma(np, x),
    erf: lax.erf,
    logNormalCdf: (x) => np.log(lax.erfc(x.mul(-Math.SQRT1_2)).mul(0.5)),
  };
}

/** Stirling's series after six steps of the recurrence: single precision for every x above 0. */
function logGamma(np: Library["numpy"], x: JaxArray): JaxArray {
  let product = x.ref;
  for (let i = 1; i < 6; i += 1) product = product.mul(x.ref.add(i));
  const z = x.add(6);
  const inverse = np.reciprocal(z.ref);
  const square = np.square(inverse.ref);
  const series = inverse.mul(square.mul(-1 / 360).add(1 / 12));
  const stirling = np
    .log(z.ref)
    .mul(z.ref.sub(0.5))
    .sub(z)
    .add(series)
    .add(0.5 * Math.log(2 * Math.PI));
  return stirling.sub(np.log(product));
}

/** Arrays that live as long as the model: its data. */
export type Constants = Map<Node, JaxArray>;

/** Makes the constants of a model. */
export function makeConstants(jax: Library, output: Node): Constants {
  const constants: Constants = new Map();
  const collect = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      const { operation, shape } = node;
      if (operation.kind === "constant") constants.set(node, arrayOf(jax, Array.from(operation.values), shape));
      if (operation.kind === "gather" && !isRun(operation.indexes))
        constants.set(node, selection(jax, node, operation.indexes));
      if (operation.kind === "scan") collect(operation.scan.nodes);
    }
  };
  collect(orderOf([output]));
  return constants;
}

function isRun(indexes: ArrayLike<number>): boolean {
  return Array.from(indexes).every((index, i) => index === (indexes[0] ?? 0) + i);
}

/** A matrix that picks elements: jax-js cannot jit the gradient of taking them by index. */
function selection(jax: Library, { inputs, size }: Node, indexes: ArrayLike<number>): JaxArray {
  const columns = inputs[0]?.size ?? 0;
  const values = new Float32Array(size * columns);
  for (let row = 0; row < size; row += 1) values[row * columns + (indexes[row] ?? 0)] = 1;
  return jax.numpy.array(values).reshape([size, columns]);
}

function arrayOf(jax: Library, values: readonly number[], shape: Shape): JaxArray {
  return jax.numpy.array(Float32Array.from(values)).reshape([...shape]);
}

/** Steps that one run has computed, and how often each will still be read. */
class Run {
  readonly #values = new Map<Node, JaxArray | readonly JaxArray[]>();
  readonly #left = new Map<Node, number>();

  expectReads(nodes: readonly Node[]): void {
    for (const node of nodes) this.#left.set(node, (this.#left.get(node) ?? 0) + 1);
  }

  set(node: Node, value: JaxArray): void {
    if ((this.#left.get(node) ?? 0) === 0) value.dispose();
    else this.#values.set(node, value);
  }

  /** One read: the last one takes the array away. */
  take(node: Node): JaxArray {
    const value = this.#values.get(node) as JaxArray | undefined;
    if (!value) throw new Error(`step ${node.id} (${node.operation.kind}) was not computed`);
    const left = (this.#left.get(node) ?? 0) - 1;
    this.#left.set(node, left);
    if (left > 0) return value.ref;
    this.#values.delete(node);
    return value;
  }
}

/** Computes one value of a model from the unconstrained parameters, whose reference is taken. */
export function runOnJax(jax: Library, output: Node, constants: Constants, parameters: JaxArray): JaxArray {
  const run = new Run();
  const order = orderOf([output]);
  for (const node of order) run.expectReads(node.operation.kind === "scanResult" ? [] : node.inputs);
  run.expectReads([output]);
  const functions = elementwiseOf(jax);
  for (const node of order) {
    if (node.operation.kind === "scan" || node.operation.kind === "scanResult") {
      throw new BayesError("ERR_BAYES_UNSUPPORTED", "a scan runs on the compiled backend only");
    }
    run.set(node, compute(jax, functions, run, node, constants, parameters));
  }
  parameters.dispose();
  return run.take(output);
}

function compute(
  jax: Library,
  functions: ReturnType<typeof elementwiseOf>,
  run: Run,
  node: Node,
  constants: Constants,
  parameters: JaxArray,
): JaxArray {
  const { numpy: np, lax, nn } = jax;
  const { operation, inputs, shape, size } = node;
  const constant = constants.get(node);
  const read = (index: number): JaxArray => {
    const input = inputs[index];
    if (!input) throw new Error(`step ${node.id} lacks an input`);
    return run.take(input);
  };
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
      return lax.linalg.cholesky(read(0));
    case "solveLower": {
      const options = { leftSide: true, lower: true, transposeA: operation.isTransposed };
      const [rows, columns] = [shape[0] ?? 1, shape[1] ?? 1];
      return lax.linalg.triangularSolve(read(0), read(1).reshape([rows, columns]), options).reshape([...shape]);
    }
    case "gather": {
      const [start = 0] = Array.from(operation.indexes);
      const flat = np.ravel(read(0));
      const taken = constant ? np.matmul(constant.ref, flat) : flat.slice([start, start + size]);
      return taken.reshape([...shape]);
    }
    case "concat":
      return np.concatenate(inputs.map((_, index) => np.ravel(read(index)))).reshape([...shape]);
    case "reshape":
      return read(0).reshape([...shape]);
    default:
      throw new BayesError("ERR_BAYES_UNSUPPORTED", `${operation.kind} runs on the compiled backend only`);
  }
}
