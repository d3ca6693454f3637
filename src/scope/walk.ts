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
  /** The one that holds it. Default: it is the root. */
  readonly holder: Step | undefined;
  /** Its place there, or what kind of place; read for messages only. */
  readonly place: string | number;
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
  const steps: Step[] = [{ object: tree, holder: undefined, place: "", isLeaving: false }];
  let seen = 0;
  for (let step = steps.pop(); step; step = steps.pop()) {
    const { object } = step;
    if (step.isLeaving) {
      open.delete(object);
      continue;
    }
    if (open.has(object)) throw cycle(pathTo(step));
    if (++seen > TREE_BOUND) throw tooLarge();
    if (visit(object) || !isContainer(object)) continue;
    open.add(object);
    const below = childrenOf(step);
    steps.push({ ...step, isLeaving: true });
    for (let child = below.pop(); child; child = below.pop()) steps.push(child);
  }
}

/** The objects that one holds. A list of steps, not a generator: this runs at the end of every scope that returns something. */
function childrenOf(holder: Step): Step[] {
  const { object } = holder;
  const children: Step[] = [];
  const add = (child: unknown, place: string | number): void => {
    if (isObject(child)) children.push({ object: child, holder, place, isLeaving: false });
  };
  if (Array.isArray(object)) {
    for (let index = 0; index < object.length; index++) add(object[index], index);
  } else if (object instanceof Map) {
    for (const [key, child] of object) {
      add(key, "<a key>");
      add(child, "<a value>");
    }
  } else if (object instanceof Set) {
    for (const child of object) add(child, "<a member>");
  } else {
    for (const key of Object.keys(object)) {
      const property = Object.getOwnPropertyDescriptor(object, key);
      if (property && "value" in property) add(property.value, `.${key}`);
    }
  }
  return children;
}

/** The way to an object in words: `.models[3]<a value>`. */
function pathTo(step: Step): string {
  const places: string[] = [];
  for (let at: Step | undefined = step; at; at = at.holder)
    places.push(typeof at.place === "number" ? `[${at.place}]` : at.place);
  return places.reverse().join("");
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
