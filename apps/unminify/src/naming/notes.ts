/**
 * Looks at constructs of which the meaning of a name can be read: what is assigned to a property of
 * some name was called so by its author, what comes out of `getPosition()` is a position. Each method
 * is told of one construct while its syntax tree is at hand and writes into {@link Evidence}.
 */
import type { AnyNode } from "acorn";
import type { NameTable } from "../scope/name-table.ts";
import type { FunctionDigest, ReadFunction } from "../scope/walker.ts";
import { CALLBACK_PARAMETERS, COUNTERS } from "./conventions.ts";
import {
  defaultedArgument,
  describe,
  propertyName,
  SILENT_METHODS,
  singular,
  textOf,
  type Description,
} from "./describe.ts";
import { Evidence } from "./evidence.ts";

type Call = Extract<AnyNode, { type: "CallExpression" | "NewExpression" }>;
type Loop = Extract<AnyNode, { type: "ForInStatement" | "ForOfStatement" }>;

/** Properties whose text is the name of the class that has them. */
const CLASS_NAME_PROPERTIES = new Set(["className", "displayName", "kernelName", "typeName"]);
/** A call with more arguments than this is data, not a use of parameters. */
const MAX_ARGUMENTS = 12;
/** Shorter names of methods may be a minifier's. */
const MIN_METHOD_LENGTH = 3;

/** Writes what constructs say of names. */
export class Notes {
  evidence: Evidence = new Evidence();
  readonly #names: NameTable;

  constructor(names: NameTable) {
    this.#names = names;
  }

  #hint(occurrence: number | undefined, description: Description | undefined): void {
    if (occurrence !== undefined && description !== undefined && this.evidence.isKept)
      this.evidence.hint(occurrence, this.#names.idOf(description.name), description.kind);
  }

