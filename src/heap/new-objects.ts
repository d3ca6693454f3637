/**
 * What is new below a holder: the class of which most came, and where one new object has it all, that object, since
 * state that is copied and replaced is new each time while the variable that holds it is old.
 */
import { className, isPlumbing } from "./class-name.ts";
import type { Grower } from "./growers.ts";
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";

/** The class of which most objects came. */
export interface NewestClass {
  /** Its name. */
  readonly className: string;
  /** Its new objects. */
  readonly count: number;
  /** True where there were too many to be counted. */
  readonly isSample: boolean;
}

const MAX_COUNTED = 20_000;
const MAX_CLIMB = 64;
const MAIN_SHARE = 0.8;
const MAX_DESCENT = 8;
/** Of so general a kind that any other says more. */
const GENERAL = new Set(["Object", "Array", "(array)", "(string)", "(number)", "(code)", "system / Context"]);

/** Counts new objects below the members by class; a class of the program's own goes before a general one. */
export function newestClass(
  graph: HeapGraph,
  members: readonly NodeIndex[],
  isOld: (node: NodeIndex) => boolean,
): NewestClass {
  const seen = new Set<NodeIndex>(members);
  const queue = [...members];
  const counts = new Map<string, number>();
  for (let next = 0; next < queue.length && next < MAX_COUNTED; next += 1) {
    const node = queue[next];
    if (node === undefined) break;
    if (!isPlumbing(graph, node)) {
      const name = className(graph, node);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const { to, type } of graph.edges(node)) {
      if (type === "weak" || seen.has(to) || seen.size >= MAX_COUNTED || isOld(to) || !isWithin(graph, to, seen))
        continue;
      seen.add(to);
      queue.push(to);
    }
  }
  const sorted = [...counts].sort((one, other) => other[1] - one[1]);
  const most = sorted[0]?.[1] ?? 0;
  const [name, count] = sorted.find(([name, count]) => !GENERAL.has(name) && count >= most / 4) ??
    sorted[0] ?? ["(object)", 0];
  return { className: name, count, isSample: seen.size >= MAX_COUNTED };
}

/** Follows named references down while one new object has nearly all that is new. Default: several have it. */
export function edgeToMain(graph: HeapGraph, { node, members, bytes }: Grower): NodeIndex | undefined {
  const isMain = (to: NodeIndex): boolean => graph.retainedSize(to) >= MAIN_SHARE * bytes;
  let main: NodeIndex | undefined;
  let holder = node;
  for (let steps = 0; steps < MAX_DESCENT; steps += 1) {
    let found: NodeIndex | undefined;
    for (const { type, to } of graph.edges(holder)) {
      if (type !== "property" && type !== "context" && !(type === "internal" && graph.name(holder) === "system / Cell"))
        continue;
      if (graph.dominator(to) === holder && isMain(to) && (holder !== node || members.includes(to))) found = to;
    }
    if (found === undefined) break;
    const isLink =
      main !== undefined && graph.type(found) === graph.type(main) && graph.nameIndex(found) === graph.nameIndex(main);
    if (isLink) break;
    main = found;
    holder = found;
  }
  return main;
}

function isWithin(graph: HeapGraph, node: NodeIndex, seen: ReadonlySet<NodeIndex>): boolean {
  let above: NodeIndex | undefined = node;
  for (let steps = 0; steps < MAX_CLIMB && above !== undefined; steps += 1) {
    above = graph.dominator(above);
    if (above !== undefined && seen.has(above)) return true;
  }
  return false;
}
