/**
 * Goes through everything a value holds: arrays, maps, sets, and the own enumerable data properties of
 * objects, class instances included. Getters are not run, private fields cannot be seen. No recursion: a list may be
 * long. A cycle is an error, for the owner of what lies on it could not be told.
 */
import { PlimsollError } from "../base/errors.ts";

/** More objects than this in one tree are taken for a mistake. */
export const TREE_BOUND = 1_000_000;

interface Step {
  readonly object: object;
  readonly path: string;
  /** True when all below it has been seen. */
  readonly isLeaving: boolean;
}

/**
 * Visits every object of a tree, outer ones first; one that is held twice is visited twice.
 *
 * @param visit - gets an object; true keeps the walk from going into it.
 * @throws PlimsollError `ERR_PLIMSOLL_TREE_CYCLE` with the path, `ERR_PLIMSOLL_TREE_TOO_LARGE` beyond {@link TREE_BOUND} objects.
 */
export function walk(tree: unknown, visit: (object: object) => boolean): void {
  if (!isObject(tree)) return;
  const open = new Set<object>();
  const steps: Step[] = [{ object: tree, path: "", isLeaving: false }];
  let seen = 0;
  for (let step = steps.pop(); step; step = steps.pop()) {
    const { object, path, isLeaving } = step;
    if (isLeaving) {
      open.delete(object);
      continue;
    }
    if (open.has(object)) throw cycle(path);
    if (++seen > TREE_BOUND) throw tooLarge();
    if (visit(object) || !isContainer(object)) continue;
    open.add(object);
    steps.push({ object, path, isLeaving: true });
    for (const [key, child] of [...childrenOf(object)].reverse())
      if (isObject(child)) steps.push({ object: child, path: `${path}${key}`, isLeaving: false });
  }
}

/** What an object holds, each with its place in words. */
function* childrenOf(object: object): Generator<[place: string, child: unknown]> {
  if (Array.isArray(object)) {
    for (const [index, child] of object.entries()) yield [`[${index}]`, child];
  } else if (object instanceof Map) {
    for (const [key, child] of object) {
      yield ["<a key>", key];
      yield ["<a value>", child];
    }
  } else if (object instanceof Set) {
    for (const child of object) yield ["<a member>", child];
  } else {
    for (const key of Object.keys(object)) {
      const property = Object.getOwnPropertyDescriptor(object, key);
      if (property && "value" in property) yield [`.${key}`, property.value];
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Bytes, dates and the like hold no values. */
function isContainer(object: object): boolean {
  return !(
    ArrayBuffer.isView(object) ||
    object instanceof ArrayBuffer ||
    object instanceof SharedArrayBuffer ||
    object instanceof Date ||
    object instanceof RegExp ||
    object instanceof Promise
  );
}

function cycle(path: string): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_TREE_CYCLE",
    `The tree holds itself at ${path}. Who owns the values on a cycle cannot be told: return the values themselves, or keep() them.`,
    { details: { path } },
  );
}

function tooLarge(): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_TREE_TOO_LARGE",
    `The tree has more than ${TREE_BOUND} objects. Return the values themselves, or keep() them.`,
    { details: { bound: TREE_BOUND } },
  );
}
