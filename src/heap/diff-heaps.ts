/**
 * What grew between snapshots of one process, and who holds it, without a filter of the user's. Two snapshots show what
 * is new; three show whether it goes on: warm-up grows once, a cache that fills grows less and less, a full one
 * replaces what it holds, and only a leak grows twice by about as much.
 */
import { formatBytes } from "../base/bytes.ts";
import { countClasses } from "./class-histogram.ts";
import { className } from "./class-name.ts";
import { ageOf, findCoHolders, findGrowers, type Grower, headOfList, type HeapIds, isRoot } from "./growers.ts";
import { edgeToMain, newestClass } from "./new-objects.ts";
import type { HeapGraph, NodeIndex } from "./heap-graph.ts";
import { describeHandles, describeHolder } from "./holder-words.ts";
import { ownBytes } from "./own-bytes.ts";
import type { Suspect } from "./suspect.ts";

/** How two or three snapshots are compared. */
export interface DiffOptions {
  /** The one between the first and the last; without it nothing is called a leak. Default: none. */
  readonly between?: HeapGraph;
  /** Suspects at most. Default: 8. */
  readonly limit?: number;
}

/** A class of which there are more, or fewer, than before. */
export interface ClassGrowth {
  /** Name of the class. */
  readonly className: string;
  /** Objects of it in the first snapshot, the one between where it was given, and the last. */
  readonly counts: readonly number[];
  /** Growth of their own bytes from the first to the last. */
  readonly grewBytes: number;
}

/** What grew. */
export interface HeapDiff {
  /** Those who came to hold what is new; leaks first, then most growth first. */
  readonly suspects: readonly Suspect[];
  /** Classes that grew most. Default: empty where only ids of the first were given. */
  readonly classes: readonly ClassGrowth[];
  /** Growth of the whole heap. Default: only ids of the first were given. */
  readonly grewBytes?: number;
  /** Objects that the first snapshot did not have. */
  readonly newCount: number;
}

const LIMIT = 8;
const GROWERS = 48;
const CLASSES = 10;
/** Less is not worth a line. */
const MIN_BYTES = 4096;
/** Less growth in one of the two intervals is never called a leak: lists of Node's own grow by some kilobytes. */
const MIN_LEAK_BYTES = 12 * 1024;
/** The second growth as a share of the first: a cache that fills or a warm-up slows down. */
const MIN_PROPORTION = 0.75;
/** What stays as a share of what is new: where things are replaced, little of the new is growth. */
const MIN_KEPT = 0.5;

interface Course {
  /** Bytes in each of the snapshots. */
  readonly levels: readonly number[];
  /** The same without backing stores, whose doubling hides how evenly things come. */
  readonly evenLevels?: readonly number[];
  /** New bytes in the last one. */
  readonly newBytes: number;
  /** False where objects of so general a class say nothing together. */
  readonly isTelling: boolean;
}

interface Draft extends Omit<Suspect, "isLeak" | "why" | "grewBytes"> {
  readonly course: Course;
  readonly what: string;
  readonly isInternal: boolean;
}

/**
 * Compares snapshots of one process.
 *
 * @param before - the first one, or only its ids; then growth cannot be told from replacement, and nothing is a leak.
 * @param after - the last one.
 */
export function diffHeaps(before: HeapIds | HeapGraph, after: HeapGraph, options: DiffOptions = {}): HeapDiff {
  const first = "nodeCount" in before ? before : undefined;
  const ids = first ? idsOf(first) : (before as HeapIds);
  const graphs = first ? [first, ...(options.between ? [options.between] : []), after] : [after];
  const isOld = ageOf(after, ids);
  const growers = findGrowers(after, isOld, GROWERS);
  const classes = graphs.map(countClasses);
  const holders = growers.filter(({ node, bytes }) => !isRoot(after, node) && bytes >= MIN_BYTES);
  const drafts = [
    ...draftHolders(holders, graphs, isOld),
    ...growers
      .filter(({ node }) => isRoot(after, node))
      .flatMap((grower) => draftGroups(grower, graphs, classes, isOld)),
  ];
  const suspects = distinct(drafts)
    .map((draft) => ({ suspect: judge(draft), isInternal: draft.isInternal }))
    .sort((one, other) => rank(other) - rank(one))
    .slice(0, options.limit ?? LIMIT)
    .map(({ suspect }) => suspect);
  let newCount = 0;
  for (let node = 1; node < after.nodeCount; node += 1) if (!isOld(node)) newCount += 1;
  return {
    suspects,
    classes: first ? compareClasses(classes) : [],
    ...(first ? { grewBytes: after.totalBytes - first.totalBytes } : {}),
    newCount,
  };
}

