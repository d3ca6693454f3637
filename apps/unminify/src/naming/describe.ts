/**
 * What a value would be called by the expression that makes it: `a.shape` is a shape, `getShape()` too,
 * `new Shape()` as well.
 */
import type { AnyNode } from "acorn";
import type { EvidenceKind } from "./evidence.ts";

/** A name and what it was read from. */
export interface Description {
  readonly name: string;
  readonly kind: EvidenceKind;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** Shorter names are what a minifier leaves. */
const MIN_AUTHORED_LENGTH = 3;
const MAX_NAME_LENGTH = 40;
/** Verbs that name what they return. */
const GETTER =
  /^(?:get|create|make|build|compute|find|fetch|load|read|parse|to|as|new|clone|convert|infer|resolve|calculate|generate|init)([A-Z]\w*)$/;
/** Methods that say nothing of what they take and return. */
export const SILENT_METHODS = new Set([
  "require",
  "__webpack_require__",
  "apply",
  "bind",
  "call",
  "concat",
  "slice",
  "map",
  "filter",
  "then",
  "get",
  "pop",
  "shift",
  "push",
  "replace",
  "toString",
  "split",
  "join",
  "exec",
  "test",
  "next",
  "add",
  "has",
  "set",
  "value",
  "done",
  "default",
  "prototype",
  "length",
  "subarray",
  "indexOf",
  "charCodeAt",
  "charAt",
  "substr",
  "substring",
  "reduce",
  "trim",
  "sort",
  "reverse",
  "splice",
  "keys",
  "values",
  "entries",
  "from",
  "of",
  "create",
  "assign",
  "freeze",
  "defineProperty",
  "wrap",
  "mark",
  "floor",
  "ceil",
  "round",
  "max",
  "min",
  "abs",
  "sqrt",
  "pow",
]);
/** Properties that say nothing of what they hold when they are read. */
const SILENT_PROPERTIES = new Set([
  "prototype",
  "default",
  "constructor",
  "exports",
  "__proto__",
  "call",
  "apply",
  "bind",
]);

/** The name of a property that is not computed, or computed from a text. */
export function propertyName(node: Extract<AnyNode, { type: "MemberExpression" }>): string | undefined {
  if (node.property.type === "PrivateIdentifier") return undefined;
  if (!node.computed && node.property.type === "Identifier") return short(node.property.name);
  return node.computed ? textOf(node.property) : undefined;
}

/** The text of a literal, or the name of a key, where it could be a name. */
export function textOf(node: AnyNode | undefined): string | undefined {
  if (node?.type === "Identifier") return short(node.name);
  return node?.type === "Literal" && typeof node.value === "string" ? usable(node.value) : undefined;
}

function usable(name: string): string | undefined {
  return IDENTIFIER.test(name) ? short(name) : undefined;
}

/** What the parser took for a name is one. */
function short(name: string): string | undefined {
  return name.length <= MAX_NAME_LENGTH ? name : undefined;
}

/** What the value of an expression would be called; texts only where `mayBeText`. */
export function describe(node: AnyNode, mayBeText: boolean): Description | undefined {
  switch (node.type) {
    case "MemberExpression": {
      const name = propertyName(node);
      return name === undefined || SILENT_PROPERTIES.has(name) ? undefined : { name, kind: "property read" };
    }
    case "CallExpression":
      return describeCall(node);
    case "NewExpression":
      return describeNew(node.callee);
    case "AwaitExpression":
      return describe(node.argument, false);
    case "ChainExpression":
      return describe(node.expression, false);
    case "AssignmentExpression":
      return describe(node.right, mayBeText);
    case "LogicalExpression":
      return describe(node.left, false) ?? describe(node.right, false);
    case "ConditionalExpression":
      return describe(node.consequent, false) ?? describe(node.alternate, false);
    case "ThisExpression":
      return { name: "_this", kind: "convention" };
    case "ClassExpression":
    case "FunctionExpression":
      return node.id && node.id.name.length >= MIN_AUTHORED_LENGTH ? { name: node.id.name, kind: "copied" } : undefined;
    case "Literal": {
      const text = mayBeText ? textOf(node) : undefined;
      return text === undefined || text.length < MIN_AUTHORED_LENGTH ? undefined : { name: text, kind: "text" };
    }
    default:
      return undefined;
  }
}

function describeCall(node: Extract<AnyNode, { type: "CallExpression" }>): Description | undefined {
  const { callee } = node;
  const [first] = node.arguments;
  if (callee.type === "Identifier" && callee.name === "require") {
    const module = first?.type === "Literal" && typeof first.value === "string" ? first.value : undefined;
    const last = module
      ?.split("/")
      .at(-1)
      ?.replace(/\.[a-z]+$/, "")
      .replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase());
    return last && usable(last) ? { name: last, kind: "module" } : undefined;
  }
  const name = callee.type === "MemberExpression" ? propertyName(callee) : undefined;
  // `parent.method.call(this)`, and what compilers make of `super.method()`.
  if (name === "call" && callee.type === "MemberExpression" && callee.object.type !== "Identifier")
    return calledOnThis(callee.object);
  // `uncurryThis("".charAt)`: the method as a function.
  const method = name === undefined ? methodOfLiteral(first) : undefined;
  if (method !== undefined) return { name: method, kind: "text asked for" };
  const result = name === undefined ? undefined : resultName(name);
  if (result !== undefined) return { name: result, kind: "call result" };
  // `option("size")`, `getAttribute("title")`.
  const text = first?.type === "Literal" && name !== "call" ? textOf(first) : undefined;
  return text === undefined || text.length < MIN_AUTHORED_LENGTH ? undefined : { name: text, kind: "text asked for" };
}

