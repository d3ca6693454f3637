/**
 * Which values were released and where, for the message when one is used or released again. The note stands on the value itself, in a
 * private field: no WeakMap, whose entries cost the collector 0.5 us each, and no WeakRef, whose target lives until the turn ends.
 */
import { PlimsollError } from "../base/errors.ts";
import { formatSite, markSite } from "./stack-site.ts";

/** Places noted before they get fewer. */
const BURST = 1000;
/** Afterwards so many in a millisecond. One costs 3 to 7 us; scopes end up to a million times a second. */
const PER_MS = 0.25;

let placesLeft = BURST;
let countedMs = 0;

/** Gives what it is given, so that a field of the class that extends it is laid onto that. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Given {
  constructor(value: object) {
    return value;
  }
}

class ReleasedValue extends Given {
  #where: Error | undefined;

  static mark(value: object, where: Error | undefined): void {
    if (#where in value) value.#where = where;
    else new ReleasedValue(value).#where = where;
  }

  static has(value: object): boolean {
    return #where in value;
  }

  static where(value: object): Error | undefined {
    return #where in value ? value.#where : undefined;
  }
}

/** For frozen values: newer engines lay no field onto those. */
const frozen = new WeakMap<object, Error | undefined>();

/** Notes that a value is gone, and where it went when that is known. */
export function markReleased(value: object, where: Error | undefined = markRelease()): void {
  if (Object.isExtensible(value)) ReleasedValue.mark(value, where);
  else frozen.set(value, where);
}

/** The present place; `undefined` when so many were noted in the last moments that one more would slow the program down. */
export function markRelease(): Error | undefined {
  const nowMs = Date.now();
  placesLeft = Math.min(BURST, placesLeft + PER_MS * Math.max(0, nowMs - countedMs));
  countedMs = nowMs;
  if (placesLeft < 1) return undefined;
  placesLeft--;
  return markSite();
}

/** True when the value was released by a scope, a pool or a handle. */
export function wasReleased(value: object): boolean {
  return ReleasedValue.has(value) || frozen.has(value);
}

/**
 * Refuses a value that was released.
 *
 * @param action - what is being tried, as in `cannot be <action>`.
 * @throws PlimsollError `ERR_PLIMSOLL_RELEASED`; its message shows where the value was released, and its own stack where it is used.
 */
export function assertUnreleased(value: object, action: string): void {
  if (!wasReleased(value)) return;
  const where = ReleasedValue.where(value) ?? frozen.get(value);
  const place = where
    ? formatSite(where)
    : "    at a place that was not noted: scopes end too often here for each to be";
  throw new PlimsollError(
    "ERR_PLIMSOLL_RELEASED",
    `This value was released and cannot be ${action}. Return it from its scope, or keep() it, when it is needed later. Released:\n${place}\n  Now:`,
  );
}
