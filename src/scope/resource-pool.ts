/**
 * A pool of native resources with a hard cap: on how many there are, and on their bytes where those are known. A
 * pool that only grows is what a driver's leak looks like from outside; here idle ones go, and who waits, waits in order.
 */
import { type Clock, systemClock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import { isThenable } from "./adapter.ts";
import { tellFailure } from "./ending.ts";
import { Lease } from "./lease.ts";
import { assertDuration, assertReleasable, bytesOfResource, releaseResource } from "./resource-release.ts";
import { untracked } from "./scope.ts";

/** How a pool makes, bounds and releases its resources. */
export interface ResourcePoolOptions<T extends object> {
  /** Its name in messages and reports. */
  readonly name: string;
  /** Makes one. */
  readonly create: () => T | PromiseLike<T>;
  /** Most that exist at once: in use, idle, or being made or released. */
  readonly max: number;
  /** Releases one. Default: by the adopted adapter of its library, by its own dispose, release, close, free, end or destroy, or all values in it. */
  readonly destroy?: (resource: T) => unknown;
  /**
   * False for one that must not be lent again, such as a connection that the server has closed: it is released, and another
   * made. Asked when one comes back, with what its use threw, and before it is lent again. Must not throw. Default: all are usable.
   */
  readonly isUsable?: (resource: T, failure?: unknown) => boolean;
  /** Bytes that one holds. Default: its adapter's, those of all values in it, else not known. */
  readonly bytes?: (resource: T) => number | undefined;
  /** Most bytes of all at once: none is made that would pass it, and one that comes back while it is passed is released. One may always exist. Default: no cap. */
  readonly maxBytes?: number;
  /** An idle one is released after so many milliseconds. Default: 10,000. */
  readonly idleTimeoutMs?: number;
  /** One is replaced after so many uses. Default: never. */
  readonly maxUses?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** What a pool holds. */
export interface PoolMemoryUsage {
  /** Resources that exist. */
  readonly size: number;
  /** Of them unused. */
  readonly idle: number;
  /** Askers that wait for one. */
  readonly waiting: number;
  /** Made since the pool was. */
  readonly createdCount: number;
  /** Bytes of all. Default: not known. */
  readonly bytes: number | undefined;
}

interface Entry<T> {
  readonly resource: T;
  uses: number;
  idleSinceMs: number;
}

const DEFAULT_IDLE_MS = 10_000;

/** A bounded pool. */
export class ResourcePool<T extends object> implements AsyncDisposable {
  readonly #options: ResourcePoolOptions<T>;
  readonly #clock: Clock;
  readonly #idle: Entry<T>[] = [];
  readonly #inUse = new Set<Entry<T>>();
  readonly #waiting: { give: (lease: Lease<T>) => void; fail: (error: unknown) => void }[] = [];
  readonly #makings = new Set<Promise<void>>();
  readonly #endings = new Set<Promise<unknown>>();
  #createdCount = 0;
  #sweeping: Disposable | undefined;
  #isClosed = false;

  /** @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when `max` is not a whole number of 1 or more, or `idleTimeoutMs` negative or not a number. */
  constructor(options: ResourcePoolOptions<T>) {
    if (!Number.isInteger(options.max) || options.max < 1) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_BAD_OPTION",
        `max is ${options.max}; a pool needs a whole number of 1 or more.`,
        {
          details: { max: options.max },
        },
      );
    }
    assertDuration("idleTimeoutMs", options.idleTimeoutMs);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Takes a resource, waiting in order for a free one; it must be released.
   *
   * @param signal - ends the waiting.
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASED` once disposed; whatever `create` throws; the signal's reason.
   */
  acquire(signal?: AbortSignal): Promise<Lease<T>> {
    if (this.#isClosed) return Promise.reject(closed(this.#options.name));
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const asker = {
        give: (lease: Lease<T>) => {
          signal?.removeEventListener("abort", stop);
          resolve(lease);
        },
        fail: (error: unknown) => {
          signal?.removeEventListener("abort", stop);
          reject(error);
        },
      };
      const stop = (): void => {
        const place = this.#waiting.indexOf(asker);
        if (place < 0) return;
        this.#waiting.splice(place, 1);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#waiting.push(asker);
      this.#serve();
    });
  }

  /** Runs `body` with a resource and gives it back, also when it throws. */
  async use<R>(body: (resource: T) => R | PromiseLike<R>, signal?: AbortSignal): Promise<R> {
    const lease = await this.acquire(signal);
    try {
      const result = await body(lease.value);
      lease.release();
      return result;
    } catch (error) {
      lease.release(error);
      throw error;
    }
  }

  /** What it holds. */
  getMemoryUsage(): PoolMemoryUsage {
    return {
      size: this.#size,
      idle: this.#idle.length,
      waiting: this.#waiting.length,
      createdCount: this.#createdCount,
      bytes: this.#bytes(),
    };
  }

  /** Releases the idle ones. @returns how many. */
  async cleanup(): Promise<number> {
    return this.#destroyAll(this.#idle.splice(0));
  }

  /** Releases all, even those in use: their leases are void. @returns how many. */
  async forceCleanup(): Promise<number> {
    const entries = [...this.#idle.splice(0), ...this.#inUse];
    this.#inUse.clear();
    const count = await this.#destroyAll(entries);
    this.#serve();
    return count;
  }

  /** Releases all for good; who waits is refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#sweeping?.[Symbol.dispose]();
    for (const { fail } of this.#waiting.splice(0)) fail(closed(this.#options.name));
    await Promise.all(this.#makings);
    await Promise.all([this.forceCleanup(), Promise.allSettled(this.#endings)]);
  }

  get #size(): number {
    return this.#idle.length + this.#inUse.size + this.#makings.size + this.#endings.size;
  }

  /** Gives the first who wait what there is, and makes what may be made. */
  #serve(): void {
    for (let entry = this.#idle.pop(); entry; entry = this.#idle.pop()) {
      if (!this.#isUsable(entry)) {
        this.#destroyAll([entry]).catch(tellFailure);
        continue;
      }
      const asker = this.#waiting.shift();
      if (!asker) {
        this.#idle.push(entry);
        return;
      }
      asker.give(this.#lend(entry));
    }
    while (this.#waiting.length > this.#makings.size && this.#mayMake()) {
      const making = this.#make().finally(() => {
        this.#makings.delete(making);
        this.#serve();
      });
      this.#makings.add(making);
    }
  }

  /** A new one is taken to be as large as those that exist. While there are none, one is made alone, to learn its size. */
  #mayMake(): boolean {
    const { max, maxBytes } = this.#options;
    if (this.#size >= max) return false;
    if (maxBytes === undefined) return true;
    const existing = this.#idle.length + this.#inUse.size;
    if (existing === 0) return this.#makings.size === 0;
    const bytes = this.#bytes() ?? 0;
    return bytes + (bytes / existing) * (this.#makings.size + 1) <= maxBytes;
  }

  async #make(): Promise<void> {
    let resource: T;
    try {
      resource = await untracked(() => this.#options.create());
      if (!this.#options.destroy) assertReleasable(resource, this.#options.name);
    } catch (error) {
      this.#waiting.shift()?.fail(error);
      return;
    }
    this.#createdCount++;
    const entry = { resource, uses: 0, idleSinceMs: 0 };
    if (this.#isClosed) await this.#destroyAll([entry]).catch(tellFailure);
    else this.#free(entry);
  }

  #lend(entry: Entry<T>): Lease<T> {
    entry.uses++;
    this.#inUse.add(entry);
    return new Lease(entry.resource, this.#options.name, (failure) => {
      // After a forced cleanup it is gone already.
      if (!this.#inUse.delete(entry)) return;
      this.#free(entry, failure);
      this.#serve();
    });
  }

  #free(entry: Entry<T>, failure?: unknown): void {
    const { maxUses = Infinity, maxBytes = Infinity, idleTimeoutMs = DEFAULT_IDLE_MS } = this.#options;
    const isOverCap = entry.uses > 0 && (this.#bytes() ?? 0) + (this.#tell(entry.resource) ?? 0) > maxBytes;
    if (entry.uses >= maxUses || isOverCap || !this.#isUsable(entry, failure)) {
      this.#destroyAll([entry]).catch(tellFailure);
      return;
    }
    entry.idleSinceMs = this.#clock.now();
    this.#idle.push(entry);
    this.#sweeping ??= this.#clock.every(Math.max(1, idleTimeoutMs / 4), () => this.#sweep(idleTimeoutMs));
  }

  #sweep(idleTimeoutMs: number): void {
    const now = this.#clock.now();
    const old = this.#idle.filter(({ idleSinceMs }) => now - idleSinceMs >= idleTimeoutMs);
    for (const entry of old) this.#idle.splice(this.#idle.indexOf(entry), 1);
    this.#destroyAll(old).catch(tellFailure);
    if (this.#size > 0) return;
    this.#sweeping?.[Symbol.dispose]();
    this.#sweeping = undefined;
  }

  #isUsable({ resource }: Entry<T>, failure?: unknown): boolean {
    return this.#options.isUsable?.(resource, failure) ?? true;
  }

  #bytes(): number | undefined {
    const known = [...this.#idle, ...this.#inUse]
      .map(({ resource }) => this.#tell(resource))
      .filter((bytes) => bytes !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, bytes) => sum + bytes);
  }

  #tell(resource: T): number | undefined {
    return (this.#options.bytes ?? bytesOfResource)(resource);
  }

  /** One that takes its time exists until it is gone: the next may be made only then. */
  #destroy(resource: T): unknown {
    const given: unknown = (this.#options.destroy ?? releaseResource)(resource);
    if (!isThenable(given)) return given;
    const ending = Promise.resolve(given).finally(() => {
      this.#endings.delete(ending);
      this.#serve();
    });
    this.#endings.add(ending);
    return ending;
  }

  async #destroyAll(entries: readonly Entry<T>[]): Promise<number> {
    const { name } = this.#options;
    const results = await Promise.allSettled(entries.map(async ({ resource }) => this.#destroy(resource)));
    const errors = results
      .filter(({ status }) => status === "rejected")
      .map((result) => ("reason" in result ? (result.reason as unknown) : undefined));
    if (errors.length === 0) return entries.length;
    throw new PlimsollError(
      "ERR_PLIMSOLL_RELEASE_FAILED",
      `${errors.length} of ${entries.length} resources of ${name} could not be released.`,
      {
        cause: new AggregateError(errors),
        details: { name, failed: errors.length },
      },
    );
  }
}

function closed(name: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_RELEASED", `The pool ${name} was disposed of and lends nothing any more.`, {
    details: { name },
  });
}