/** `charAt` in `"".charAt`, `push` in `[].push`: a method that is taken from an empty value to be called on others. */
export function methodOfLiteral(node: AnyNode | undefined): string | undefined {
  if (node?.type !== "MemberExpression" || node.computed) return undefined;
  const { object } = node;
  const isEmpty =
    (object.type === "Literal" && object.value === "") ||
    (object.type === "ArrayExpression" && object.elements.length === 0) ||
    (object.type === "ObjectExpression" && object.properties.length === 0);
  const name = isEmpty ? propertyName(node) : undefined;
  // Texts and lists have one each.
  if (name === "slice") return object.type === "Literal" ? "stringSlice" : "arraySlice";
  return name;
}

function calledOnThis(node: AnyNode): Description | undefined {
  const inner =
    node.type === "CallExpression" ? node.arguments.find((argument) => argument.type === "Literal") : undefined;
  const name = node.type === "MemberExpression" ? propertyName(node) : textOf(inner);
  const result = name === undefined ? undefined : resultName(name);
  return result === undefined ? undefined : { name: result, kind: "call result" };
}

/** The index in `arguments.length > 2 && void 0 !== arguments[2] ? arguments[2] : …`. */
export function defaultedArgument(node: AnyNode): number | undefined {
  if (node.type !== "ConditionalExpression" && node.type !== "LogicalExpression") return undefined;
  const test: AnyNode = node.type === "ConditionalExpression" ? node.test : node.left;
  for (const part of parts(test)) {
    const isArguments =
      part.type === "MemberExpression" && part.object.type === "Identifier" && part.object.name === "arguments";
    if (isArguments && part.computed && part.property.type === "Literal" && typeof part.property.value === "number")
      return part.property.value;
  }
  return undefined;
}

function parts(node: AnyNode): AnyNode[] {
  if (node.type === "LogicalExpression" || node.type === "BinaryExpression")
    return [...parts(node.left), ...parts(node.right)];
  return node.type === "UnaryExpression" ? parts(node.argument) : [node];
}

/** What a function is called for, where its name begins with a verb that says so: `config` for `getConfig`. */
export function gotten(name: string): string | undefined {
  const [, rest] = GETTER.exec(name) ?? [];
  return rest === undefined ? undefined : lowerFirst(rest);
}

/** What comes out of a function with this name. */
export function resultName(name: string): string | undefined {
  const what = gotten(name);
  if (what !== undefined) return what;
  return SILENT_METHODS.has(name) || name.length < MIN_AUTHORED_LENGTH ? undefined : name;
}

function describeNew(callee: AnyNode): Description | undefined {
  const name = callee.type === "MemberExpression" ? propertyName(callee) : undefined;
  return name === undefined || name.length < MIN_AUTHORED_LENGTH
    ? undefined
    : { name: lowerFirst(name), kind: "constructed" };
}

/** `Shape` as a variable: `shape`; `URL`: `url`. */
export function lowerFirst(name: string): string {
  const [capitals = ""] = /^[A-Z]+(?=[A-Z][a-z]|$|\d)|^[A-Z]/.exec(name) ?? [];
  return capitals.toLowerCase() + name.slice(capitals.length);
}

/** One of many: `items` holds an `item`. */
export function singular(plural: string): string | undefined {
  if (plural.endsWith("ies")) return `${plural.slice(0, -3)}y`;
  if (/(?:[sx]|ch|sh)es$/.test(plural)) return plural.replace(/es$/, "");
  return /[^s]s$/.test(plural) && plural.length > 3 ? plural.slice(0, -1) : undefined;
}

/** `f` in `f(…)`, `o.f` in `(0, o.f)(…)`. */
export function calleeOf({ callee }: Extract<AnyNode, { type: "CallExpression" | "NewExpression" }>): AnyNode {
  return callee.type === "SequenceExpression" ? (callee.expressions.at(-1) ?? callee) : callee;
}

/** A class that is called as a text says. */
export function classNameOf(value: AnyNode): Description | undefined {
  const name = textOf(value);
  return name === undefined ? undefined : { name, kind: "class name" };
}

/** What comes from a module is called by the end of its path. */
export function moduleName(source: unknown): Description | undefined {
  if (typeof source !== "string") return undefined;
  const last = source
    .split("/")
    .at(-1)
    ?.replace(/\.[a-z]+$/, "");
  return last ? { name: last, kind: "module" } : undefined;
}
