/**
 * Who came to hold what is new: each new object whose immediate dominator is old adds its retained size to that old
 * one. An old container that keeps receiving new subtrees is exactly a leak's holder; no filter is needed.
 */
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";
import { NodeTally } from "./node-tally.ts";

/** The ids of an earlier snapshot: all that is needed to tell what is new. */
export interface HeapIds {
  /** True for the id of an object that was there. */
  has(id: number): boolean;
  /** Largest id. */
  readonly maxId: number;
}

/** An old object, with what it came to hold. */
export interface Grower {
  /** The old object. */
  readonly node: NodeIndex;
  /** Retained bytes of the new objects. */
  readonly bytes: number;
  /** New objects right below it in the tree of dominators. */
  readonly count: number;
  /** Some of those. */
  readonly members: readonly NodeIndex[];
}

/** Members that are looked at more closely, of each grower. */
const MAX_MEMBERS = 400;
/** Code and shapes come with the first calls of a function; they are no one's objects. */
const UNCOUNTED = new Set(["code", "object shape", "synthetic"]);

/** Tells old objects from new ones; roots have other ids in every snapshot and are always old. */
export function ageOf(graph: HeapGraph, before: HeapIds): (node: NodeIndex) => boolean {
  return (node) => before.has(graph.id(node)) || graph.type(node) === "synthetic";
}

/** The objects that came to hold most, most first. */
export function findGrowers(graph: HeapGraph, isOld: (node: NodeIndex) => boolean, limit: number): Grower[] {
  const tally = new NodeTally();
  const visit = (see: (node: NodeIndex, dominator: NodeIndex) => void): void => {
    for (let node = 1; node < graph.nodeCount; node += 1) {
      const dominator = graph.dominator(node);
      if (dominator === undefined || isOld(node) || !isOld(dominator) || UNCOUNTED.has(graph.type(node))) continue;
      see(node, dominator);
    }
  };
  visit((node, dominator) => tally.add(dominator, graph.retainedSize(node)));
  const largest = tally.largest(limit);
  const members = new Map<NodeIndex, NodeIndex[]>(largest.map(({ node }) => [node, []]));
  visit((node, dominator) => {
    const list = members.get(dominator);
    if (list && list.length < MAX_MEMBERS) list.push(node);
  });
  return largest.map((sum) => ({ ...sum, members: members.get(sum.node) ?? [] }));
}

/**
 * The head of a linked list: the grower of a list is its last old link, and what holds the list is the first.
 */
export function headOfList(graph: HeapGraph, node: NodeIndex): NodeIndex {
  const kind = graph.nameIndex(node);
  let head = node;
  for (let steps = 0; steps < graph.nodeCount; steps += 1) {
    const above = graph.dominator(head);
    if (above === undefined || graph.type(above) !== graph.type(node) || graph.nameIndex(above) !== kind) break;
    head = above;
  }
  return head;
}

/** Old objects that hold the members together, where no single one does: most bytes first, each at least half of them. */
export function findCoHolders(
  graph: HeapGraph,
  { node, members }: Grower,
  isOld: (node: NodeIndex) => boolean,
): NodeIndex[] {
  const bytesOf = new Map<NodeIndex, number>();
  let total = 0;
  for (const member of members) {
    const bytes = graph.retainedSize(member);
    const owners = new Set<NodeIndex>();
    let left = MAX_RETAINERS;
    for (const { type, name, from } of graph.retainers(member)) {
      if ((left -= 1) < 0) break;
      if (type === "weak" || type === "shortcut" || name === "__proto__" || name === "constructor") continue;
      const owner = oldOwner(graph, from, member, isOld);
      if (owner !== undefined) owners.add(owner);
    }
    if (owners.has(node)) owners.clear();
    total += bytes;
    for (const owner of owners) bytesOf.set(owner, (bytesOf.get(owner) ?? 0) + bytes);
  }
  return [...bytesOf]
    .filter(([owner, bytes]) => bytes >= total / 2 && !isRoot(graph, owner))
    .sort((one, other) => other[1] - one[1])
    .map(([owner]) => owner);
}

/** True for what is no object of a program: roots, the global environment. */
export function isRoot(graph: HeapGraph, node: NodeIndex): boolean {
  if (node === 0 || graph.type(node) === "synthetic") return true;
  const name = graph.name(node);
  return name === "system / NativeContext" || (graph.type(node) === "native" && name.startsWith("Node / "));
}

const MAX_RETAINERS = 30;
const MAX_CLIMB = 64;

function oldOwner(
  graph: HeapGraph,
  from: NodeIndex,
  member: NodeIndex,
  isOld: (node: NodeIndex) => boolean,
): NodeIndex | undefined {
  let owner: NodeIndex | undefined = from;
  for (let steps = 0; steps < MAX_CLIMB && owner !== undefined; steps += 1) {
    if (owner === member) return undefined;
    if (isOld(owner) && graph.type(owner) !== "array") return owner;
    owner = graph.dominator(owner);
  }
  return undefined;
}