  /** `const a = …`, or `a = …` where `kind` is undefined. */
  assigned(occurrence: number, value: AnyNode, valueOccurrence: number | undefined, kind?: string): void {
    this.#hint(occurrence, describe(value, kind === "const" || kind === "var"));
    if (valueOccurrence !== undefined) this.evidence.copy(occurrence, valueOccurrence);
    if (value === this.#lastCall) this.evidence.result(occurrence, this.#lastCallee, value.type === "NewExpression");
    this.#transpiled(occurrence, value);
    if (value.type === "MemberExpression" && value.object.type === "Identifier" && this.#lastRead !== undefined)
      this.evidence.unpack(this.#lastRead);
    const index = defaultedArgument(value);
    if (index !== undefined && index < MAX_ARGUMENTS) (this.optional ??= new Map()).set(index, occurrence);
    this.#function(occurrence, value);
  }

  /** The last call of a function that is one identifier. */
  #lastCall: AnyNode | undefined;
  #lastCallee = 0;

  /** Parameters with a default that a compiler has made variables of, by index; of the function that is open. */
  optional: Map<number, number> | undefined;

  /** What compilers to older JavaScript write: `step = iterator.n()`, `_this = _super.call(this)`. */
  #transpiled(occurrence: number, value: AnyNode): void {
    if (value.type !== "CallExpression" || value.callee.type !== "MemberExpression") return;
    const { object } = value.callee;
    const name = propertyName(value.callee);
    if (object.type !== "Identifier") return;
    if ((name === "call" || name === "apply") && value.arguments[0]?.type === "ThisExpression")
      this.#hint(occurrence, { name: "_this", kind: "convention" });
    if (value.arguments.length > 0 || name !== "n") return;
    this.#hint(occurrence, { name: "_step", kind: "transpiled" });
    this.#hint(this.#lastRead, { name: "_iterator", kind: "transpiled" });
  }

  /** `a = value` or `target.property = value`. */
  assignment(
    node: Extract<AnyNode, { type: "AssignmentExpression" }>,
    target: number | undefined,
    value: number | undefined,
  ): void {
    if (target !== undefined) {
      this.assigned(target, node.right, value);
      return;
    }
    if (node.left.type !== "MemberExpression") return;
    const name = propertyName(node.left);
    if (name === undefined) return;
    const { object } = node.left;
    const isExport =
      object.type === "Identifier"
        ? object.name === "exports"
        : object.type === "MemberExpression" && propertyName(object) === "exports";
    if (value !== undefined) this.#hint(value, { name, kind: isExport ? "exported" : "property written" });
    this.method(name, node.right);
    // `switch (context.prev = context.next)` of a generator.
    if (name === "prev" && node.right.type === "MemberExpression" && propertyName(node.right) === "next")
      this.#hint(this.#lastRead, { name: "_context", kind: "transpiled" });
    if (CLASS_NAME_PROPERTIES.has(name) && this.#lastRead !== undefined)
      this.#hint(this.#lastRead, classNameOf(node.right));
  }

  /** The occurrence of `a` in the last `a.b` that was read. */
  #lastRead: number | undefined;

  /** `a.b`: `occurrence` is that of `a`. */
  memberRead(occurrence: number, _node: AnyNode): void {
    this.#lastRead = occurrence;
  }

  /** `name: value` in an object. */
  property(node: Extract<AnyNode, { type: "Property" }>, value: number | undefined): void {
    const name = node.computed ? undefined : textOf(node.key);
    if (name === undefined) return;
    if (value !== undefined) this.#hint(value, { name, kind: "object key" });
    // Classes for old browsers: `{ key: "name", value: function … }`.
    if (name === "key") this.#lastKey = textOf(node.value);
    else this.method(name === "value" ? (this.#lastKey ?? name) : name, node.value);
    // Getters of exports: `{ name: () => value }`.
    const returned = digestOf(node.value)?.returned;
    if (returned !== undefined && digestOf(node.value)?.parameterCount === 0)
      this.#hint(returned, { name, kind: "exported" });
  }

  #lastKey: string | undefined;

  /** A property called `name` that holds a function. */
  method(name: string, value: AnyNode): void {
    const digest = digestOf(value);
    if (digest && digest.parameterCount > 0 && name.length >= MIN_METHOD_LENGTH)
      this.evidence.method(this.#names.idOf(name), digest.firstParameter, digest.parameterCount);
  }

  /** A method or field of a class. */
  classElement(key: AnyNode, value: AnyNode | null): void {
    const name = textOf(key);
    if (name !== undefined && value) this.method(name, value);
  }

  /** `{ name: a }` in a pattern. */
  destructured(occurrence: number, node: Extract<AnyNode, { type: "Property" }>): void {
    const name = node.computed ? undefined : textOf(node.key);
    if (name !== undefined) this.#hint(occurrence, { name, kind: "destructured" });
  }

  /** `a = value` in a pattern or a parameter. */
  defaulted(occurrence: number, value: AnyNode, valueOccurrence: number | undefined): void {
    this.#hint(occurrence, describe(value, false));
    if (valueOccurrence !== undefined) this.evidence.copy(occurrence, valueOccurrence);
  }

  /** `...a` in a pattern or a parameter. */
  rest(occurrence: number): void {
    this.#hint(occurrence, { name: "args", kind: "convention" });
  }

  /** `catch (a)`. */
  caught(occurrence: number): void {
    this.#hint(occurrence, { name: "error", kind: "convention" });
  }

  /** `import { name as a } from "module"`. */
  imported(occurrence: number, specifier: AnyNode, node: Extract<AnyNode, { type: "ImportDeclaration" }>): void {
    if (specifier.type === "ImportSpecifier") {
      const name = textOf(specifier.imported);
      if (name !== undefined && name !== "default") this.#hint(occurrence, { name, kind: "exported" });
      else this.#hint(occurrence, moduleName(node.source.value));
    } else this.#hint(occurrence, moduleName(node.source.value));
  }

  /** `export { a as name }`. */
  exportedAs(occurrence: number, exported: AnyNode): void {
    const name = textOf(exported);
    if (name !== undefined && name !== "default") this.#hint(occurrence, { name, kind: "exported" });
  }

  /** `for (let a = 0; …; a++)`, within `depth` other loops of the kind. */
  counted(occurrence: number, depth: number): void {
    const name = COUNTERS[depth];
    if (name !== undefined) this.#hint(occurrence, { name, kind: "convention" });
  }

  /** `for (a of items)`, `for (a in object)`. */
  iterated(occurrence: number, node: Loop): void {
    if (node.type === "ForInStatement") {
      this.#hint(occurrence, { name: "key", kind: "iteration" });
      return;
    }
    const items = describe(node.right, false)?.name;
    this.#hint(occurrence, { name: (items && singular(items)) ?? "item", kind: "iteration" });
  }

  /** The head and body of a function were read. */
  functionRead(parameters: readonly (number | undefined)[], returned: number | undefined): FunctionDigest {
    const firstParameter = this.evidence.startParameters();
    let parameterCount = parameters.length;
    if (this.optional) for (const index of this.optional.keys()) parameterCount = Math.max(parameterCount, index + 1);
    for (let index = 0; index < parameterCount; index++)
      this.evidence.parameter(parameters[index] ?? this.optional?.get(index));
    const digest = { firstParameter, parameterCount };
    return returned === undefined ? digest : { ...digest, returned };
  }

  /** `function a(…) {}`. */
  namedFunction(occurrence: number, node: ReadFunction): void {
    this.#function(occurrence, node as AnyNode);
    if (node.digest) node.digest = { ...node.digest, name: occurrence };
  }

  #function(occurrence: number, value: AnyNode): void {
    const digest = digestOf(value);
    if (digest?.returned !== undefined) this.evidence.returns(occurrence, digest.returned);
    if (digest && digest.parameterCount > 0)
      this.evidence.function(occurrence, digest.firstParameter, digest.parameterCount);
  }

  /** A call: `callee` where it is one identifier, `given` the identifiers among the arguments. */
  called(node: Call, callee: number | undefined, given: readonly (number | undefined)[]): void {
    if (!this.evidence.isKept) return;
    if (callee !== undefined) [this.#lastCall, this.#lastCallee] = [node, callee];
    this.#immediate(node, given);
    const method = node.callee.type === "MemberExpression" ? propertyName(node.callee) : undefined;
    const isTelling = method !== undefined && method.length >= MIN_METHOD_LENGTH && !SILENT_METHODS.has(method);
    const count = Math.min(node.arguments.length, MAX_ARGUMENTS);
    for (let index = 0; index < count; index++) {
      const argument = node.arguments[index];
      if (!argument) break;
      const occurrence = given[index];
      this.#textBeside(node, index, occurrence);
      this.#namedGetter(node, index);
      this.#callback(node, argument);
      if (callee === undefined && !isTelling) continue;
      const description = occurrence === undefined ? describe(argument, false) : undefined;
      if (occurrence === undefined && description === undefined) continue;
      const value = occurrence === undefined ? { name: this.#names.idOf(description?.name ?? "") } : { occurrence };
      if (callee !== undefined) this.evidence.argument(callee, index, value);
      else if (method !== undefined) this.evidence.methodArgument(this.#names.idOf(method), index, value);
    }
  }

  /** `(function (a) { … })(b)`. */
  #immediate(node: Call, given: readonly (number | undefined)[]): void {
    const digest = digestOf(node.callee);
    if (!digest) return;
    for (const [index, argument] of node.arguments.slice(0, digest.parameterCount).entries()) {
      const parameter = this.evidence.parameterAt(digest.firstParameter + index);
      const occurrence = given[index];
      if (parameter === undefined) continue;
      if (occurrence === undefined) this.#hint(parameter, describe(argument, false));
      else this.evidence.copy(parameter, occurrence);
    }
  }

  /** `check(a, "size", …)`: messages name what they are about. */
  #textBeside(node: Call, index: number, occurrence: number | undefined): void {
    const beside = node.arguments[index + 1];
    if (index > 0 || occurrence === undefined || node.type !== "CallExpression" || beside?.type !== "Literal") return;
    const name = textOf(beside);
    if (name !== undefined) this.#hint(occurrence, { name, kind: "text given beside" });
  }

  /** `define(exports, "name", function () { return a })`. */
  #namedGetter(node: Call, index: number): void {
    const returned = digestOf(node.arguments[index + 1])?.returned;
    const key = node.arguments[index];
    const text = key?.type === "Literal" ? textOf(key) : undefined;
    if (returned !== undefined && text !== undefined) this.#hint(returned, { name: text, kind: "exported" });
  }

  /** The parameters of a function that is given to a method that everybody knows. */
  #callback(node: Call, argument: AnyNode): void {
    const digest = digestOf(argument);
    if (!digest) return;
    const { callee } = node;
    if (digest.name !== undefined && callee.type === "MemberExpression" && propertyName(callee) === "mark")
      this.#hint(digest.name, { name: "_callee", kind: "transpiled" });
    const method =
      callee.type === "MemberExpression"
        ? propertyName(callee)
        : callee.type === "Identifier"
          ? callee.name
          : undefined;
    const names = CALLBACK_PARAMETERS.get(method ?? "");
    if (!names) return;
    const items = callee.type === "MemberExpression" ? describe(callee.object, false)?.name : undefined;
    for (const [index, name] of names.slice(0, digest.parameterCount).entries()) {
      const occurrence = this.evidence.parameterAt(digest.firstParameter + index);
      const known = name === "item" && items !== undefined ? (singular(items) ?? name) : name;
      this.#hint(occurrence, { name: known, kind: "convention" });
    }
  }
}

function digestOf(node: AnyNode | undefined): FunctionDigest | undefined {
  return node &&
    (node.type === "FunctionExpression" ||
      node.type === "ArrowFunctionExpression" ||
      node.type === "FunctionDeclaration")
    ? (node as ReadFunction).digest
    : undefined;
}

function classNameOf(value: AnyNode): Description | undefined {
  const name = textOf(value);
  return name === undefined ? undefined : { name, kind: "class name" };
}

function moduleName(source: unknown): Description | undefined {
  if (typeof source !== "string") return undefined;
  const last = source
    .split("/")
    .at(-1)
    ?.replace(/\.[a-z]+$/, "");
  return last ? { name: last, kind: "module" } : undefined;
}
