/**
 * One resource that is made when it is first needed, shared by all who use it, measured, and released when nobody does:
 * a model, a pool of connections, an open file.
 */
import { type Clock, systemClock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import { tellFailure } from "./ending.ts";
import { assertDuration, assertReleasable, bytesOfResource, releaseResource } from "./resource-release.ts";
import { addedBytes, type ProcessBytes, readProcessBytes } from "./resource-memory.ts";
import { untracked } from "./scope.ts";

/** How a resource is made and released. */
export interface ManagedResourceOptions<T extends object> {
  /** Its name in messages and reports. */
  readonly name: string;
  /** Makes it. What it creates belongs to no scope. */
  readonly acquire: () => T | PromiseLike<T>;
  /** Releases it. Default: by the adopted adapter of its library, by its own dispose, release, close, free, end or destroy, or all values in it. */
  readonly release?: (resource: T) => unknown;
  /** Bytes that it holds, for the report. Default: its adapter's, those of all values in it, else not known. */
  readonly bytes?: (resource: T) => number | undefined;
  /** Released when unused for so many milliseconds. Default: never by itself. */
  readonly idleTimeoutMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** What a resource costs. */
export interface ResourceMemoryUsage {
  /** True while it is held. */
  readonly isAcquired: boolean;
  /** Uses that run now. */
  readonly users: number;
  /** How often it was made. */
  readonly acquiredCount: number;
  /** What making it added to the process, the last time. Default: not made yet. */
  readonly acquireBytes: ProcessBytes | undefined;
  /** What was added since it was made, by its uses and all else. Default: not held. */
  readonly sinceBytes: ProcessBytes | undefined;
  /** What its last use added while it ran; uses side by side are billed for each other. Default: not used yet. */
  readonly useBytes: ProcessBytes | undefined;
  /** What releasing it gave back, the last time; negative numbers are memory given back. Default: not released yet. */
  readonly releaseBytes: ProcessBytes | undefined;
  /** Bytes that the resource itself tells. Default: not known. */
  readonly ownBytes: number | undefined;
}

/** One shared resource. */
export class ManagedResource<T extends object> implements AsyncDisposable {
  readonly #options: ManagedResourceOptions<T>;
  readonly #clock: Clock;
  #held: Promise<T> | undefined;
  #resource: T | undefined;
  #users = 0;
  #acquiredCount = 0;
  #lastUseMs = 0;
  #acquireBytes: ProcessBytes | undefined;
  #useBytes: ProcessBytes | undefined;
  #releaseBytes: ProcessBytes | undefined;
  #afterAcquire: ProcessBytes | undefined;
  #idling: Disposable | undefined;
  #isClosed = false;

  /**
   * Makes nothing yet.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when `idleTimeoutMs` is negative or not a number.
   */
  constructor(options: ManagedResourceOptions<T>) {
    assertDuration("idleTimeoutMs", options.idleTimeoutMs);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Runs `body` with the resource, making it first where needed. Uses may run side by side.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASED` once disposed; `ERR_PLIMSOLL_UNKNOWN_VALUE` when nobody says how it is released; whatever
   * `acquire` or `body` throws.
   */
  async use<R>(body: (resource: T) => R | PromiseLike<R>): Promise<R> {
    this.#users++;
    let before: ProcessBytes | undefined;
    try {
      const resource = await this.#hold();
      before = readProcessBytes();
      return await body(resource);
    } finally {
      if (before) this.#useBytes = addedBytes(before, readProcessBytes());
      this.#users--;
      this.#lastUseMs = this.#clock.now();
      this.#watchIdle();
    }
  }

  /** What it costs. */
  getMemoryUsage(): ResourceMemoryUsage {
    const resource = this.#resource;
    return {
      isAcquired: resource !== undefined,
      users: this.#users,
      acquiredCount: this.#acquiredCount,
      acquireBytes: this.#acquireBytes,
      sinceBytes: this.#afterAcquire && addedBytes(this.#afterAcquire, readProcessBytes()),
      useBytes: this.#useBytes,
      releaseBytes: this.#releaseBytes,
      ownBytes: resource && (this.#options.bytes ?? bytesOfResource)(resource),
    };
  }

  /**
   * Releases the resource when nobody uses it; the next use makes a new one.
   *
   * @returns whether it was released.
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASE_FAILED`.
   */
  async cleanup(): Promise<boolean> {
    if (this.#users > 0) return false;
    return this.forceCleanup();
  }

  /**
   * Releases the resource, even from under its users.
   *
   * @returns whether there was one.
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASE_FAILED`. It is not tried again.
   */
  async forceCleanup(): Promise<boolean> {
    const held = this.#held;
    this.#held = undefined;
    this.#idling?.[Symbol.dispose]();
    this.#idling = undefined;
    const resource = await held?.catch(() => undefined);
    if (!resource) return false;
    // A use that came meanwhile may have made another.
    if (this.#resource === resource) {
      this.#resource = undefined;
      this.#afterAcquire = undefined;
    }
    const before = readProcessBytes();
    try {
      await (this.#options.release ?? releaseResource)(resource);
    } catch (cause) {
      throw unreleased(this.#options.name, cause);
    }
    this.#releaseBytes = addedBytes(before, readProcessBytes());
    return true;
  }

  /** Releases the resource for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.forceCleanup();
  }

  async #hold(): Promise<T> {
    for (;;) {
      if (this.#isClosed) throw closed(this.#options.name);
      const held = (this.#held ??= this.#acquire());
      try {
        const resource = await held;
        // A cleanup that was forced while it was being made has taken it.
        if (this.#held === held) return resource;
      } catch (error) {
        // The next use may try again.
        if (this.#held === held) this.#held = undefined;
        throw error;
      }
    }
  }

  async #acquire(): Promise<T> {
    const before = readProcessBytes();
    const resource = await untracked(() => this.#options.acquire());
    if (!this.#options.release) assertReleasable(resource, this.#options.name);
    this.#resource = resource;
    this.#acquiredCount++;
    this.#afterAcquire = readProcessBytes();
    this.#acquireBytes = addedBytes(before, this.#afterAcquire);
    return resource;
  }

  #watchIdle(): void {
    const { idleTimeoutMs } = this.#options;
    if (idleTimeoutMs === undefined || this.#users > 0 || this.#held === undefined) return;
    this.#idling ??= this.#clock.every(Math.max(1, idleTimeoutMs / 4), () => {
      if (this.#users === 0 && this.#clock.now() - this.#lastUseMs >= idleTimeoutMs) this.cleanup().catch(tellFailure);
    });
  }
}

function closed(name: string): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_RELEASED",
    `${name} was disposed of and cannot be used any more. Make a new ManagedResource.`,
    {
      details: { name },
    },
  );
}

function unreleased(name: string, cause: unknown): PlimsollError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PlimsollError(
    "ERR_PLIMSOLL_RELEASE_FAILED",
    `${name} could not be released: ${why}. The next use makes a new one.`,
    {
      cause,
      details: { name },
    },
  );
}
