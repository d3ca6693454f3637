/**
 * Where in the source an object of V8's own stands: the script of a function, the function whose variables a context
 * holds. A snapshot tells it by the edges closure -> shared -> script, and by the scope that function and context share.
 */
import { follow } from "./class-name.ts";
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";

/** A place in the source. */
export interface SourcePlace {
  /** Last part of the script's path, or the whole name of a module of Node's. */
  readonly file: string;
  /** Name of the function. Default: the module's own scope, or a function without a name. */
  readonly function?: string;
  /** Line of the function, from 1. Default: not told. */
  readonly line?: number;
  /** True for Node's own source. */
  readonly isInternal: boolean;
}

/** Many closures may share a context; each says the same. */
const MAX_RETAINERS = 200;

/** Where a function stands. Default: built into V8. */
export function placeOfFunction(graph: HeapGraph, closure: NodeIndex): SourcePlace | undefined {
  const shared = follow(graph, closure, "shared");
  const file = shared === undefined ? undefined : scriptOf(graph, shared);
  if (file === undefined) return undefined;
  const name = graph.name(closure);
  const line = graph.location(closure)?.line;
  return {
    ...placeOf(file),
    ...(name === "" ? {} : { function: name }),
    ...(line === undefined ? {} : { line: line + 1 }),
  };
}

/** The function or module whose variables a context holds. Default: no function of it was found. */
export function placeOfContext(graph: HeapGraph, context: NodeIndex): SourcePlace | undefined {
  const file = fileOfContext(graph, context, 3);
  if (file === undefined) return undefined;
  const place = placeOf(file);
  if (follow(graph, context, "extension") !== undefined) return place;
  const scope = follow(graph, context, "scope_info");
  const name = scope === undefined ? "" : nameOfScope(graph, scope);
  return name === "" ? place : { ...place, function: name };
}

/** Turns a script's name into words: its last part, unless it is Node's. */
export function placeOf(script: string): SourcePlace {
  if (script.startsWith("node:")) return { file: script, isInternal: true };
  if (script.startsWith("data:")) return { file: "a data: module", isInternal: false };
  const path = script.replace(/[?#].*$/s, "");
  return { file: path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1), isInternal: false };
}

function scriptOf(graph: HeapGraph, shared: NodeIndex): string | undefined {
  let script = follow(graph, shared, "script", "script_or_debug_info");
  // Where a debugger was attached, its notes lie between.
  if (script !== undefined && graph.name(script) === "system / DebugInfo") script = follow(graph, script, "script");
  if (script === undefined || graph.type(script) !== "code") return undefined;
  const name = graph.name(script);
  return name === "" || name.startsWith("system / ") ? undefined : name;
}

function fileOfContext(graph: HeapGraph, context: NodeIndex, depth: number): string | undefined {
  let left = MAX_RETAINERS;
  const inner: NodeIndex[] = [];
  for (const { type, name, from } of graph.retainers(context)) {
    if ((left -= 1) < 0) break;
    if (type === "weak") continue;
    if (name === "context") {
      const closure = graph.type(from) === "closure" ? from : functionOfGenerator(graph, from);
      const shared = closure === undefined ? undefined : follow(graph, closure, "shared");
      const file = shared === undefined ? undefined : scriptOf(graph, shared);
      if (file !== undefined) return file;
    } else if (name === "previous" && inner.length < MAX_RETAINERS) {
      inner.push(from);
    }
  }
  if (depth === 0) return undefined;
  for (const one of inner.slice(0, 8)) {
    const file = fileOfContext(graph, one, depth - 1);
    if (file !== undefined) return file;
  }
  return undefined;
}

function functionOfGenerator(graph: HeapGraph, generator: NodeIndex): NodeIndex | undefined {
  const named = follow(graph, generator, "function");
  if (named !== undefined) return named;
  for (const { to, type } of graph.edges(generator)) {
    if (type !== "property" && type !== "weak" && graph.type(to) === "closure") return to;
  }
  return undefined;
}

function nameOfScope(graph: HeapGraph, scope: NodeIndex): string {
  for (const { name, from } of graph.retainers(scope)) {
    if (name === "name_or_scope_info" && graph.type(from) === "code") {
      const found = graph.name(from);
      return found.startsWith("(") || found.startsWith("system / ") ? "" : found;
    }
  }
  return "";
}
