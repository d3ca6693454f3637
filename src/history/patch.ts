/**
 * What has changed, said by the program itself: a step that costs what it changes, whatever the size of
 * the state. A path is the list of keys from the root; a single key may be given as it is.
 */
import type { Path } from "./kind.ts";

/** One change of a patch. */
export type PatchOperation =
  | { readonly what: "set"; readonly path: Path; readonly value: unknown }
  | { readonly what: "delete"; readonly path: Path }
  | { readonly what: "add"; readonly path: Path; readonly value: unknown }
  | { readonly what: "push"; readonly path: Path; readonly value: unknown };

/** A list of changes, made with {@link patch}. */
export class Patch {
  /** The changes, in their order. */
  readonly operations: PatchOperation[] = [];

  /**
   * Sets an entry of an object, a map or an array; an array's `length` can be set too. The empty path
   * replaces the whole state.
   *
   * @param path - keys from the root, or one key of the root.
   */
  set(path: unknown, value: unknown): this {
    this.operations.push({ what: "set", path: toPath(path), value });
    return this;
  }

  /**
   * Deletes an entry of an object or a map, a member of a set, or the element of an array, which leaves a hole.
   *
   * @param path - keys from the root, or one key of the root.
   */
  delete(path: unknown): this {
    this.operations.push({ what: "delete", path: toPath(path) });
    return this;
  }

  /** Adds a member to the set at `path`. */
  add(path: unknown, member: unknown): this {
    this.operations.push({ what: "add", path: toPath(path), value: member });
    return this;
  }

  /** Appends an element to the array at `path`. */
  push(path: unknown, element: unknown): this {
    this.operations.push({ what: "push", path: toPath(path), value: element });
    return this;
  }
}

/** Begins a patch. */
export function patch(): Patch {
  return new Patch();
}

function toPath(path: unknown): Path {
  return Array.isArray(path) ? path : [path];
}
