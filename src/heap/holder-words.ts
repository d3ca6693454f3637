/**
 * Names a holder: its class and the way to it, and for what Node and V8 build inside (listeners, timers, waiting
 * promises, ports, modules, undici's sockets) the words of those who use it.
 */
import { className, follow } from "./class-name.ts";
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";
import { findHolderPath, placeWords } from "./holder-path.ts";
import { placeOfContext, placeOfFunction } from "./source-place.ts";

/** A holder in words. */
export interface HolderWords {
  /** `Map sessions in server.js`. */
  readonly holder: string;
  /** The way to it, step by step. */
  readonly path: readonly string[];
  /** True where it belongs to Node or V8. */
  readonly isInternal: boolean;
}

/** Classes of objects that Node itself keeps alive until they are closed. */
const HANDLES: Readonly<Record<string, string>> = {
  MessagePort: "MessagePorts that are open (never closed, or whose other end lives)",
  ModuleWrap: "modules loaded by import(), which are never unloaded",
  ModuleJob: "modules loaded by import(), which are never unloaded",
  Module: "modules in require.cache",
  Socket: "sockets that are open",
  TCP: "sockets that are open",
  TLSSocket: "sockets that are open",
  Timeout: "timers that still run",
  Worker: "worker threads",
  ChildProcess: "child processes",
  FSWatcher: "watchers of files",
};
const UNDICI = new Set(["Client", "Pool", "Parser", "Request", "Agent", "Fetch"]);

/**
 * Names one object as a holder.
 *
 * @param members - some of the objects that it came to hold, by which timers are told. Default: none.
 */
export function describeHolder(graph: HeapGraph, node: NodeIndex, members: readonly NodeIndex[] = []): HolderWords {
  if (graph.name(node) === "system / Context") return describeContext(graph, node);
  const path = findHolderPath(graph, node);
  const { expression, place, steps } = path;
  const kind = className(graph, node);
  const where = place === "" ? "" : ` ${place}`;
  const say = (holder: string, isInternal = path.isInternal): HolderWords => ({ holder, path: steps, isInternal });

  if (kind === "TimersList") return say(`timers that still run${callback(graph, members)}`, false);
  const listeners = /^(.*)\._events(?:\.(.+)|\[(.+)\])?$/.exec(expression);
  if (listeners) {
    const event = listeners[2] ?? listeners[3];
    return say(`listeners${event === undefined ? "" : ` for ${event}`} of EventEmitter ${listeners[1]}${where}`);
  }
  const target = /^(.*?)\[(?:kEvents|events)\]/.exec(expression);
  if (target) return say(`listeners of EventTarget ${target[1]}${where}`);
  if (/\bModule\._cache$/.test(expression))
    return say("require.cache, the modules that were loaded by require()", false);
  if (kind === "Promise") return say(`Promise ${expression}${where}, by what waits for it`);
  return say(`${kind} ${expression || "(no name in the source)"}${where}`);
}

/** Names objects of one class that no single object holds, or `undefined` where the class says nothing. */
export function describeHandles(graph: HeapGraph, kind: string, members: readonly NodeIndex[]): string | undefined {
  const words = Object.hasOwn(HANDLES, kind) ? HANDLES[kind] : undefined;
  if (words === undefined) return undefined;
  if (words.startsWith("sockets") && members.some((member) => isOfUndici(graph, member))) {
    return "undici (fetch): connections whose answers were not read to the end";
  }
  return kind === "Timeout" ? `${words}${callback(graph, members)}` : words;
}

function isOfUndici(graph: HeapGraph, socket: NodeIndex): boolean {
  for (const { from, type } of graph.retainers(socket)) {
    if (type === "property" && UNDICI.has(graph.name(from))) return true;
  }
  return false;
}

function describeContext(graph: HeapGraph, context: NodeIndex): HolderWords {
  const place = placeOfContext(graph, context);
  const words = place?.function === undefined ? `of module ${place?.file ?? "unknown"}` : placeWords(place);
  return { holder: `variables ${words}`, path: [`variables ${words}`], isInternal: place?.isInternal ?? true };
}

/** The function that most of some timers call. */
function callback(graph: HeapGraph, members: readonly NodeIndex[]): string {
  const counts = new Map<string, number>();
  for (const member of members) {
    const called = follow(graph, member, "_onTimeout");
    const place = called === undefined ? undefined : placeOfFunction(graph, called);
    if (!place) continue;
    const words = `${place.function === undefined ? "a function" : `function ${place.function}`} in ${place.file}${place.line === undefined ? "" : `:${place.line}`}`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const [most] = [...counts].sort((one, other) => other[1] - one[1]);
  return most ? `: they call ${most[0]}` : "";
}
