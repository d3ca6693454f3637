/**
 * JavaScript for every kind of step, forward and backward (reverse-mode differentiation: A. Griewank and A. Walther,
 * Evaluating Derivatives, 2008). `V` holds values, `A` their derivatives; both are filled in place.
 */
import type { Node } from "../graph/node.ts";
import { type Emitted, emitLoop } from "./emit-loop.ts";
import { fuse, type Group } from "./fuse.ts";
import { address, type Layout, type Place } from "./layout.ts";

/** A view, or a step without an input, needs no code. */
const NOTHING: Emitted = { forward: "", backward: "" };

/** Writes steps in an order that works; each of the results is a statement or a loop. */
export function emit(nodes: readonly Node[], layout: Layout): Emitted[] {
  const isView = ({ operation }: Node): boolean =>
    operation.kind === "constant" || operation.kind === "parameter" || operation.kind === "placeholder";
  return fuse(nodes)
    .filter(({ nodes: [node] }) => node !== undefined && !isView(node))
    .map((group) => emitGroup(group, layout));
}

function emitGroup(group: Group, layout: Layout): Emitted {
  const [node] = group.nodes;
  if (!node) return NOTHING;
  return group.isLoop ? emitLoop(group, layout) : emitSingle(node, layout);
}

function emitSingle(node: Node, layout: Layout): Emitted {
  const { operation, inputs, shape } = node;
  const [x, y] = inputs;
  if (!x) return NOTHING;
  const place = (of: Node): string => address(layout.placeOf(of));
  const call = (name: string, ...args: readonly (string | number | boolean)[]): Emitted => ({
    forward: `${name}(V, ${args.join(", ")});`,
    backward: node.isVariable
      ? `${name}Backward(V, A, ${[...args, ...inputs.map((input) => input.isVariable)].join(", ")});`
      : "",
  });
  const columns = x.shape.at(-1) ?? 1;
  switch (operation.kind) {
    case "sum":
      return call("sumRows", place(x), place(node), node.size, columns);
    case "logSumExp": {
      const [rows, length] = operation.axis === "all" ? [1, x.size] : [node.size, columns];
      return call("logSumExpRows", place(x), place(node), rows, length);
    }
    case "cumulativeSum":
      return call("cumulativeSum", place(x), place(node), node.size);
    case "transpose":
      return call("transpose", place(x), place(node), x.shape[0] ?? 1, columns);
    case "cholesky":
      return call("cholesky", place(x), place(node), shape[0] ?? 1);
    case "matmul":
      return y ? call("matmul", place(x), place(y), place(node), x.shape[0] ?? 1, columns, y.shape[1] ?? 1) : NOTHING;
    case "solveLower":
      return y
        ? call("solveLower", place(x), place(y), place(node), columns, y.shape[1] ?? 1, operation.isTransposed)
        : NOTHING;
    case "concat":
      return emitConcat(node, layout);
    case "gather":
      return emitGather(node, layout, operation.indexes);
    case "scan":
      return emitScan(node, layout);
    default:
      return NOTHING; // a view of its input
  }
}

/** `for` over `size` elements, or one statement. */
function each(size: number, statement: (index: string) => string): string {
  return size === 1 ? statement("") : `for (let i = 0; i < ${size}; i += 1) ${statement("i")}`;
}

function copy(from: Place, to: Place, size: number): string {
  return each(size, (i) => `V[${address(to, i)}] = V[${address(from, i)}];`);
}

/** Gives the derivatives at one place on to another. */
function giveBack(from: Place, to: Place, size: number): string {
  return each(size, (i) => `A[${address(to, i)}] += A[${address(from, i)}];`);
}

const shift = ({ base, offset }: Place, by: number): Place => ({ base, offset: offset + by });

function emitConcat(node: Node, layout: Layout): Emitted {
  const whole = layout.placeOf(node);
  let filled = 0;
  const parts = node.inputs.map((input) => {
    const to = shift(whole, filled);
    filled += input.size;
    return { input, from: layout.placeOf(input), to };
  });
  return {
    forward: parts.map(({ input, from, to }) => copy(from, to, input.size)).join("\n"),
    backward: parts
      .filter(({ input }) => input.isVariable)
      .map(({ input, from, to }) => giveBack(to, from, input.size))
      .join("\n"),
  };
}

