/**
 * Who holds a value: a breadth-first search from the roots of the machine, so that what it finds is a shortest path. It keeps its own
 * queue, and stops after a number of objects.
 */
import type { Value } from "../data/values.ts";
import { type Edge, Place, visitReferences } from "./references.ts";

/** Where a search begins, the most telling first. */
export interface Root {
  /** What it is called; empty when that tells nothing. */
  readonly name: string;
  /** What it holds. */
  readonly target: object;
}

/** How a search ended. */
export type Search =
  | { readonly outcome: "held"; readonly path: readonly Edge[]; readonly visited: number }
  | { readonly outcome: "free"; readonly visited: number }
  | { readonly outcome: "unknown"; readonly visited: number };

/** The shortest path from a root to `value`; `unknown` when `limit` objects were visited and it was not among them. */
export function findHolder(value: object, roots: readonly Root[], limit: number): Search {
  const objects: object[] = [];
  /** Of each object: the number of the one that leads to it, -1 for a root. */
  const from: number[] = [];
  const seen = new Set<object>();
  const reach = (target: Value, holder: number): boolean => {
    if (typeof target !== "object" || target === null) return false;
    const identity = target instanceof Place ? target.env : target;
    if (seen.has(identity)) return false;
    seen.add(identity);
    objects.push(target);
    from.push(holder);
    return identity === value;
  };
  for (const { target } of roots)
    if (reach(target, -1)) return { outcome: "held", path: trace(objects, from, roots), visited: objects.length };
  for (let next = 0; next < objects.length; next++) {
    if (objects.length > limit) return { outcome: "unknown", visited: objects.length };
    let isFound = false;
    visitReferences(objects[next] ?? value, (target) => {
      if (!isFound && reach(target, next)) isFound = true;
    });
    if (isFound) return { outcome: "held", path: trace(objects, from, roots), visited: objects.length };
  }
  return { outcome: "free", visited: objects.length };
}

/** The path to the newest of `objects`. */
function trace(objects: readonly object[], from: readonly number[], roots: readonly Root[]): Edge[] {
  const chain: number[] = [];
  for (let index = objects.length - 1; index >= 0; index = from[index] ?? -1) chain.push(index);
  chain.reverse();
  const [first = 0, ...rest] = chain.map((index) => objects[index] ?? {});
  const path: Edge[] = [roots.find(({ target }) => target === first) ?? { name: "", target: {} }];
  let holder = typeof first === "object" ? first : {};
  for (const target of rest) {
    path.push({ name: edgeName(holder, target), target });
    holder = target;
  }
  return path;
}

function edgeName(holder: object, wanted: object): string {
  let found: string | undefined;
  visitReferences(holder, (target, name) => {
    const isSame =
      target === wanted || (target instanceof Place && wanted instanceof Place && target.env === wanted.env);
    if (isSame) found ??= name();
  });
  return found ?? "";
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
