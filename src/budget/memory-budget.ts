/**
 * A tree of byte budgets below the real limit of this program. Whoever holds much memory says so with a lease; when a
 * budget is full, consumers that can shrink are asked to before anybody is refused. It counts what it is told and measures nothing:
 * `AdaptiveLimiter` is for work whose size nobody knows.
 */
import type { ByteBudget, ByteConsumer } from "../base/byte-budget.ts";
import { formatBytes, parseBytes, type SizeInput } from "../base/bytes.ts";
import { publish } from "../base/channels.ts";
import { PlimsollError } from "../base/errors.ts";
import { fairShare, type Holder, reclaim } from "./arbitration.ts";
import { Lease, type MemoryLease } from "./lease.ts";
import { readRealLimit } from "./real-limit.ts";

/** How a budget is made. */
export interface MemoryBudgetOptions {
  /** In messages and reports. Default: `memory`. */
  readonly name?: string;
  /**
   * Most bytes of all leases: a size, or a share of the limit that is met first (V8's old space, or the process's). Default: 80 % of that
   * limit less what is in use now.
   */
  readonly limit?: SizeInput;
}

/** What a budget and those below it hold. */
export interface BudgetReport {
  /** Of the budget. */
  readonly name: string;
  /** Most bytes of all leases. */
  readonly limitBytes: number;
  /** Bytes of all leases now. */
  readonly usedBytes: number;
  /** Most that was held at once. */
  readonly peakBytes: number;
  /** What each consumer that can shrink may count on. */
  readonly fairShareBytes: number;
  /** Who holds a lease on this very budget. */
  readonly consumers: readonly { readonly name: string; readonly bytes: number; readonly canShrink: boolean }[];
  /** Budgets within this one. */
  readonly children: readonly BudgetReport[];
}

/** How a batch size is recommended. */
export interface BatchAdvice {
  /** What one item holds. */
  readonly itemBytes: SizeInput;
  /** Share of the headroom that a batch may take, 0..1. Default: 0.5, as the results of a batch take room too. */
  readonly ratio?: number;
  /** Most items. Default: no such limit. */
  readonly max?: number;
}

const DEFAULT_RATIO = 0.8;

/** A budget in bytes. */
export class MemoryBudget implements ByteBudget, Disposable {
  /** In messages and reports. */
  readonly name: string;
  /** Most bytes of all leases on it and below it. */
  readonly limitBytes: number;
  readonly #parent: MemoryBudget | undefined;
  /** Itself and all above it. */
  readonly #chain: readonly MemoryBudget[];
  readonly #children = new Set<MemoryBudget>();
  readonly #leases = new Set<Lease>();
  #usedBytes = 0;
  #peakBytes = 0;
  #isArbitrating = false;
  #isDisposed = false;

  /**
   * @param options - all have a default.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` when the limit is no size.
   */
  constructor(options: MemoryBudgetOptions = {}, parent?: MemoryBudget) {
    this.name = options.name ?? "memory";
    this.#parent = parent;
    this.limitBytes = limitOf(options.limit, parent);
    this.#chain = [this, ...(parent ? parent.#chain : [])];
    if (parent) parent.#children.add(this);
  }

