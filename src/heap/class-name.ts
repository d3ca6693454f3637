/**
 * What to call an object without showing what it holds: classes and functions by name, strings and other values by
 * their kind alone. Text of the program's own data never leaves here, for a snapshot holds passwords too.
 */
import type { HeapEdge, HeapGraph, NodeIndex } from "./heap-graph.ts";

const MAX_NAME = 60;
const IDENTIFIER = /^[#$\w][$\w-]*$/;
const SYMBOL = /^<symbol ([\w .:$-]*)>$/;

/** Class of an object, `function name`, or the kind of a value in brackets; never the text of a string. */
export function className(graph: HeapGraph, node: NodeIndex): string {
  const type = graph.type(node);
  switch (type) {
    case "object":
    case "native":
    case "hidden":
    case "synthetic":
      return shorten(graph.name(node)) || "Object";
    case "closure": {
      const name = shorten(graph.name(node));
      return name === "" ? "function" : `function ${name}`;
    }
    case "concatenated string":
    case "sliced string":
    case "string":
      return "(string)";
    case "array":
      return "(array)";
    default:
      return `(${type})`;
  }
}

/**
 * The name of a property or variable as it is written in the source; `[…]` for a key that no source would write, such
 * as an address, because it may be the program's data.
 */
export function edgeWord({ type, name }: HeapEdge): string {
  if (typeof name === "number" || type === "element") return "[]";
  const symbol = SYMBOL.exec(name)?.[1];
  if (symbol !== undefined) return `[${shorten(symbol)}]`;
  return name.length <= MAX_NAME && IDENTIFIER.test(name) ? name : "[…]";
}

/** True for what V8 needs around objects: backing stores, shapes, code. Nobody wrote a name for it. */
export function isPlumbing(graph: HeapGraph, node: NodeIndex): boolean {
  const type = graph.type(node);
  return type === "array" || type === "hidden" || type === "object shape" || type === "code" || type === "synthetic";
}

/** The end of the first reference with this name. Default: there is none. */
export function follow(graph: HeapGraph, node: NodeIndex, ...names: readonly string[]): NodeIndex | undefined {
  for (const name of names) {
    for (const edge of graph.edges(node)) if (edge.name === name) return edge.to;
  }
  return undefined;
}

function shorten(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`;
}
