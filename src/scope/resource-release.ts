/**
 * How a resource is released when nobody says how: a value of an adopted library by its adapter, a thing that can be
 * closed by its own method, and a structure of such, as a model with its weights is, leaf by leaf.
 */
import { PlimsollError } from "../base/errors.ts";
import { disposables } from "./adapters/disposable.ts";
import { adapterOf } from "./adoption.ts";
import type { AnyAdapter } from "./frame.ts";
import { tree } from "./tree.ts";

/** Releases a resource or all values in it. */
export function releaseResource(resource: object): unknown {
  const owner = ownerOf(resource);
  return owner ? owner.release(resource) : tree.dispose(resource);
}

/** Bytes of a resource or of all values in it, outside of the JavaScript heap. Default: not known. */
export function bytesOfResource(resource: object): number | undefined {
  const owner = ownerOf(resource);
  if (owner) return owner.bytes?.(resource);
  const known = tree.leaves(resource).map((leaf) => ownerOf(leaf)?.bytes?.(leaf) ?? 0);
  return known.length === 0 ? undefined : known.reduce((sum, bytes) => sum + bytes);
}

/**
 * Refuses a resource of which nobody could say how it is released.
 *
 * @param name - of the resource, for the message.
 * @throws PlimsollError `ERR_PLIMSOLL_UNKNOWN_VALUE`.
 */
export function assertReleasable(resource: object, name: string): void {
  if (ownerOf(resource) || tree.leaves(resource).length > 0) return;
  throw new PlimsollError(
    "ERR_PLIMSOLL_UNKNOWN_VALUE",
    `How ${name} is released is not known: it has no dispose, close, end or the like, and holds nothing that has. Say how in its options.`,
    { details: { name } },
  );
}

/**
 * Refuses a time that is none.
 *
 * @param option - its name, for the message.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION`.
 */
export function assertDuration(option: string, ms: number | undefined): void {
  if (ms === undefined || ms >= 0) return;
  throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", `${option} is ${ms}; it must be 0 or more milliseconds.`, {
    details: { [option]: ms },
  });
}

function ownerOf(resource: object): AnyAdapter | undefined {
  return adapterOf(resource) ?? (disposables.isValue(resource) ? disposables : undefined);
}
