/**
 * The arrays of a model that live as long as its density: data, and what picks elements by index.
 */
import type * as Jax from "@jax-js/jax";
import { type Node, orderOf } from "../graph/node.ts";
import type { Shape } from "../graph/shape.ts";

type JaxArray = Jax.Array;
type Library = typeof Jax;

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

function arrayOf({ numpy: np }: Library, values: readonly number[], shape: Shape): JaxArray {
  return np.array(Float32Array.from(values)).reshape([...shape]);
}
