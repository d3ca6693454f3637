/**
 * A scope owns what is created in it. At its end everything is released but what its body returns: every
 * owned value anywhere in the returned tree moves to the scope around it. Asynchronous scopes run side by side
 * without touching each other: each continuation knows its own (AsyncLocalStorage).
 */
import { PlimsollError } from "../base/errors.ts";
import { isThenable } from "./adapter.ts";
import { disposables } from "./adapters/disposable.ts";
import { adapterOf } from "./adoption.ts";
import { endNow, endWith, outcomeOf, ownedIn, scopeEnded, scopeHeld } from "./ending.ts";
import { currentFrame, enter, Frame, runIn } from "./frame.ts";
import { assertUnreleased } from "./released.ts";
import { markSite } from "./stack-site.ts";

/** What the body of a scope can ask of it. */
export interface Scope {
  /**
   * Lets every owned value in `tree` survive the end, as if it were returned.
   *
   * @returns the same tree.
   * @throws PlimsollError `ERR_PLIMSOLL_SCOPE_ENDED`, `ERR_PLIMSOLL_TREE_CYCLE`.
   */
  keep<T>(tree: T): T;
  /**
   * Runs `task` at the end, before what came earlier is released. A promise is waited for in an asynchronous scope.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_SCOPE_ENDED`.
   */
  defer(task: () => unknown): void;
  /**
   * Makes this scope the owner of a value that it did not see come to be: a connection, a file, a session.
   *
   * @returns the same value.
   * @throws PlimsollError `ERR_PLIMSOLL_SCOPE_ENDED`; `ERR_PLIMSOLL_RELEASED`; `ERR_PLIMSOLL_UNKNOWN_VALUE` when it has none of
   * `Symbol.dispose`, `Symbol.asyncDispose`, `dispose`, `release`, `close`, `destroy`, `end`, `free`, and no adopted library knows it.
   */
  use<T extends object>(value: T): T;
}

/** A scope that is ended by hand or by `using`. */
export interface OpenedScope extends Scope, Disposable {}

/**
 * Runs `body`, and releases what was created in it, but for what it returns or keeps. When `body` throws, all is released.
 *
 * @param body - synchronous, or asynchronous: then the scope ends when its promise settles.
 * @returns what `body` returned.
 * @throws PlimsollError `ERR_PLIMSOLL_RELEASE_FAILED` when values could not be released: its cause is an `AggregateError`, in which the
 * error of `body`, if any, comes first. `ERR_PLIMSOLL_TREE_CYCLE` when the returned tree holds itself: all is released.
 */
export function scope<T>(body: (scope: Scope) => PromiseLike<T>): Promise<T>;
/** The same with a synchronous `body`: the scope ends when it returns. */
export function scope<T>(body: (scope: Scope) => T): T;
export function scope<T>(body: (scope: Scope) => T | PromiseLike<T>): T | Promise<T> {
  const frame = new Frame(currentFrame(), Date.now());
  let given: T | PromiseLike<T>;
  try {
    given = runIn(frame, () => body(new ScopeHandle(frame)));
  } catch (error) {
    throw endNow(frame, { survivors: [], failure: { error } })?.error;
  }
  if (isThenable(given)) {
    frame.openedAt = markSite();
    return endWith(frame, given);
  }
  const failure = endNow(frame, outcomeOf(given, frame));
  if (failure) throw failure.error;
  return given;
}

/**
 * Opens a scope for the rest of a synchronous block: `using s = openScope()`. What is to survive is given to `keep`.
 * Not across `await`, for code that runs meanwhile would fall into it: use `await scope(async () => ...)` there.
 *
 * @throws PlimsollError at its end: `ERR_PLIMSOLL_SCOPE_HELD` when it was open over an `await`; `ERR_PLIMSOLL_RELEASE_FAILED`.
 */
export function openScope(): OpenedScope {
  const outer = currentFrame();
  const frame = new Frame(outer, Date.now(), markSite());
  enter(frame);
  // The first microtask comes when the block gives way.
  queueMicrotask(() => (frame.isHeldOver = frame.isOpen));
  return new OpenedScopeHandle(frame, outer);
}

/** Runs `body` outside of all scopes: what it creates is nobody's, such as a cache that outlives the request. */
export function untracked<T>(body: () => T): T {
  return runIn(undefined, body);
}

class ScopeHandle implements Scope {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  keep<T>(tree: T): T {
    this.#frame.keep(ownedIn(tree, this.#open()));
    return tree;
  }

  defer(task: () => unknown): void {
    this.#open().defer(task);
  }

  use<T extends object>(value: T): T {
    const frame = this.#open();
    assertUnreleased(value, "used");
    frame.own(value, adapterOf(value) ?? asDisposable(value));
    return value;
  }

  #open(): Frame {
    if (!this.#frame.isOpen) throw scopeEnded(this.#frame);
    return this.#frame;
  }
}

class OpenedScopeHandle extends ScopeHandle implements OpenedScope {
  readonly #own: Frame;
  readonly #outer: Frame | undefined;

  constructor(frame: Frame, outer: Frame | undefined) {
    super(frame);
    this.#own = frame;
    this.#outer = outer;
  }

  [Symbol.dispose](): void {
    const frame = this.#own;
    if (!frame.isOpen) return;
    const failure = frame.isHeldOver ? { error: scopeHeld(frame) } : undefined;
    if (!failure) enter(this.#outer);
    const outcome = endNow(frame, { survivors: [], failure });
    if (outcome) throw outcome.error;
  }
}

function asDisposable(value: object): typeof disposables {
  const candidate: object = value;
  if (disposables.isValue(candidate)) return disposables;
  const className = Object.getPrototypeOf(value)?.constructor?.name as string | undefined;
  throw new PlimsollError(
    "ERR_PLIMSOLL_UNKNOWN_VALUE",
    `A value of class ${className ?? "unknown"} cannot be owned: it has no dispose, release, close, destroy, end or free, and no adopted library knows it. Adopt an adapter for its library, or say how to release it with defer().`,
    { details: { className } },
  );
}
