/**
 * JavaScript for a group of functions of single elements: one loop forward, one backward. Inside a loop each value and
 * each derivative that the group itself made is a local variable; the arena keeps what others read.
 */
import { ELEMENTWISE, type Elementwise } from "../graph/elementwise.ts";
import type { Node } from "../graph/node.ts";
import { strides } from "../graph/shape.ts";
import type { Group } from "./fuse.ts";
import { address, type Layout } from "./layout.ts";

/** Statements of one group. */
export interface Emitted {
  readonly forward: string;
  readonly backward: string;
}

/** Index of an operand's element at place `i` of a loop over `shape`; empty where it is a single number. */
function indexIn(operand: Node, loop: Node | undefined, size: number): string {
  if (operand.size === 1) return "";
  if (operand.size === size || !loop) return "i";
  const steps = strides(operand.shape, loop.shape);
  let below = 1;
  const parts: string[] = [];
  for (let axis = loop.shape.length - 1; axis >= 0; axis -= 1) {
    const length = loop.shape[axis] ?? 1;
    const step = steps[axis] ?? 0;
    const along = below === 1 ? "i" : `((i / ${below}) | 0)`;
    const isSlowest = below * length === size;
    if (step > 0) parts.push(`${isSlowest ? along : `(${along} % ${length})`}${step === 1 ? "" : ` * ${step}`}`);
    below *= length;
  }
  return parts.join(" + ");
}

/** Writes the loop of a group. */
export function emitLoop({ nodes, size }: Group, layout: Layout): Emitted {
  const own = new Set(nodes);
  const loop = nodes.find(({ operation }) => operation.kind === "elementwise") ?? nodes[0]?.inputs[0];
  const at = (array: "V" | "A", node: Node): string =>
    `${array}[${address(layout.placeOf(node), indexIn(node, loop, size))}]`;
  const isSum = ({ operation }: Node): boolean => operation.kind === "sum";
  const wrap = (lines: readonly string[]): string =>
    size === 1 ? `{ ${lines.join("\n")} }` : `for (let i = 0; i < ${size}; i += 1) {\n${lines.join("\n")}\n}`;

  const forward: string[] = [];
  const read = (node: Node): string => (own.has(node) && !isSum(node) ? `v${node.id}` : at("V", node));
  for (const node of nodes) {
    const [x, y] = node.inputs;
    if (!x) continue;
    if (isSum(node)) forward.push(`s${node.id} += ${read(x)};`);
    else
      forward.push(
        `const v${node.id} = ${functionOf(node).value(read(x), y ? read(y) : "")}; ${at("V", node)} = v${node.id};`,
      );
  }
  const sums = nodes.filter(isSum);
  const opened = sums.map(({ id }) => `let s${id} = 0;`).join(" ");
  const closed = sums.map((node) => `V[${address(layout.placeOf(node))}] = s${node.id};`).join(" ");

  const variables = nodes.filter(({ isVariable }) => isVariable);
  const inner = new Set(variables.filter((node) => !isSum(node)));
  const single = new Map<Node, string>();
  const locals: string[] = [];
  for (const node of inner) locals.push(`let a${node.id} = ${at("A", node)};`);
  const give = (node: Node, amount: string): string => {
    if (!node.isVariable) return "";
    if (inner.has(node)) return `a${node.id} += ${amount};`;
    if (node.size > 1 || size === 1) return `${at("A", node)} += ${amount};`;
    single.set(node, `g${node.id}`);
    return `g${node.id} += ${amount};`;
  };
  const backward: string[] = [];
  const used = new Set<Node>();
  const load = (node: Node): string => {
    used.add(node);
    return `x${node.id}`;
  };
  for (const node of variables.toReversed()) {
    const [x, y] = node.inputs;
    if (!x) continue;
    if (isSum(node)) {
      backward.push(give(x, `A[${address(layout.placeOf(node))}]`));
      continue;
    }
    const { byX, byY } = functionOf(node);
    const names = (derivative: NonNullable<Elementwise["byX"]>): string =>
      product(`a${node.id}`, derivative(load(x), y ? load(y) : "", load(node)));
    if (byX && x.isVariable) backward.push(give(x, names(byX)));
    if (byY && y?.isVariable) backward.push(give(y, names(byY)));
  }
  const text = backward.join("\n");
  // A derivative need not read all that it is offered.
  const mentioned = new Set(text.match(/\bx\d+\b/g));
  const loaded = [...used]
    .filter(({ id }) => mentioned.has(`x${id}`))
    .map((node) => `const x${node.id} = ${at("V", node)};`);
  const before = [...single.values()].map((name) => `let ${name} = 0;`).join(" ");
  const after = [...single].map(([node, name]) => `A[${address(layout.placeOf(node))}] += ${name};`).join(" ");
  return {
    // In blocks: the loops of one function may have variables of one name.
    forward: `{ ${opened}\n${wrap(forward)}\n${closed} }`,
    backward: text === "" ? "" : `{ ${before}\n${wrap([...locals, ...loaded, text])}\n${after} }`,
  };
}

function functionOf({ operation }: Node): Elementwise {
  if (operation.kind !== "elementwise") throw new Error(`${operation.kind} is not a function of elements`);
  return ELEMENTWISE[operation.name];
}

function product(a: string, b: string): string {
  if (b === "1") return a;
  return b === "-1" ? `-${a}` : `${a} * ${b.includes(" ") && !b.startsWith("(") ? `(${b})` : b}`;
}
