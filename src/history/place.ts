/**
 * Where something stands in a state that is being saved: a chain that becomes a path only when it is needed,
 * for an error.
 */
import { PlimsollError } from "../base/errors.ts";
import { formatPath, type Path } from "./kind.ts";

/** Where a container stands, for errors. */
export interface Place {
  readonly parent: Place | undefined;
  readonly key: unknown;
}

/** The place at a path. */
export function placeOf(path: Path): Place | undefined {
  let place: Place | undefined;
  for (const key of path) place = { parent: place, key };
  return place;
}

/** The path of a place, and of a key in it. */
export function pathOf(place: Place | undefined, key: unknown): Path {
  const path: unknown[] = key === undefined ? [] : [key];
  for (let at = place; at; at = at.parent) path.push(at.key);
  return path.reverse();
}

/** The error for a patch that does not fit the state. */
export function mismatch(path: Path, why: string): PlimsollError {
  const where = formatPath(path);
  return new PlimsollError("ERR_PLIMSOLL_BAD_PATCH", `${where} is ${why}. The patch was not applied.`, {
    details: { path: where },
  });
}
