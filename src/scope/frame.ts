/**
 * One open scope: which values were created in it, which outer values gained or lost references in it, what
 * is to be done at its end. Values that stay move to the nearest scope around it that is still open. Everything else
 * is released in the reverse order of its coming; one failure does not keep the rest from being released.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Adapter } from "./adapter.ts";
import { isThenable } from "./adapter.ts";
import { markReleased, markRelease } from "./released.ts";

/** An adapter whose kind of value is no longer known to the compiler; it is only ever given its own values. */
export type AnyAdapter = Adapter<object>;

type Deferred = () => unknown;

const current = new AsyncLocalStorage<Frame | undefined>();
let settling = 0;

/** One open scope. */
export class Frame {
  /** The scope around it, when it was opened. */
  readonly parent: Frame | undefined;
  /** Where it was opened; unformatted. Default: not noted. */
  openedAt: Error | undefined;
  /** When it was opened, in milliseconds since the epoch. */
  readonly openedMs: number;
  /** Where it ended, once it has. */
  endedAt: Error | undefined;
  /** False from the moment it begins to release. */
  isOpen = true;
  /** True when a synchronous scope was left open over an `await`: nothing falls into it any more. */
  isHeldOver = false;
  readonly #owned = new Map<object, AnyAdapter>();
  // Most scopes need none of these: they are made when they are.
  #borrowed: Map<object, { adapter: AnyAdapter; references: number }> | undefined;
  #deferred: Map<object, Deferred> | undefined;
  #kept: object[] | undefined;
  #isEndNoted = false;

  constructor(parent: Frame | undefined, openedMs: number, openedAt?: Error) {
    this.parent = parent;
    this.openedMs = openedMs;
    this.openedAt = openedAt;
  }

  /** True when nothing would happen at its end. */
  get isIdle(): boolean {
    return this.#owned.size === 0 && !this.#borrowed?.size;
  }

  /** Values owned now. */
  get size(): number {
    return this.#owned.size;
  }

  /** True when this scope releases the value at its end. */
  owns(value: object): boolean {
    return this.#owned.has(value);
  }

  /** Makes this scope the owner. */
  own(value: object, adapter: AnyAdapter): void {
    this.#owned.set(value, adapter);
  }

  /** Gives the ownership up, without releasing. */
  disown(value: object): boolean {
    this.#borrowed?.delete(value);
    return this.#owned.delete(value);
  }

  /** Notes references that a value owned elsewhere gained (or lost, negative) in here. */
  borrow(value: object, adapter: AnyAdapter, references: number): void {
    const held = this.#borrowed?.get(value);
    if (held) held.references += references;
    else (this.#borrowed ??= new Map()).set(value, { adapter, references });
  }

  /** Runs `task` at the end, after everything that comes later. */
  defer(task: Deferred): void {
    // In the map of the owned ones, so that all end in one reverse order.
    const place = {};
    (this.#deferred ??= new Map()).set(place, task);
    this.#owned.set(place, DEFERRED);
  }

  /** Lets the values survive the end, each as often as it is given. */
  keep(values: readonly object[]): void {
    (this.#kept ??= []).push(...values);
  }

  /** Ends the scope without releasing: what was created or retained in it is somebody else's. What it consumed, the scope around it gave. */
  forget(outer: Frame): void {
    this.isOpen = false;
    for (const [value, { adapter, references }] of this.#borrowed ?? [])
      if (references < 0 && !outer.owns(value)) outer.borrow(value, adapter, references);
    this.#owned.clear();
    this.#borrowed = undefined;
  }

  /**
   * Ends the scope. Yields each release that takes its time; what is thrown back in counts as its failure.
   *
   * @param survivors - values to hand on, each as often as it is wanted.
   * @returns what went wrong.
   */
  *end(survivors: readonly object[]): Generator<PromiseLike<unknown>, unknown[], void> {
    this.isOpen = false;
    const wanted = countEach(this.#kept ? [...survivors, ...this.#kept] : survivors);
    const heir = nearestOpen(this.parent);
    const errors: unknown[] = [];
    const moved: [object, AnyAdapter][] = [];
    for (const [value, adapter] of [...this.#owned].reverse()) {
      const references = wanted.get(value) ?? 0;
      if (references > 0) moved.push([value, adapter]);
      yield* this.#settle(value, adapter, references, errors);
    }
    for (const [value, adapter] of moved.reverse()) heir?.own(value, adapter);
    if (this.#borrowed) yield* this.#giveBack(wanted, heir, errors);
    this.#owned.clear();
    this.#deferred = undefined;
    return errors;
  }

  /** Brings a value that was created in here to the references that are wanted. */
  *#settle(value: object, adapter: AnyAdapter, wanted: number, errors: unknown[]): Generator<PromiseLike<unknown>> {
    const task = this.#deferred?.get(value);
    if (task) {
      yield* attempt(task, errors);
      return;
    }
    if (!adapter.alive(value)) return;
    let surplus = (adapter.references?.(value) ?? 1) - wanted;
    // A release that fails and changes nothing must not be tried for ever.
    for (; surplus > 0 && adapter.alive(value); surplus--)
      if (!(yield* attempt(() => adapter.release(value), errors))) break;
    if (wanted === 0) markReleased(value, this.#endPlace());
  }

  /** Noted once, and not at all while scopes end too often for it. */
  #endPlace(): Error | undefined {
    if (!this.#isEndNoted) this.endedAt = markRelease();
    this.#isEndNoted = true;
    return this.endedAt;
  }

  /** Undoes the references that outer values gained in here, but for the wanted ones; tells the scope around of the rest. */
  *#giveBack(
    wanted: ReadonlyMap<object, number>,
    heir: Frame | undefined,
    errors: unknown[],
  ): Generator<PromiseLike<unknown>> {
    for (const [value, { adapter, references }] of this.#borrowed ?? []) {
      let left = references;
      for (; left > (wanted.get(value) ?? 0) && adapter.alive(value); left--)
        if (!(yield* attempt(() => adapter.release(value), errors))) break;
      if (left !== 0 && heir && !heir.owns(value)) heir.borrow(value, adapter, left);
    }
    this.#borrowed = undefined;
  }
}

const DEFERRED: AnyAdapter = {
  name: "deferred",
  isValue: (_candidate): _candidate is object => false,
  alive: () => true,
  release: () => undefined,
};

/** The innermost open scope of the running code. Default: none. */
export function currentFrame(): Frame | undefined {
  return nearestOpen(current.getStore());
}

/** Runs `body` inside a scope, or outside of all. */
export function runIn<T>(frame: Frame | undefined, body: () => T): T {
  return current.run(frame, body);
}

/** Makes a scope the current one for the rest of the running function. */
export function enter(frame: Frame | undefined): void {
  current.enterWith(frame);
}

/** True while a scope releases: what happens to references then is its own doing. */
export function isSettling(): boolean {
  return settling > 0;
}

/** The scope itself when it is open, or the nearest one around it that is. */
export function nearestOpen(frame: Frame | undefined): Frame | undefined {
  let open = frame;
  while (open && (!open.isOpen || open.isHeldOver)) open = open.parent;
  return open;
}

function* attempt(task: () => unknown, errors: unknown[]): Generator<PromiseLike<unknown>, boolean> {
  try {
    settling++;
    let given: unknown;
    try {
      given = task();
    } finally {
      settling--;
    }
    if (isThenable(given)) yield given;
    return true;
  } catch (error) {
    errors.push(error);
    return false;
  }
}

function countEach(values: readonly object[]): Map<object, number> {
  const counts = new Map<object, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
