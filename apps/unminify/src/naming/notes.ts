/**
 * Looks at constructs of which the meaning of a name can be read: what is assigned to a property of
 * some name was called so by its author, what comes out of `getPosition()` is a position. Each method
 * is told of one construct while its syntax tree is at hand and writes into {@link Evidence}.
 */
import type { AnyNode, Class } from "acorn";
import type { NameTable } from "../scope/name-table.ts";
import { digestOf, type FunctionDigest, type ReadFunction } from "../scope/read-function.ts";
import { CALLBACK_PARAMETERS, COUNTERS } from "./conventions.ts";
import {
  calleeOf,
  classNameOf,
  defaultedArgument,
  describe,
  gotten,
  methodOfLiteral,
  moduleName,
  propertyName,
  SILENT_METHODS,
  singular,
  textOf,
  type Description,
} from "./describe.ts";
import { Evidence } from "./evidence.ts";
import { EXPORT_KEYS, idiomThatReads, LONGEST_IDIOM } from "./known-code.ts";

type Call = Extract<AnyNode, { type: "CallExpression" | "NewExpression" }>;
type Loop = Extract<AnyNode, { type: "ForInStatement" | "ForOfStatement" }>;

/** Properties whose text is the name of the class that has them. */
const CLASS_NAME_PROPERTIES = new Set(["className", "displayName", "kernelName", "typeName"]);
const IDIOMATIC = new Set(["FunctionExpression", "UnaryExpression", "ConditionalExpression"]);
/** Of property descriptors: they say nothing of what the function returns. */
const DESCRIPTOR_KEYS = new Set(["value", "get", "set"]);
/** A call with more arguments than this is data, not a use of parameters. */
const MAX_ARGUMENTS = 12;
/** Shorter names of methods may be a minifier's. */
const MIN_METHOD_LENGTH = 3;

/** Writes what constructs say of names. */
export class Notes {
  evidence: Evidence = new Evidence();
  readonly #names: NameTable;

  readonly #source: string;

  constructor(names: NameTable, source: string) {
    this.#names = names;
    this.#source = source;
  }

  #hint(occurrence: number | undefined, description: Description | undefined): void {
    if (occurrence === undefined || description === undefined || !this.evidence.isKept) return;
    const { name, kind } = description;
    // `this._size = a`: the underscore is the property's.
    const isMark = kind.startsWith("property") && name.startsWith("_") && /^_+[a-z]/i.test(name);
    this.evidence.hint(occurrence, this.#names.idOf(isMark ? name.replace(/^_+/, "") : name), kind);
  }

