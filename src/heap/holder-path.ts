/**
 * The way to an object in the words of the source: `store.byId in shop.js`. Walks up from the object, nearest retainers
 * first, to the first place that somebody wrote a name for: a variable, an export, a static property, the global
 * object. Not always the shortest path from a root: that one often leads through the module loader.
 */
import { className, edgeWord, follow, isPlumbing } from "./class-name.ts";
import type { HeapEdge, HeapGraph, NodeIndex } from "./heap-graph.ts";
import { placeOf, placeOfContext, placeOfFunction, type SourcePlace } from "./source-place.ts";

/** The way to an object. */
export interface HolderPath {
  /** As it would be written: `store.byId`; empty when the way begins at a root without a name. */
  readonly expression: string;
  /** Where the name it begins with stands: `in shop.js`, `in function login (shop.js)`; empty when not told. */
  readonly place: string;
  /** The same step by step, each with the class that is reached; at most 12. */
  readonly steps: readonly string[];
  /** True where it begins in Node's own source or at a root. */
  readonly isInternal: boolean;
}

const MAX_VISITED = 4000;
const MAX_RETAINERS = 20_000;
const MAX_PARTS = 6;
const MAX_STEPS = 12;
const UNNAMED = new Set(["__proto__", "constructor", "map", "previous", "scope_info", "native_context", "shared"]);
const EPHEMERON = /^\d+ \/ part of key .* pair in WeakMap \(table @(\d+)\)$/s;

interface Visit {
  readonly node: NodeIndex;
  /** Down to where the walk came from. */
  readonly edge: HeapEdge | undefined;
  readonly below: Visit | undefined;
}

interface Anchor {
  readonly words: string;
  readonly place: string;
  readonly isInternal: boolean;
}

/** Finds the way to an object. */
export function findHolderPath(graph: HeapGraph, node: NodeIndex): HolderPath {
  const queue: Visit[] = [{ node, edge: undefined, below: undefined }];
  const seen = new Set<NodeIndex>([node]);
  let second: { anchor: Anchor; visit: Visit } | undefined;
  for (let next = 0; next < queue.length; next += 1) {
    const visit = queue[next];
    if (!visit) break;
    let left = MAX_RETAINERS;
    for (const edge of graph.retainers(visit.node)) {
      if ((left -= 1) < 0) break;
      if (!isFollowed(graph, edge)) continue;
      const anchor = anchorAt(graph, edge);
      if (anchor && !anchor.isInternal) return write(graph, anchor, visit);
      if (anchor) second ??= { anchor, visit };
      if (anchor || seen.has(edge.from) || seen.size >= MAX_VISITED) continue;
      seen.add(edge.from);
      queue.push({ node: edge.from, edge, below: visit });
    }
  }
  if (second) return write(graph, second.anchor, second.visit);
  return { expression: "", place: "", steps: [className(graph, node)], isInternal: true };
}

/** `in shop.js`, or `in function login (shop.js)`. */
export function placeWords(place: SourcePlace | undefined): string {
  if (!place) return "";
  return place.function === undefined ? `in ${place.file}` : `in function ${place.function} (${place.file})`;
}

function isFollowed(graph: HeapGraph, { type, name, from }: HeapEdge): boolean {
  if (type === "weak" || type === "shortcut" || from === 0 || (typeof name === "string" && UNNAMED.has(name))) {
    return false;
  }
  const kind = graph.type(from);
  return kind !== "synthetic" && kind !== "code" && kind !== "object shape";
}

