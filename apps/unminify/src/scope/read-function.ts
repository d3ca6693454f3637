/**
 * What stays of a function when its statements are dropped, and what a syntax tree of one looks like.
 */
import type { AnyNode, Function as FunctionNode } from "acorn";

/** What stays of a function when its body has been read. */
export interface FunctionDigest {
  /** Number of its first parameter in the notes. */
  readonly firstParameter: number;
  readonly parameterCount: number;
  /** Occurrence of the identifier that it returns, where it only returns one. */
  readonly returned?: number;
  /** What it must be called by what it throws, where that is known code. */
  readonly message?: string;
  /** Occurrence of its own name, where it has one. */
  readonly name?: number;
}

/** A function as the parser leaves it, with what is kept of it. */
export type ReadFunction = FunctionNode & {
  digest?: FunctionDigest;
  /** An arrow function that reads `this`, `super`, `new.target` or `arguments` of the code around. */
  seesThis?: boolean;
};

/** What was kept of the function, or of the constructor of the class, that an expression is. */
export function digestOf(node: AnyNode | undefined): FunctionDigest | undefined {
  if (node?.type === "ClassExpression" || node?.type === "ClassDeclaration") {
    const own = node.body.body.find((element) => element.type === "MethodDefinition" && element.kind === "constructor");
    return own?.type === "MethodDefinition" ? digestOf(own.value) : undefined;
  }
  return node &&
    (node.type === "FunctionExpression" ||
      node.type === "ArrowFunctionExpression" ||
      node.type === "FunctionDeclaration")
    ? (node as ReadFunction).digest
    : undefined;
}

/** `x.apply(this, arguments)`. */
export function isForwarding({
  callee,
  arguments: [first, second],
}: Extract<AnyNode, { type: "CallExpression" }>): boolean {
  return (
    callee.type === "MemberExpression" &&
    callee.property.type === "Identifier" &&
    callee.property.name === "apply" &&
    first?.type === "ThisExpression" &&
    second?.type === "Identifier" &&
    second.name === "arguments"
  );
}
