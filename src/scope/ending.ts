/**
 * The end of a scope, now or when all has been waited for: who survives, what is released, what went wrong.
 */
import { publish } from "../base/channels.ts";
import { PlimsollError } from "../base/errors.ts";
import { adapterOf } from "./adoption.ts";
import { type Frame, nearestOpen } from "./frame.ts";
import { book } from "./ledger.ts";
import { assertUnreleased, wasReleased } from "./released.ts";
import { formatSite } from "./stack-site.ts";
import { walk } from "./walk.ts";

/** Something thrown; it may be anything, `undefined` too. */
export interface Failure {
  /** What was thrown. */
  readonly error: unknown;
}

/** How the body of a scope ended. */
export interface Outcome {
  /** Owned values in what it returned, each as often as it stands there. */
  readonly survivors: readonly object[];
  /** What it threw. Default: nothing. */
  readonly failure: Failure | undefined;
}

/** The outcome of a body that returned `result`. */
export function outcomeOf(result: unknown, frame: Frame): Outcome {
  try {
    return { survivors: frame.isIdle ? [] : ownedIn(result, frame), failure: undefined };
  } catch (error) {
    return { survivors: [], failure: { error } };
  }
}

/**
 * The values in a tree that scopes own, each as often as it stands there.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_TREE_CYCLE`, `ERR_PLIMSOLL_TREE_TOO_LARGE`, `ERR_PLIMSOLL_RELEASED`.
 */
export function ownedIn(tree: unknown, frame: Frame): object[] {
  const found: object[] = [];
  walk(tree, (object) => {
    const isLeaf = adapterOf(object) !== undefined;
    if (isLeaf || frame.owns(object) || wasReleased(object)) {
      assertUnreleased(object, "returned or kept");
      found.push(object);
    }
    return isLeaf;
  });
  return found;
}

/** Ends a scope at once. Releases that take their time are left to the scope around it. */
export function endNow(frame: Frame, { survivors, failure }: Outcome): Failure | undefined {
  const ending = frame.end(survivors);
  let step = ending.next();
  for (; !step.done; step = ending.next()) leaveTo(nearestOpen(frame.parent), step.value);
  return failureOf(failure, step.value);
}

/** Ends a scope and waits for every release, one after the other. */
export async function endLater(frame: Frame, { survivors, failure }: Outcome): Promise<Failure | undefined> {
  const ending = frame.end(survivors);
  let step = ending.next();
  while (!step.done) {
    try {
      await step.value;
      step = ending.next();
    } catch (error) {
      step = ending.throw(error);
    }
  }
  return failureOf(failure, step.value);
}

/** Ends a scope when its body's promise settles; until then the ledger shows it as open. */
export async function endWith<T>(frame: Frame, given: PromiseLike<T>): Promise<T> {
  const watched = book.watch(frame);
  let result: { readonly value: T } | undefined;
  let outcome: Outcome;
  try {
    result = { value: await given };
    outcome = outcomeOf(result.value, frame);
  } catch (error) {
    outcome = { survivors: [], failure: { error } };
  }
  const failure = await endLater(frame, outcome).finally(() => watched[Symbol.dispose]());
  if (failure) throw failure.error;
  // Without a failure there is a result.
  return (result as { readonly value: T }).value;
}

/** The error for asking something of a scope that has ended. */
export function scopeEnded(frame: Frame): PlimsollError {
  const where = frame.endedAt ? ` It ended:\n${formatSite(frame.endedAt)}\n  Now:` : "";
  return new PlimsollError(
    "ERR_PLIMSOLL_SCOPE_ENDED",
    `The scope has ended: nothing can be kept, used or deferred in it any more. Await the work inside its body.${where}`,
  );
}

/** The error for a synchronous scope that stayed open while other code ran. */
export function scopeHeld(frame: Frame): PlimsollError {
  const where = frame.openedAt ? ` It was opened:\n${formatSite(frame.openedAt)}\n  Now:` : "";
  return new PlimsollError(
    "ERR_PLIMSOLL_SCOPE_HELD",
    `openScope() stayed open over an await. What was created after the await is not in it. Use await scope(async () => ...).${where}`,
  );
}

/** Publishes the failure of a release that nobody waits for, on `plimsoll:scope:error`. */
export function tellFailure(error: unknown): void {
  publish("plimsoll:scope:error", () => ({ error }));
}

function leaveTo(heir: Frame | undefined, release: PromiseLike<unknown>): void {
  const settled = Promise.resolve(release);
  settled.catch((error: unknown) => {
    if (!heir?.isOpen) tellFailure(error);
  });
  heir?.defer(() => settled);
}

function failureOf(failure: Failure | undefined, errors: readonly unknown[]): Failure | undefined {
  const [first] = errors;
  if (errors.length === 0) return failure;
  const why = first instanceof Error ? first.message : String(first);
  const many = errors.length === 1 ? "A value" : `${errors.length} values`;
  const also = failure ? " Its body had failed before; that error is the first of the cause." : "";
  const cause = new AggregateError(failure ? [failure.error, ...errors] : errors, why);
  return {
    error: new PlimsollError(
      "ERR_PLIMSOLL_RELEASE_FAILED",
      `${many} could not be released at the end of a scope: ${why}. The others were.${also}`,
      { cause, details: { failed: errors.length, bodyFailed: failure !== undefined } },
    ),
  };
}
