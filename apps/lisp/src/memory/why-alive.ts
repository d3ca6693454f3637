/**
 * Who holds a value: a breadth-first search from the roots of the machine, so that what it finds is a shortest path. It keeps its own
 * queue, and stops after a number of objects.
 */
import type { Value } from "../data/values.ts";
import type { Machine } from "../machine/machine.ts";
import { type Edge, Place, visitReferences } from "./references.ts";

/** Where a search begins, the most telling first. */
export interface Root {
  /** What it is called; empty when that tells nothing. */
  readonly name: string;
  /** What it holds. */
  readonly target: object;
}

/** The roots in a machine that is between two steps. */
export function registers({ frame, dynamic }: Pick<Machine, "frame" | "dynamic">): Root[] {
  return [
    { name: "", target: frame },
    { name: "", target: dynamic },
  ];
}

/** What a search found. */
export interface Search {
  /** A shortest path for each object that holds the value, as many as were asked for; the shortest first. */
  readonly paths: readonly (readonly Edge[])[];
  /** False when it stopped before it had looked at everything. */
  readonly isComplete: boolean;
}

/** Looks for what holds `value`: at most `limit` objects, until `most` holders were found. */
export function findHolders(value: object, roots: readonly Root[], limit: number, most = 1): Search {
  const objects: object[] = [];
  /** Of each object: the number of the one that leads to it, -1 for a root. */
  const from: number[] = [];
  const seen = new Set<object>();
  const holders: number[] = [];
  const reach = (target: Value, holder: number): void => {
    if (typeof target !== "object" || target === null) return;
    if (target === value && holder !== holders.at(-1)) holders.push(holder);
    const identity = target instanceof Place ? target.env : target;
    if (seen.has(identity)) return;
    seen.add(identity);
    objects.push(target);
    from.push(holder);
  };
  let next = 0;
  for (const { target } of roots) reach(target, -1);
  for (; next < objects.length && next < limit && holders.length < most; next++) {
    const holder = next;
    const object = objects[holder];
    // What it holds itself does not keep it alive.
    if (object !== undefined && object !== value) visitReferences(object, (target) => reach(target, holder));
  }
  const paths = holders.slice(0, most).map((holder) => trace(value, holder, { objects, from, roots }));
  return { paths, isComplete: next >= objects.length };
}

interface Found {
  readonly objects: readonly object[];
  readonly from: readonly number[];
  readonly roots: readonly Root[];
}

/** The path to `value` by way of `holder`. */
function trace(value: object, holder: number, { objects, from, roots }: Found): Edge[] {
  const chain: object[] = [value];
  for (let index = holder; index >= 0; index = from[index] ?? -1) chain.push(objects[index] ?? value);
  chain.reverse();
  const [first = value, ...rest] = chain;
  const path: Edge[] = [roots.find(({ target }) => target === first) ?? { name: "", target: first }];
  let at = first;
  for (const target of rest) {
    path.push({ name: edgeName(at, target), target });
    at = target;
  }
  return path;
}

function edgeName(holder: object, wanted: object): string {
  const found: (() => string)[] = [];
  visitReferences(holder, (target, name) => {
    const isSame =
      target === wanted || (target instanceof Place && wanted instanceof Place && target.env === wanted.env);
    if (isSame) found.push(name);
  });
  return found[0]?.() ?? "";
}

function restAfter(count: number): string {
  return `the rest of a list after ${count} element${count === 1 ? "" : "s"}`;
}

/** A path in words, from the root to the value: lists as the number of the element, frames as how deep they lie. */
export function describePath(path: readonly Edge[]): string[] {
  const words: string[] = [];
  let cdrs = 0;
  let frames = 0;
  for (const { name } of path) {
    if (name === "cdr") cdrs++;
    else if (name === "next") frames++;
    else {
      if (name === "car") words.push(`element ${cdrs} of a list`);
      else {
        if (cdrs > 0) words.push(restAfter(cdrs));
        if (name !== "") words.push(frames > 0 ? `${name}, ${frames} frames down` : name);
      }
      cdrs = 0;
      if (name !== "") frames = 0;
    }
  }
  if (cdrs > 0) words.push(restAfter(cdrs));
  return words;
}
