/**
 * A loop over time: autoregressive and GARCH models, filters, hidden Markov models. Its body is traced once, whatever
 * the number of steps; state is carried from one step to the next.
 */
import { BayesError } from "../errors.ts";
import { createNode, newestId, type Node, orderOf } from "./node.ts";
import { sameShape, shapeInWords } from "./shape.ts";
import { type Operand, toValue, Value } from "./value.ts";

/** What one step gives. */
export interface ScanStep {
  readonly state: readonly Operand[];
  /** Kept from each step and stacked: numbers become a vector, vectors the rows of a matrix. */
  readonly output?: Operand;
}

/** A value for each operand of a list. */
type ValuesOf<T extends readonly Operand[]> = { readonly [K in keyof T]: Value };

/** What a loop comes to. */
export interface ScanResult<S extends readonly Operand[], R extends ScanStep> {
  /** After the last step. */
  readonly state: ValuesOf<S>;
  /** Of all steps; `undefined` where they give none. */
  readonly outputs: R extends { readonly output: Operand } ? Value : undefined;
}

/**
 * Runs a step once for each element (or row) of some sequences of one length.
 *
 * @returns the last state, and the stacked outputs where steps have any.
 * @throws BayesError `ERR_BAYES_SHAPE` where lengths differ, or a step changes the shape of the state.
 */
export function scan<const S extends readonly Operand[], const E extends readonly Operand[], R extends ScanStep>(
  initial: S,
  sequences: E,
  step: (state: ValuesOf<S>, elements: ValuesOf<E>) => R,
): ScanResult<S, R> {
  const start = initial.map((operand) => toValue(operand).node);
  const items = sequences.map((operand) => toValue(operand).node);
  const length = items[0]?.shape[0];
  if (length === undefined || items.some(({ shape }) => shape[0] !== length)) {
    throw new BayesError("ERR_BAYES_SHAPE", "a scan needs sequences of one length", {
      shapes: items.map(({ shape }) => shape),
    });
  }
  const before = newestId();
  const stateIn = start.map(({ shape }) => createNode({ kind: "placeholder" }, [], shape));
  const elements = items.map(({ shape }) => createNode({ kind: "placeholder" }, [], shape.slice(1)));
  const result = step(valuesOf<S>(stateIn), valuesOf<E>(elements));
  const stateOut = result.state.map((operand) => toValue(operand).node);
  const outputs = result.output === undefined ? [] : [toValue(result.output).node];
  for (const [index, { shape }] of start.entries()) {
    const after = stateOut[index];
    if (stateOut.length === start.length && after && sameShape(after.shape, shape)) continue;
    const got = after ? shapeInWords(after.shape) : "nothing";
    throw new BayesError("ERR_BAYES_SHAPE", `a step of a scan turns ${shapeInWords(shape)} into ${got}`);
  }
  const placeholders = new Set<Node>([...stateIn, ...elements]);
  // What does not depend on the state is computed once, outside.
  const isOutside = (node: Node): boolean => node.id <= before || !node.isVariable;
  const nodes = orderOf([...stateOut, ...outputs], (node) => isOutside(node) || placeholders.has(node));
  const read = [...stateOut, ...outputs, ...nodes.flatMap(({ inputs }) => inputs)];
  const outside = new Set(read.filter((node) => isOutside(node) && !placeholders.has(node)));
  const body = { length, stateIn, elements, stateOut, outputs, nodes };
  const all = [...start, ...items, ...outside];
  const whole = createNode({ kind: "scan", scan: body }, all, []);
  const results = [...stateOut.map(({ shape }) => shape), ...outputs.map(({ shape }) => [length, ...shape])];
  const values = results.map((shape, index) => createNode({ kind: "scanResult", index }, [whole], shape));
  const stacked = values[start.length];
  return {
    state: valuesOf<S>(values.slice(0, start.length)),
    outputs: (stacked && new Value(stacked)) as ScanResult<S, R>["outputs"],
  };
}

/** One value for each operand, in their order. */
function valuesOf<T extends readonly Operand[]>(nodes: readonly Node[]): ValuesOf<T> {
  return nodes.map((node) => new Value(node)) as unknown as ValuesOf<T>;
}
