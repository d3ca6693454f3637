/**
 * A loop over time: autoregressive and GARCH models, filters, hidden Markov models. Its body is traced once, whatever
 * the number of steps; state is carried from one step to the next.
 */
import { BayesError } from "../errors.ts";
import { createNode, newestId, type Node, orderOf } from "./node.ts";
import { sameShape, shapeInWords } from "./shape.ts";
import { type Operand, record, toValue, Value } from "./value.ts";

/** What one step gives. */
export interface ScanStep<S> {
  readonly state: S;
  /** Kept from each step and stacked: numbers become a vector, vectors the rows of a matrix. */
  readonly output?: Operand;
}

/**
 * Runs a step once for each element (or row) of some sequences of one length.
 *
 * @returns the last state, and the stacked outputs where steps have any.
 * @throws BayesError `ERR_BAYES_SHAPE` where lengths differ, or a step changes the shape of the state.
 */
export function scan<const S extends readonly Operand[]>(
  initial: S,
  sequences: readonly Operand[],
  step: (state: { [K in keyof S]: Value }, elements: readonly Value[]) => ScanStep<readonly Operand[]>,
): { readonly state: { [K in keyof S]: Value }; readonly outputs: Value | undefined } {
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
  const valuesIn = stateIn.map((node) => new Value(node)) as { [K in keyof S]: Value };
  const result = step(
    valuesIn,
    elements.map((node) => new Value(node)),
  );
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
  const values = results.map((shape, index) => record({ kind: "scanResult", index }, [whole], shape));
  const state = values.slice(0, start.length) as unknown as { [K in keyof S]: Value };
  return { state, outputs: outputs.length > 0 ? values[start.length] : undefined };
}