  /** `const a = …`, or `a = …` where `kind` is undefined. */
  assigned(occurrence: number, value: AnyNode, valueOccurrence: number | undefined, kind?: string): void {
    this.#hint(occurrence, describe(value, kind === "const" || kind === "var"));
    if (valueOccurrence !== undefined) this.evidence.copy(occurrence, valueOccurrence);
    if (value === this.#unpacked?.node) this.evidence.copy(occurrence, this.#unpacked.from);
    else if (value === this.#lastCall)
      this.evidence.result(occurrence, this.#lastCallee, value.type === "NewExpression");
    // `var A = function (b) { …; return a }(B)`: an old class, or what a module hands out.
    const inner = value.type === "CallExpression" ? digestOf(value.callee)?.returned : undefined;
    if (inner !== undefined) this.evidence.copy(occurrence, inner);
    this.#transpiled(occurrence, value);
    if (value.type === "MemberExpression" && value.object.type === "Identifier" && this.#lastRead !== undefined)
      this.evidence.unpack(this.#lastRead);
    const index = defaultedArgument(value);
    if (index !== undefined && index < MAX_ARGUMENTS) (this.optional ??= new Map()).set(index, occurrence);
    this.#function(occurrence, value);
    this.#known(occurrence, value);
  }

  /** The last call of a function that is one identifier. */
  #lastCall: AnyNode | undefined;
  #lastCallee = 0;

  /** Parameters with a default that a compiler has made variables of, by index; of the function that is open. */
  optional: Map<number, number> | undefined;

  /** What compilers to older JavaScript write: `step = iterator.n()`, `_this = _super.call(this)`. */
  #transpiled(occurrence: number, whole: AnyNode): void {
    const value = whole.type === "LogicalExpression" ? whole.left : whole;
    if (value.type !== "CallExpression" || value.callee.type !== "MemberExpression") return;
    const { object } = value.callee;
    const name = propertyName(value.callee);
    if (object.type !== "Identifier") return;
    if ((name === "call" || name === "apply") && value.arguments[0]?.type === "ThisExpression") {
      this.#hint(occurrence, { name: "_this", kind: "convention" });
      this.#hint(this.#lastRead, { name: "_super", kind: "super" });
    }
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
    this.method(name, node.right, value);
    // `switch (context.prev = context.next)` of a generator.
    if (name === "prev" && node.right.type === "MemberExpression" && propertyName(node.right) === "next")
      this.#hint(this.#lastRead, { name: "_context", kind: "transpiled" });
    if (CLASS_NAME_PROPERTIES.has(name) && this.#lastRead !== undefined)
      this.#hint(this.#lastRead, classNameOf(node.right));
  }

  /** The occurrence of `a` in the last `a.b` that was read. */
  #lastRead: number | undefined;

  /** `a.b`: `occurrence` is that of `a`. */
  memberRead(occurrence: number, node: Extract<AnyNode, { type: "MemberExpression" }>): void {
    this.#lastRead = occurrence;
    if (this.#calledOn?.node.callee === node) {
      const { node: call, given } = this.#calledOn;
      for (let index = 1; index < Math.min(call.arguments.length, MAX_ARGUMENTS); index++)
        this.#argument(call.arguments[index], given[index], (value) =>
          this.evidence.argument(occurrence, index - 1, value),
        );
    }
    this.#calledOn = undefined;
  }

  /** `a.call(this, …)`, until `a` is read. */
  #calledOn: { readonly node: Call; readonly given: readonly (number | undefined)[] } | undefined;

  /** `name: value` in an object. */
  property(node: Extract<AnyNode, { type: "Property" }>, value: number | undefined): void {
    const name = node.computed ? undefined : textOf(node.key);
    if (name === undefined) return;
    if (value !== undefined) this.#hint(value, { name, kind: "object key" });
    // Classes for old browsers: `{ key: "name", value: function … }`.
    if (name === "key") this.#lastKey = textOf(node.value);
    else this.method(name === "value" ? (this.#lastKey ?? name) : name, node.value, value);
    // Getters of exports: `{ name: () => value }`.
    const returned = digestOf(node.value)?.returned;
    if (returned !== undefined && digestOf(node.value)?.parameterCount === 0 && !DESCRIPTOR_KEYS.has(name)) {
      this.#hint(returned, { name, kind: "exported" });
      this.method(name, node.value, returned);
    }
  }

  #lastKey: string | undefined;

  /** A property called `name` that holds a function. */
  method(name: string, value: AnyNode, occurrence?: number): void {
    if (name.length < MIN_METHOD_LENGTH) return;
    if (occurrence !== undefined && this.evidence.isKept) this.evidence.alias(this.#names.idOf(name), occurrence);
    const digest = digestOf(value);
    const what = gotten(name);
    if (digest?.returned !== undefined && what !== undefined)
      this.#hint(digest.returned, { name: what, kind: "call result" });
    if (digest && digest.parameterCount > 0)
      this.evidence.method(this.#names.idOf(name), digest.firstParameter, digest.parameterCount);
  }

  /** A method or field of a class. */
  classElement(key: AnyNode, value: AnyNode | null): void {
    const name = textOf(key);
    if (name !== undefined && value && name !== "constructor") this.method(name, value);
  }

  /** A class with a name. */
  namedClass(occurrence: number, node: Class): void {
    this.#function(occurrence, node as AnyNode);
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
  caught(occurrence: number, name: string): void {
    this.#caughtName = name;
    this.#hint(occurrence, { name: "error", kind: "convention" });
  }

  #caughtName: string | undefined;

  /** `import { name as a } from "module"`. */
  imported(occurrence: number, specifier: AnyNode, node: Extract<AnyNode, { type: "ImportDeclaration" }>): void {
    const name = specifier.type === "ImportSpecifier" ? textOf(specifier.imported) : undefined;
    const isNamed = name !== undefined && name !== "default";
    this.#hint(occurrence, isNamed ? { name, kind: "exported" } : moduleName(node.source.value));
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
    const items = node.type === "ForInStatement" ? undefined : describe(node.right, false)?.name;
    const name = node.type === "ForInStatement" ? "key" : "item";
    this.#hint(occurrence, { name: (items && singular(items)) ?? name, kind: "iteration" });
  }

  /** The head and body of a function were read. */
  functionRead(
    parameters: readonly (number | undefined)[],
    returned: number | undefined,
    { isForwarding, message }: { readonly isForwarding: boolean; readonly message: string | undefined },
  ): FunctionDigest {
    if (isForwarding)
      for (const [index, parameter] of parameters.entries())
        this.#hint(parameter, { name: index === 0 ? "_x" : `_x${index + 1}`, kind: "transpiled" });
    const firstParameter = this.evidence.startParameters();
    let parameterCount = parameters.length;
    if (this.optional) for (const index of this.optional.keys()) parameterCount = Math.max(parameterCount, index + 1);
    for (let index = 0; index < parameterCount; index++)
      this.evidence.parameter(parameters[index] ?? this.optional?.get(index));
    return {
      firstParameter,
      parameterCount,
      ...(returned !== undefined && { returned }),
      ...(message !== undefined && { message }),
    };
  }

  /** `function a(…) {}`. */
  namedFunction(occurrence: number, node: ReadFunction): void {
    this.#function(occurrence, node as AnyNode);
    if (node.digest) node.digest = { ...node.digest, name: occurrence };
  }

  #function(occurrence: number, value: AnyNode): void {
    const digest = digestOf(value);
    if (digest?.message !== undefined) this.#hint(occurrence, { name: digest.message, kind: "known code" });
    if (digest?.returned !== undefined) this.evidence.returns(occurrence, digest.returned);
    if (digest && digest.parameterCount > 0)
      this.evidence.function(occurrence, digest.firstParameter, digest.parameterCount);
  }

  /** Code that many bundles carry along, by its text. */
  #known(occurrence: number, value: AnyNode): void {
    if (value.end - value.start > LONGEST_IDIOM || !IDIOMATIC.has(value.type) || !this.evidence.isKept) return;
    const name = idiomThatReads(this.#source.slice(value.start, value.end));
    if (name !== undefined) this.#hint(occurrence, { name, kind: "known code" });
  }

  /** A call: `callee` where it is one identifier, `given` the identifiers among the arguments. */
  called(node: Call, callee: number | undefined, given: readonly (number | undefined)[]): void {
    if (!this.evidence.isKept) return;
    this.#noteUnpacked(node, given[0]);
    if (callee !== undefined) this.#idiom(callee, node);
    if (callee !== undefined) [this.#lastCall, this.#lastCallee] = [node, callee];
    this.#immediate(node, given);
    const target = calleeOf(node);
    const method = target.type === "MemberExpression" ? propertyName(target) : undefined;
    this.#calledOn = method === "call" ? { node, given } : undefined;
    // Compiled `for (… of …)`: `catch (err) { iterator.e(err) }`.
    const [first] = node.arguments;
    if (method === "e" && first?.type === "Identifier" && first.name === this.#caughtName)
      this.#hint(given[0], { name: "err", kind: "transpiled" });
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
      this.#argument(argument, occurrence, (value) => {
        if (callee !== undefined) this.evidence.argument(callee, index, value);
        else if (method !== undefined) this.evidence.methodArgument(this.#names.idOf(method), index, value);
      });
    }
  }

  /** `uncurryThis("".charAt)` and `$({ target: "Array", proto: true }, …)` of core-js. */
  #idiom(callee: number, { arguments: [first] }: Call): void {
    if (methodOfLiteral(first) !== undefined) this.#hint(callee, { name: "uncurryThis", kind: "known code" });
    if (first?.type !== "ObjectExpression") return;
    const [one, other] = first.properties.map((property) =>
      property.type === "Property" ? textOf(property.key) : undefined,
    );
    if (one === "target" && EXPORT_KEYS.has(other ?? "")) this.#hint(callee, { name: "$", kind: "known code" });
  }

  /** `slicedToArray(a, 2)` and `slicedToArray(f(…), 2)`, of which compilers name the result after `a` and `f`. */
  #noteUnpacked(node: Call, given: number | undefined): void {
    const [first, second] = node.arguments;
    const isUnpacking = node.arguments.length === 2 && second?.type === "Literal" && typeof second.value === "number";
    if (!isUnpacking || node.callee.type !== "Identifier") return;
    const from = given ?? (first !== undefined && first === this.#lastCall ? this.#lastCallee : undefined);
    if (from !== undefined) this.#unpacked = { node, from };
  }

  #unpacked: { readonly node: AnyNode; readonly from: number } | undefined;

  /** What is given to a parameter, where it has a name or makes one. */
  #argument(
    argument: AnyNode | undefined,
    occurrence: number | undefined,
    note: (value: { name: number } | { occurrence: number }) => void,
  ): void {
    if (occurrence !== undefined) {
      note({ occurrence });
      return;
    }
    const description = argument && argument.type !== "ThisExpression" ? describe(argument, false) : undefined;
    if (description !== undefined) note({ name: this.#names.idOf(description.name) });
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
