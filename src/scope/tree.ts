/**
 * Trees of values: objects, arrays, maps and sets that hold values of adopted libraries, or things that can be
 * closed, at their leaves. The structure is copied, never changed.
 */
import { PlimsollError } from "../base/errors.ts";
import { isThenable } from "./adapter.ts";
import { disposables } from "./adapters/disposable.ts";
import { adapterOf } from "./adoption.ts";
import type { AnyAdapter } from "./frame.ts";
import { markReleased } from "./released.ts";
import { walk } from "./walk.ts";

/** What can be done with all values in a tree. */
export interface Tree {
  /**
   * The values, in the order of the tree; one that stands there twice comes twice.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_TREE_CYCLE`, `ERR_PLIMSOLL_TREE_TOO_LARGE`.
   */
  leaves(tree: unknown): object[];
  /**
   * The same structure with each value replaced. Class instances keep their class; their constructor is not called.
   *
   * @param change - gets a value, gives what stands in its place.
   * @throws PlimsollError as `leaves`.
   */
  map<T>(tree: T, change: (leaf: object) => unknown): T;
  /**
   * The same structure with a reference of its own to each value. The copy is owned by the scope that asks for it, the tree stays with its owner.
   *
   * @throws PlimsollError as `leaves`; `ERR_PLIMSOLL_UNKNOWN_VALUE` for a value that can be neither counted nor cloned.
   */
  clone<T>(tree: T): T;
  /**
   * Releases each value, once for each time it stands there.
   *
   * @returns a promise when a release takes its time.
   * @throws PlimsollError as `leaves`; `ERR_PLIMSOLL_RELEASE_FAILED` after all were tried, with an `AggregateError` as its cause.
   */
  dispose(tree: unknown): void | Promise<void>;
}

/** Trees of values. */
export const tree: Tree = { leaves, map, clone, dispose };

function ownerOf(object: object): AnyAdapter | undefined {
  return adapterOf(object) ?? (disposables.isValue(object) ? disposables : undefined);
}

function leaves(root: unknown): object[] {
  const found: object[] = [];
  walk(root, (object) => {
    const isLeaf = ownerOf(object) !== undefined;
    if (isLeaf) found.push(object);
    return isLeaf;
  });
  return found;
}

function map<T>(root: T, change: (leaf: object) => unknown): T {
  // Finds cycles, which the copying below would follow for ever.
  leaves(root);
  const copy = (node: unknown): unknown => {
    if (typeof node !== "object" || node === null) return node;
    if (ownerOf(node)) return change(node);
    if (Array.isArray(node)) return node.map(copy);
    if (node instanceof Map) return new Map([...node].map(([key, value]) => [copy(key), copy(value)]));
    if (node instanceof Set) return new Set([...node].map(copy));
    if (ArrayBuffer.isView(node)) return node;
    const properties = Object.getOwnPropertyDescriptors(node);
    const held = Object.values(properties).filter(({ value }) => typeof value === "object" && value !== null);
    if (held.length === 0) return node;
    for (const property of held) property.value = copy(property.value);
    return Object.create(Object.getPrototypeOf(node) as object | null, properties);
  };
  // The structure is the same; what stands at the leaves is the caller's word.
  return copy(root) as T;
}

function clone<T>(root: T): T {
  return map(root, (leaf) => {
    const adapter = ownerOf(leaf);
    const copied = adapter?.clone?.(leaf);
    if (copied) return copied;
    if (!adapter?.retain) throw uncloneable(leaf);
    adapter.retain(leaf);
    return leaf;
  });
}

function dispose(root: unknown): void | Promise<void> {
  const errors: unknown[] = [];
  const waiting: PromiseLike<unknown>[] = [];
  for (const leaf of leaves(root).reverse()) {
    const adapter = ownerOf(leaf);
    if (!adapter?.alive(leaf)) continue;
    try {
      const given: unknown = adapter.release(leaf);
      if (isThenable(given)) waiting.push(given);
    } catch (error) {
      errors.push(error);
    }
    if (adapter === disposables) markReleased(leaf);
  }
  if (waiting.length === 0) return throwAll(errors);
  return Promise.allSettled(waiting).then((results) => {
    for (const result of results) if (result.status === "rejected") errors.push(result.reason);
    throwAll(errors);
  });
}

function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 0) return;
  throw new PlimsollError(
    "ERR_PLIMSOLL_RELEASE_FAILED",
    `${errors.length} of the tree's values could not be released. The others were.`,
    {
      cause: new AggregateError(errors),
      details: { failed: errors.length },
    },
  );
}

function uncloneable(leaf: object): PlimsollError {
  const { name } = leaf.constructor;
  return new PlimsollError(
    "ERR_PLIMSOLL_UNKNOWN_VALUE",
    `A ${name} cannot be cloned: its library neither counts references nor copies.`,
    {
      details: { className: name },
    },
  );
}