  /** Bytes of all leases on it and below it. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes that nobody holds, here and in the budgets above, before anybody is asked to shrink. */
  headroom(): number {
    const own = Math.max(0, this.limitBytes - this.#usedBytes);
    return this.#parent ? Math.min(own, this.#parent.headroom()) : own;
  }

  /** A budget within this one. Per cent are of this one's limit. Default limit: this one's. */
  child(options: MemoryBudgetOptions): MemoryBudget {
    this.#assertOpen();
    return new MemoryBudget(options, this);
  }

  /**
   * Takes bytes that cannot be given back on demand.
   *
   * @param name - of who holds them. Default: `lease`.
   * @throws PlimsollError `ERR_PLIMSOLL_OVER_BUDGET` when they do not fit although all that can shrink were asked to.
   */
  reserve(size: SizeInput, name = "lease"): MemoryLease {
    const lease = this.#open({ name });
    try {
      lease.resize(parseBytes(size));
      return lease;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** The same, `undefined` instead of an error. */
  tryReserve(size: SizeInput, name = "lease"): MemoryLease | undefined {
    const lease = this.#open({ name });
    if (lease.tryResize(parseBytes(size))) return lease;
    lease.release();
    return undefined;
  }

  /** Opens a lease of 0 bytes for a consumer that can shrink when others need room. */
  register(consumer: ByteConsumer): MemoryLease {
    return this.#open(consumer);
  }

  /**
   * How many items a batch should have now.
   *
   * @returns 1 at least.
   */
  recommendBatchSize(advice: BatchAdvice): number {
    const { itemBytes, ratio = 0.5, max = Number.MAX_SAFE_INTEGER } = advice;
    return Math.max(1, Math.min(max, Math.floor((this.headroom() * ratio) / parseBytes(itemBytes))));
  }

  /** Who holds what, here and below. */
  report(): BudgetReport {
    return {
      name: this.name,
      limitBytes: this.limitBytes,
      usedBytes: this.#usedBytes,
      peakBytes: this.#peakBytes,
      fairShareBytes: fairShare(this.limitBytes, this.#holders()),
      consumers: [...this.#leases].map(({ name, bytes, consumer }) => ({ name, bytes, canShrink: !!consumer.shrink })),
      children: [...this.#children].map((child) => child.report()),
    };
  }

  /** Releases all leases on it and below it. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const child of this.#children) child[Symbol.dispose]();
    for (const lease of this.#leases) lease.release();
    if (this.#parent) this.#parent.#children.delete(this);
  }

  #open(consumer: Holder["consumer"]): Lease {
    this.#assertOpen();
    const lease: Lease = new Lease(
      consumer,
      (bytes) => this.#change(lease, bytes),
      (bytes) => this.#refuse(lease, bytes),
      () => this.#leases.delete(lease),
    );
    this.#leases.add(lease);
    return lease;
  }

  /** Makes room in this budget and in all above it, then books. */
  #change(lease: Lease, bytes: number): boolean {
    const step = bytes - lease.bytes;
    if (step > 0 && !this.#chain.every((budget) => budget.#hasRoom(step) || budget.#arbitrate(lease, step)))
      return false;
    // Who shrank may have changed more than it was asked to.
    const booked = bytes - lease.bytes;
    if (booked > 0 && !this.#chain.every((budget) => budget.#hasRoom(booked))) return false;
    for (const budget of this.#chain) {
      budget.#usedBytes += booked;
      budget.#peakBytes = Math.max(budget.#peakBytes, budget.#usedBytes);
    }
    return true;
  }

  #hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.limitBytes;
  }

  #arbitrate(lease: Lease, bytes: number): boolean {
    if (this.#isArbitrating) return false; // somebody who is shrinking asks for more
    this.#isArbitrating = true;
    try {
      const missing = bytes - (this.limitBytes - this.#usedBytes);
      const share = fairShare(this.limitBytes, this.#holders());
      // Who can shrink takes from nobody once it is above its share: it has to shrink itself.
      if (lease.consumer.shrink && lease.bytes + bytes > share) return false;
      const result = reclaim(this.#holders(), lease, missing, lease.consumer.shrink ? share : 0);
      publish("plimsoll:budget:arbitrated", () => ({ budget: this.name, asker: lease.name, missing, ...result }));
      return this.#hasRoom(bytes);
    } finally {
      this.#isArbitrating = false;
    }
  }

  #refuse(lease: Lease, bytes: number): PlimsollError {
    const [fullest] = this.#chain
      .map(({ name, limitBytes, usedBytes }) => ({ name, limitBytes, freeBytes: Math.max(0, limitBytes - usedBytes) }))
      .sort((a, b) => a.freeBytes - b.freeBytes);
    const { name: budget, limitBytes, freeBytes } = fullest ?? { name: this.name, limitBytes: 0, freeBytes: 0 };
    return new PlimsollError(
      "ERR_PLIMSOLL_OVER_BUDGET",
      `"${lease.name}" asks for ${formatBytes(bytes - lease.bytes)} more, but "${budget}" has ${formatBytes(freeBytes)} of ` +
        `${formatBytes(limitBytes)} left, and nobody can give back more: hold less at once (headroom() and recommendBatchSize() ` +
        "say how much fits), move values to disk (SpillMap, SpillQueue), or raise the limit.",
      { details: { budget, consumer: lease.name, askedBytes: bytes - lease.bytes, freeBytes, limitBytes } },
    );
  }

  *#holders(): Generator<Lease> {
    yield* this.#leases;
    for (const child of this.#children) yield* child.#holders();
  }

  #assertOpen(): void {
    if (!this.#isDisposed) return;
    throw new PlimsollError("ERR_PLIMSOLL_RELEASED", `the budget "${this.name}" was disposed of: open leases before.`);
  }
}

function limitOf(limit: SizeInput | undefined, parent: MemoryBudget | undefined): number {
  if (parent) return Math.min(parent.limitBytes, parseBytes(limit ?? parent.limitBytes, parent.limitBytes));
  const { limitBytes, usedBytes } = readRealLimit();
  if (limit !== undefined) return parseBytes(limit, limitBytes);
  return Math.max(1, Math.floor(DEFAULT_RATIO * limitBytes - usedBytes));
}
