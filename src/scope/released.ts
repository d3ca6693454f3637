/**
 * Where values were released, for the message when one is used or released again. A WeakMap: it keeps no
 * value alive, and needs no WeakRef, whose target would live until the event-loop turn ends.
 */
import { PlimsollError } from "../base/errors.ts";
import { formatSite, markSite } from "./stack-site.ts";

const releasedAt = new WeakMap<object, Error>();

/** Notes that a value is gone, and where it went. */
export function markReleased(value: object, where: Error = markSite()): void {
  releasedAt.set(value, where);
}

/** True when the value was released by a scope, a pool or a handle. */
export function wasReleased(value: object): boolean {
  return releasedAt.has(value);
}

/**
 * Refuses a value that was released.
 *
 * @param action - what is being tried, as in `cannot be <action>`.
 * @throws PlimsollError `ERR_PLIMSOLL_RELEASED`; its message shows where the value was released, and its own stack where it is used.
 */
export function assertUnreleased(value: object, action: string): void {
  const where = releasedAt.get(value);
  if (!where) return;
  throw new PlimsollError(
    "ERR_PLIMSOLL_RELEASED",
    `This value was released and cannot be ${action}. Return it from its scope, or keep() it, when it is needed later. Released:\n${formatSite(where)}\n  Now:`,
  );
}