function emitGather(node: Node, layout: Layout, indexes: ArrayLike<number>): Emitted {
  const [x] = node.inputs;
  if (!x) return NOTHING;
  const [from, to] = [layout.placeOf(x), layout.placeOf(node)];
  const list = Array.from(indexes);
  if (list.every((index, i) => index === (list[0] ?? 0) + i)) return NOTHING; // a view
  if (list.length <= 4) {
    return {
      forward: list.map((index, i) => copy(shift(from, index), shift(to, i), 1)).join("\n"),
      backward: x.isVariable ? list.map((index, i) => giveBack(shift(to, i), shift(from, index), 1)).join("\n") : "",
    };
  }
  const table = layout.table(list);
  const source = address(from, `${table}[i]`);
  return {
    forward: each(list.length, (i) => `V[${address(to, i)}] = V[${source}];`),
    backward: x.isVariable ? each(list.length, (i) => `A[${source}] += A[${address(to, i)}];`) : "",
  };
}

function emitScan(node: Node, layout: Layout): Emitted {
  if (node.operation.kind !== "scan") return NOTHING;
  const { scan } = node.operation;
  const { block, blockSize, variable, elementVariables, outputs } = layout.scanOf(node);
  const start = node.inputs.slice(0, scan.stateIn.length);
  const items = node.inputs.slice(scan.stateIn.length, scan.stateIn.length + scan.elements.length);
  const body = emit(scan.nodes, layout);
  const first = (of: Node): Place => shift(block, layout.placeOf(of).offset);
  const next = (of: Node): Place => shift(layout.placeOf(of), blockSize);
  const stack = (index: number, size: number): Place => {
    const { base, offset } = outputs[index] ?? block;
    return { base: [base, `t * ${size}`].filter((part) => part !== "").join(" + "), offset };
  };
  const variables = [
    `const ${variable} = ${address(block, `t * ${blockSize}`)};`,
    ...items.map((item, index) => {
      const size = scan.elements[index]?.size ?? 1;
      return `const ${elementVariables[index]} = ${address(layout.placeOf(item), `t * ${size}`)};`;
    }),
  ].join(" ");
  const forward = [
    ...start.map((from, index) => copyTo(layout.placeOf(from), scan.stateIn[index], first)),
    `for (let t${variable} = 0; t${variable} < ${scan.length}; t${variable} += 1) {`,
    variables,
    ...body.map((each_) => each_.forward),
    ...scan.stateOut.map((from, index) => copyTo(layout.placeOf(from), scan.stateIn[index], next)),
    ...scan.outputs.map((from, index) => copy(layout.placeOf(from), stack(index, from.size), from.size)),
    "}",
  ].join("\n");
  const backward = [
    `for (let t${variable} = ${scan.length - 1}; t${variable} >= 0; t${variable} -= 1) {`,
    variables,
    ...scan.outputs
      .map((to, index) => ({ to, from: stack(index, to.size) }))
      .filter(({ to }) => to.isVariable)
      .map(({ to, from }) => giveBack(from, layout.placeOf(to), to.size)),
    ...scan.stateOut.map((to, index) => {
      const state = scan.stateIn[index];
      return state && to.isVariable ? giveBack(next(state), layout.placeOf(to), to.size) : "";
    }),
    ...body.map((each_) => each_.backward).toReversed(),
    "}",
    ...start.map((to, index) => {
      const state = scan.stateIn[index];
      return state && to.isVariable ? giveBack(first(state), layout.placeOf(to), to.size) : "";
    }),
  ].join("\n");
  const named = (text: string): string => text.replaceAll(/\bt \*/g, `t${variable} *`);
  return { forward: named(forward), backward: named(backward) };
}

function copyTo(from: Place, state: Node | undefined, place: (of: Node) => Place): string {
  return state ? copy(from, place(state), state.size) : "";
}