/** The name at the beginning of a way, where the edge's owner has one. */
function anchorAt(graph: HeapGraph, edge: HeapEdge): Anchor | undefined {
  const { type, name, from } = edge;
  if (type === "context") {
    const place = placeOfContext(graph, from);
    return { words: edgeWord(edge), place: placeWords(place), isInternal: place?.isInternal ?? true };
  }
  if (type === "internal" && typeof name === "string" && EPHEMERON.test(name)) return weakMapAnchor(graph, edge);
  const holder = graph.name(from);
  const kind = graph.type(from);
  if (holder === "system / Cell" && name === "value") return exportAnchor(graph, from);
  if (kind === "closure" && type === "property" && name !== "prototype") {
    const place = placeOfFunction(graph, from);
    if (!place) return undefined;
    return {
      words: `${graph.name(from) || "function"}.${edgeWord(edge)}`,
      place: `in ${place.file}`,
      isInternal: place.isInternal,
    };
  }
  if (kind !== "object") return undefined;
  if (type === "property" && (name === "<symbol kResourceStore>" || name === "<symbol async_local_storage>")) {
    return { words: "store of an AsyncLocalStorage", place: "", isInternal: false };
  }
  if (holder === "AsyncContextFrame" && name === "table") {
    return { words: "store of an AsyncLocalStorage", place: "", isInternal: false };
  }
  if (holder === "Module" && type === "property" && name === "exports") return moduleAnchor(graph, from);
  if (type === "property" && (holder === "global" || holder.startsWith("global "))) {
    return { words: `globalThis.${edgeWord(edge)}`, place: "", isInternal: isBuiltIn(String(name)) };
  }
  return undefined;
}

function isBuiltIn(name: string): boolean {
  return name.startsWith("<symbol ") || Object.hasOwn(globalThis, name);
}

function weakMapAnchor(graph: HeapGraph, edge: HeapEdge): Anchor | undefined {
  const table = graph.nodeWithId(Number(EPHEMERON.exec(String(edge.name))?.[1]));
  if (table === undefined || table === edge.from) return undefined;
  for (const { name, from } of graph.retainers(table)) {
    if (name !== "table") continue;
    const { expression, place, isInternal } = findHolderPath(graph, from);
    const words = `${expression || className(graph, from)}.get(${className(graph, edge.from)})`;
    return { words, place, isInternal };
  }
  return undefined;
}

/** A variable that a module exports lies in a cell, which a table of names and cells holds. */
function exportAnchor(graph: HeapGraph, cell: NodeIndex): Anchor | undefined {
  for (const { name, from } of graph.retainers(cell)) {
    if (graph.type(from) !== "array") continue;
    const key = [...graph.edges(from)].find((edge) => Number(edge.name) === Number(name) - 1);
    const module = [...graph.retainers(from)].find((edge) => graph.name(edge.from) === "system / SourceTextModule");
    if (!key || !module || graph.type(key.to) !== "string") continue;
    const words = edgeWord({ ...key, type: "property", name: graph.name(key.to) });
    for (const { name: slot, from: context } of graph.retainers(module.from)) {
      if (slot !== "extension") continue;
      const place = placeOfContext(graph, context);
      return { words, place: placeWords(place), isInternal: place?.isInternal ?? false };
    }
    return { words, place: "", isInternal: false };
  }
  return undefined;
}

function moduleAnchor(graph: HeapGraph, module: NodeIndex): Anchor {
  const file = follow(graph, module, "filename", "id");
  const place = file === undefined ? undefined : placeOf(graph.name(file));
  return { words: "exports", place: placeWords(place), isInternal: false };
}

function write(graph: HeapGraph, anchor: Anchor, visit: Visit): HolderPath {
  const parts: string[] = [];
  const steps = [`${anchor.words}: ${className(graph, visit.node)}${anchor.place === "" ? "" : `, ${anchor.place}`}`];
  for (let one: Visit | undefined = visit; one?.edge; one = one.below) {
    const { to } = one.edge;
    const part = partOf(graph, one.edge);
    if (part !== "" && !(part === "[]" && parts.at(-1) === "[]")) parts.push(part);
    if (part !== "" && steps.length < MAX_STEPS) steps.push(`${part}: ${className(graph, to)}`);
  }
  const shown = parts.length <= MAX_PARTS ? parts : [...parts.slice(0, 2), ".…", ...parts.slice(-3)];
  return { expression: anchor.words + shown.join(""), place: anchor.place, steps, isInternal: anchor.isInternal };
}

function partOf(graph: HeapGraph, edge: HeapEdge): string {
  if (edge.type === "property" || edge.type === "context") {
    const word = edgeWord(edge);
    return word.startsWith("[") ? word : `.${word}`;
  }
  if (edge.type === "element" || (isPlumbing(graph, edge.from) && !isPlumbing(graph, edge.to))) return "[]";
  return "";
}
