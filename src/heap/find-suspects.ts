/**
 * Who keeps most in one snapshot: objects below which a large share of the heap spreads out into many. Above such a point lie
 * modules and the global object, which keep all because everything does; below it no single object keeps much. (After the
 * accumulation points of Eclipse's Memory Analyzer.) One snapshot shows size, never growth: nothing is called a leak.
 */
import { formatBytes } from "../base/bytes.ts";
import { className, isPlumbing } from "./class-name.ts";
import { headOfList, isRoot } from "./growers.ts";
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";
import { describeHolder } from "./holder-words.ts";
import type { Suspect } from "./suspect.ts";

/** How suspects are found. */
export interface SuspectOptions {
  /** Least share of the heap, 0..1. Default: 0.1. */
  readonly leastShare?: number;
  /** Suspects at most. Default: 5. */
  readonly limit?: number;
}

const LEAST_SHARE = 0.1;
const LIMIT = 5;
/** Where the largest child keeps this much of it, the object only leads to that child. */
const LEADING_SHARE = 0.7;
/** Nested objects of one class are a list from this many on. */
const LEAST_LINKS = 100;
/** What V8 itself keeps: code, text of scripts, shapes. */
const OF_V8 = /^(code|string|concatenated string|sliced string|object shape|synthetic|native|number)$/;

/**
 * Finds who keeps most.
 *
 * @returns most first; none where nothing keeps so much.
 */
export function findSuspects(graph: HeapGraph, options: SuspectOptions = {}): Suspect[] {
  const leastBytes = graph.totalBytes * (options.leastShare ?? LEAST_SHARE);
  const largestChild = new Map<NodeIndex, NodeIndex>();
  const large: NodeIndex[] = [];
  for (let node = 1; node < graph.nodeCount; node += 1) {
    const bytes = graph.retainedSize(node);
    const dominator = bytes >= leastBytes ? graph.dominator(node) : undefined;
    if (dominator === undefined) continue;
    large.push(node);
    const known = largestChild.get(dominator);
    if (known === undefined || graph.retainedSize(known) < bytes) largestChild.set(dominator, node);
  }
  const points = large.filter((node) => {
    const child = largestChild.get(node);
    const spreads = child === undefined || graph.retainedSize(child) < LEADING_SHARE * graph.retainedSize(node);
    return spreads && !OF_V8.test(graph.type(node)) && !isRoot(graph, node);
  });
  const owners = new Map(points.map((point) => [ownerOf(graph, point), point]));
  const members = countMembers(graph, new Set(points));
  const suspects = [...owners].map(([owner, point]) => {
    const list = findList(graph, owner);
    return list ? describe(graph, list.head, list) : describe(graph, owner, members.get(point));
  });
  return suspects.sort((one, other) => other.retainedBytes - one.retainedBytes).slice(0, options.limit ?? LIMIT);
}

/** The object that somebody wrote, above the table that V8 made for it. */
function ownerOf(graph: HeapGraph, point: NodeIndex): NodeIndex {
  let owner = point;
  while (isPlumbing(graph, owner)) {
    const above = graph.dominator(owner);
    if (above === undefined || isRoot(graph, above)) break;
    owner = above;
  }
  return owner;
}

/**
 * The linked list that an object is a link of: every link keeps all that follow, so what keeps much is found in its
 * middle, and what holds it is its head.
 */
function findList(graph: HeapGraph, link: NodeIndex): { head: NodeIndex; what: string; count: number } | undefined {
  const head = headOfList(graph, link);
  let count = 1;
  for (let next = nextLink(graph, head); next !== undefined; next = nextLink(graph, next)) count += 1;
  return count >= LEAST_LINKS ? { head, what: className(graph, head), count } : undefined;
}

/** The object of the same class that a link alone keeps. */
function nextLink(graph: HeapGraph, link: NodeIndex): NodeIndex | undefined {
  for (const { to } of graph.edges(link)) {
    const isSame = graph.nameIndex(to) === graph.nameIndex(link) && graph.type(to) === graph.type(link);
    if (isSame && graph.dominator(to) === link) return to;
  }
  return undefined;
}

/** Of each point, the class of which it has most right below. */
function countMembers(
  graph: HeapGraph,
  points: ReadonlySet<NodeIndex>,
): Map<NodeIndex, { what: string; count: number }> {
  const counts = new Map<NodeIndex, Map<string, number>>();
  for (let node = 1; node < graph.nodeCount; node += 1) {
    const dominator = graph.dominator(node);
    if (dominator === undefined || !points.has(dominator)) continue;
    const ofPoint = counts.get(dominator) ?? new Map<string, number>();
    counts.set(dominator, ofPoint);
    const what = className(graph, node);
    ofPoint.set(what, (ofPoint.get(what) ?? 0) + 1);
  }
  const most = (list: Map<string, number>): { what: string; count: number } => {
    const [what, count] = [...list].sort(([, one], [, other]) => other - one)[0] ?? ["", 0];
    return { what, count };
  };
  return new Map([...counts].map(([point, list]) => [point, most(list)]));
}

function describe(graph: HeapGraph, node: NodeIndex, members = { what: "", count: 0 }): Suspect {
  const { holder, path } = describeHolder(graph, node);
  const retainedBytes = graph.retainedSize(node);
  const share = retainedBytes / graph.totalBytes;
  const most = members.count > 1 ? `, ${members.count.toLocaleString("en")} ${members.what} among it` : "";
  return {
    holder,
    holderId: graph.id(node),
    className: className(graph, node),
    retainedBytes,
    share,
    count: members.count,
    path,
    why: `keeps ${formatBytes(retainedBytes)}, ${Math.round(share * 100)} % of the heap${most}`,
    isLeak: false,
  };
}