function idsOf(graph: HeapGraph): HeapIds {
  return { has: (id) => graph.nodeWithId(id) !== undefined, maxId: graph.maxId };
}

/** Leaks first; what the program holds before what Node does; then by growth. */
function rank({ suspect, isInternal }: { suspect: Suspect; isInternal: boolean }): number {
  const grew = suspect.grewBytes ?? suspect.retainedBytes;
  return (suspect.isLeak ? 1e15 : 0) + (isInternal ? grew / 4 : grew);
}

function draftHolders(
  growers: readonly Grower[],
  graphs: readonly HeapGraph[],
  isOld: (node: NodeIndex) => boolean,
): Draft[] {
  const last = graphs.at(-1);
  if (!last) return [];
  const heads = growers.map(({ node }) => headOfList(last, node));
  const isList = (index: number): boolean => heads[index] !== growers[index]?.node;
  const ids = heads.map((node) => last.id(node));
  const [first] = graphs;
  const own = graphs.map((graph) => (first && graphs.length > 1 ? ownBytes(graph, ids, first, last) : undefined));
  const even = graphs.map((graph) =>
    first && graphs.length > 2 ? ownBytes(graph, ids, first, last, false) : undefined,
  );
  return growers.map((grower, index): Draft => {
    const head = heads[index] ?? grower.node;
    const id = last.id(head);
    const levels = graphs.map((graph, nth) => {
      const node = isList(index) ? graph.nodeWithId(id) : undefined;
      return node === undefined ? (own[nth]?.get(id) ?? 0) : graph.retainedSize(node);
    });
    const main = isList(index) ? undefined : edgeToMain(last, grower);
    const named = main ?? head;
    const co = main === undefined && !isList(index) ? findCoHolders(last, grower, isOld).slice(0, 2) : [];
    const words =
      co.length > 0 ? co.map((node) => describeHolder(last, node)) : [describeHolder(last, named, grower.members)];
    const newest = newestClass(last, grower.members, isOld);
    return {
      holder: words.map(({ holder }) => holder).join(" and "),
      holderId: last.id(co[0] ?? named),
      className: className(last, co[0] ?? named),
      retainedBytes: last.retainedSize(named),
      share: last.retainedSize(named) / last.totalBytes,
      count: newest.count,
      newCount: newest.count,
      path: words[0]?.path ?? [],
      isInternal: words.every(({ isInternal }) => isInternal),
      what: `${newest.isSample || grower.count > grower.members.length ? "more than " : ""}${newest.count} new ${newest.className}`,
      course: {
        levels,
        ...(isList(index) ? {} : { evenLevels: even.map((one) => one?.get(id) ?? 0) }),
        newBytes: grower.bytes,
        isTelling: true,
      },
    };
  });
}

