/**
 * Recognises the module map of a bundle while it is read: an object or a list of functions that webpack
 * keys by module, or Browserify's pairs of a function and what it requires. Rollup and esbuild hoist all
 * modules into one scope and leave no map.
 */
import type { AnyNode } from "acorn";
import type { ReadFunction } from "../scope/read-function.ts";

/** What made a bundle, by how its modules are kept. */
export const MODULE_MAP_KINDS = ["webpack", "Browserify"] as const;

/** One of {@link MODULE_MAP_KINDS}. */
export type ModuleMapKind = (typeof MODULE_MAP_KINDS)[number];

/** One module of a bundle. */
export interface Module {
  /** Its key, as the bundle has it. */
  readonly id: string;
  /** Offsets of its entry in the map: key and function, or the function alone where the map is a list. */
  readonly start: number;
  readonly end: number;
  /** An arrow function that reads `this`, `super`, `new.target` or `arguments` of the code around. */
  readonly seesThis: boolean;
  /** Number of its first parameter in the notes, and how many it has. */
  readonly firstParameter: number;
  readonly parameterCount: number;
}

/** The modules of a bundle, in the order of the source. */
export interface ModuleMap {
  readonly kind: ModuleMapKind;
  /** An object; a list otherwise. */
  readonly isKeyed: boolean;
  /** The code around it is strict. */
  readonly isStrict: boolean;
  readonly modules: readonly Module[];
}

type Container = Extract<AnyNode, { type: "ObjectExpression" | "ArrayExpression" }>;

/** A dispatch table is small; fewer functions than this are no bundle. */
const MIN_MODULES = 3;
/** `(module, exports, require)` at most, and at least one of them somewhere. */
const MAX_PARAMETERS = 3;
/** What lies between the functions of a map are keys: they are nearly all of it. */
const MIN_SHARE = 0.8;

/** A map that is less of the source is a part of the program. */
const MIN_COVERED = 0.1;

/** Keeps the largest map that it is shown. */
export class ModuleFinder {
  #largest: ModuleMap | undefined;
  #characters = 0;
  /** Whether the code that is read is strict. */
  isStrict = false;

  /** The map that covers most of a source of that many characters, if there is one. */
  mapOf(characters: number): ModuleMap | undefined {
    return this.#characters < characters * MIN_COVERED ? undefined : this.#largest;
  }

  /** Looks at an object or a list, whose functions are read already. */
  saw(node: Container): void {
    const { start, end } = node;
    if (end - start <= this.#characters) return;
    const found = node.type === "ObjectExpression" ? keyed(node, this.isStrict) : listed(node, this.isStrict);
    if (!found || found.modules.length < MIN_MODULES) return;
    const covered = found.modules.reduce((sum, module) => sum + module.end - module.start, 0);
    if (covered < (end - start) * MIN_SHARE) return;
    this.#largest = found;
    this.#characters = end - start;
  }
}

function keyed(node: Extract<AnyNode, { type: "ObjectExpression" }>, isStrict: boolean): ModuleMap | undefined {
  const modules: Module[] = [];
  let kind: ModuleMapKind = "webpack";
  let isWired = false;
  for (const property of node.properties) {
    if (property.type !== "Property" || property.computed || property.kind !== "init") return undefined;
    const id = idOf(property.key);
    const isPair = property.value.type === "ArrayExpression";
    const value = property.value.type === "ArrayExpression" ? property.value.elements[0] : property.value;
    if (id === undefined || !isModule(value)) return undefined;
    if (isPair) kind = "Browserify";
    isWired ||= value.params.length > 0;
    modules.push({ id, start: property.start, end: property.end, ...readsOf(value) });
  }
  return isWired ? { kind, isKeyed: true, isStrict, modules } : undefined;
}

function listed(node: Extract<AnyNode, { type: "ArrayExpression" }>, isStrict: boolean): ModuleMap | undefined {
  const modules: Module[] = [];
  let isWired = false;
  for (const [index, element] of node.elements.entries()) {
    if (element === null) continue;
    if (!isModule(element)) return undefined;
    isWired ||= element.params.length > 0;
    modules.push({ id: String(index), start: element.start, end: element.end, ...readsOf(element) });
  }
  return isWired ? { kind: "webpack", isKeyed: false, isStrict, modules } : undefined;
}

/** Numbers and paths are modules' keys; a plain word is a method's. */
function idOf(key: AnyNode): string | undefined {
  if (key.type !== "Literal") return undefined;
  return typeof key.value === "number" || typeof key.value === "string" ? String(key.value) : undefined;
}

type ModuleFunction = Extract<AnyNode, { type: "FunctionExpression" | "ArrowFunctionExpression" }> &
  Pick<ReadFunction, "seesThis" | "digest">;

function readsOf({
  seesThis = false,
  digest: { firstParameter, parameterCount } = { firstParameter: 0, parameterCount: 0 },
}: ModuleFunction): Pick<Module, "seesThis" | "firstParameter" | "parameterCount"> {
  return { seesThis, firstParameter, parameterCount };
}

function isModule(node: AnyNode | null | undefined): node is ModuleFunction {
  return (
    (node?.type === "FunctionExpression" || node?.type === "ArrowFunctionExpression") &&
    node.params.length <= MAX_PARAMETERS &&
    node.params.every(({ type }) => type === "Identifier")
  );
}