/** Right below a root lies what several hold, and what Node itself keeps: told apart by class. */
function draftGroups(
  { members, node }: Grower,
  graphs: readonly HeapGraph[],
  classes: readonly Map<string, { count: number }>[],
  isOld: (node: NodeIndex) => boolean,
): Draft[] {
  const last = graphs.at(-1);
  if (!last) return [];
  const groups = new Map<string, NodeIndex[]>();
  for (const member of members) {
    if (!/^(?:object|native|closure)$/.test(last.type(member))) continue;
    const kind = className(last, member);
    const group = groups.get(kind);
    if (group) group.push(member);
    else groups.set(kind, [member]);
  }
  return [...groups].flatMap(([kind, group]): Draft[] => {
    const bytes = group.reduce((sum, member) => sum + last.retainedSize(member), 0);
    if (bytes < MIN_BYTES || kind.startsWith("Node / ")) return [];
    const counts = graphs.length > 1 ? classes.map((one) => one.get(kind)?.count ?? 0) : [];
    const handles = describeHandles(last, kind, group);
    const co = findCoHolders(last, { node, members: group, bytes, count: group.length }, isOld).slice(0, 2);
    const words = co.map((owner) => describeHolder(last, owner));
    const holder =
      handles ?? (words.length > 0 ? words.map((one) => one.holder).join(" and ") : `${kind} without one holder`);
    return [
      {
        holder,
        ...(co[0] === undefined ? {} : { holderId: last.id(co[0]) }),
        className: kind,
        retainedBytes: bytes,
        share: bytes / last.totalBytes,
        count: group.length,
        newCount: group.length,
        path: words[0]?.path ?? [],
        isInternal: handles === undefined && words.every(({ isInternal }) => isInternal),
        what: `${group.length} new ${kind}`,
        course: {
          levels: counts.map((count) => (count * bytes) / group.length),
          newBytes: bytes,
          isTelling: handles !== undefined || words.some(({ isInternal }) => !isInternal),
        },
      },
    ];
  });
}

function judge({ course, what, isInternal: _, ...rest }: Draft): Suspect {
  const { levels, newBytes, isTelling } = course;
  const [first = 0, between = 0, last = 0] = levels;
  const news = `${what}, ${formatBytes(newBytes)} in all`;
  if (levels.length < 2)
    return { ...rest, isLeak: false, why: `${news}; whether others went is not known from ids alone` };
  if (levels.length === 2) {
    const grewBytes = between - first;
    return {
      ...rest,
      grewBytes,
      isLeak: false,
      why: `${news}; grew by ${formatBytes(grewBytes)}. A third snapshot tells growth from warm-up`,
    };
  }
  const [once, twice] = [between - first, last - between];
  const grewBytes = last - first;
  const grew = `${news}; grew by ${formatBytes(once)}, then by ${formatBytes(twice)}`;
  const isLeak =
    isTelling && grewBytes >= MIN_KEPT * newBytes && growsEvenly(telling(levels, course.evenLevels ?? levels));
  return { ...rest, grewBytes, isLeak, why: `${grew}${isLeak ? "" : `: ${excuse(once, twice, isTelling)}`}` };
}

/** Without backing stores, unless these are most of what grew: a Set of small numbers is nothing else. */
function telling(levels: readonly number[], even: readonly number[]): readonly number[] {
  const growth = (course: readonly number[]): number => (course.at(-1) ?? 0) - (course[0] ?? 0);
  return growth(even) >= growth(levels) / 2 ? even : levels;
}

function growsEvenly([first = 0, between = 0, last = 0]: readonly number[]): boolean {
  const [once, twice] = [between - first, last - between];
  return Math.min(once, twice) >= MIN_LEAK_BYTES && twice >= MIN_PROPORTION * once;
}

function excuse(once: number, twice: number, isTelling: boolean): string {
  if (Math.min(once, twice) < MIN_LEAK_BYTES) return "not both times by enough to be called a leak";
  if (twice < MIN_PROPORTION * once) return "it slows down, as a warm-up or a cache that fills does";
  return isTelling ? "it mostly replaces what it holds" : "no single holder is known";
}

/** One suspect for what has the same words. */
function distinct(drafts: readonly Draft[]): Draft[] {
  const kept = new Map<string, Draft>();
  for (const draft of drafts) {
    const known = kept.get(draft.holder);
    if (!known || known.course.newBytes < draft.course.newBytes) kept.set(draft.holder, draft);
  }
  return [...kept.values()];
}

function compareClasses(classes: readonly Map<string, { count: number; selfBytes: number }>[]): ClassGrowth[] {
  const [first, last] = [classes[0], classes.at(-1)];
  return [...(last ?? [])]
    .map(([name, { selfBytes }]) => ({
      className: name,
      counts: classes.map((one) => one.get(name)?.count ?? 0),
      grewBytes: selfBytes - (first?.get(name)?.selfBytes ?? 0),
    }))
    .filter(({ grewBytes }) => grewBytes > 0)
    .sort((one, other) => other.grewBytes - one.grewBytes)
    .slice(0, CLASSES);
}
