/**
 * A cache that is bounded in bytes, not in entries: the least recently used go first. What a value takes is given or estimated (see
 * estimate-bytes.ts). On a budget that is shared it gives way when others need the bytes. The order of use is kept by
 * lru-cache.
 */
import { LRUCache } from "lru-cache";
import type { ByteLease } from "../base/byte-budget.ts";
import { parseBytes } from "../base/bytes.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { estimateBytes } from "./estimate-bytes.ts";
import { openLease, type StoreMemory } from "./open-lease.ts";

/** Why a value had to go: others needed its bytes, or its time was over. */
export type EvictReason = "full" | "expired";

/** Options of a {@link BoundedMap}. */
export interface BoundedMapOptions<K, V> {
  /** Bytes that it may hold, or a budget to share with others. */
  readonly memory: StoreMemory;
  /** Shown by the budget. Default: `cache`. */
  readonly name?: string;
  /** Bytes of an entry. Default: an estimate of key and value, and what the map itself takes for an entry. */
  readonly sizeOf?: (value: V, key: K) => number;
  /** Milliseconds that a value is kept. Default: as long as there is room. */
  readonly ttlMs?: number;
  /** Finds a value that had to go as long as somebody else holds it. Objects alone. Default: false. */
  readonly weak?: boolean;
  /** Called with each value that had to go; not when it is replaced or deleted. */
  readonly onEvict?: (key: K, value: V, reason: EvictReason) => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Whatever is not absence. */
export type CacheValue = string | number | bigint | boolean | symbol | object;

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
  /** The clock's time at which it expires. */
  readonly until: number;
}

interface WeakEntry {
  readonly reference: WeakRef<object>;
  readonly until: number;
}

/** An entry in the order of use: its slots in the lists of lru-cache, in a Map's table, and the object around the value. */
const ENTRY_BYTES = 140;

/** The cache. */
export class BoundedMap<K extends CacheValue, V extends CacheValue> implements Disposable {
  readonly #options: BoundedMapOptions<K, V>;
  readonly #clock: Clock;
  readonly #lease: ByteLease;
  readonly #headroom: () => number;
  readonly #cache: LRUCache<K, Entry<V>>;
  readonly #weak = new Map<K, WeakEntry>();
  readonly #collected: FinalizationRegistry<K>;
  #isBusy = false;

  /** @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` */
  constructor(options: BoundedMapOptions<K, V>) {
    const { memory, name = "cache", clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#lease = openLease(memory, { name, shrink: (bytes) => this.#shrink(bytes) });
    this.#headroom = typeof memory === "object" ? () => memory.headroom() : () => parseBytes(memory) - this.bytes;
    // The lease is the limit; this one makes it count sizes.
    this.#cache = new LRUCache({ maxSize: Number.MAX_SAFE_INTEGER, sizeCalculation: ({ bytes }) => bytes });
    this.#collected = new FinalizationRegistry((key) => {
      if (this.#weak.get(key)?.reference.deref() === undefined) this.#weak.delete(key);
    });
  }

  /** Values that are held, expired ones that nobody asked for included. */
  get size(): number {
    return this.#cache.size;
  }

  /** Bytes that they take. */
  get bytes(): number {
    return this.#cache.calculatedSize;
  }

  /** The value, which is the most recently used then. */
  get(key: K): V | undefined {
    const entry = this.#cache.get(key);
    if (!entry) return this.#revive(key);
    if (entry.until > this.#clock.now()) return entry.value;
    this.#evict(key, entry, "expired");
    return undefined;
  }

  /** True when there is a value; it is not more recently used then. */
  has(key: K): boolean {
    const until = this.#cache.peek(key)?.until ?? this.#weakUntil(key);
    return until !== undefined && until > this.#clock.now();
  }

  /**
   * Keeps a value, for which others may have to go.
   *
   * @returns false when it is not kept, since it would not fit if all others went: they stay then, and an older value of the key does not.
   */
  set(key: K, value: V): boolean {
    const { ttlMs = Number.POSITIVE_INFINITY } = this.#options;
    return this.#keep(key, value, this.#clock.now() + ttlMs);
  }

  /** Forgets a value; true when there was one. */
  delete(key: K): boolean {
    const had = this.has(key);
    this.#weak.delete(key);
    this.#cache.delete(key);
    this.#settle();
    return had;
  }

  /** Forgets everything. */
  clear(): void {
    this.#weak.clear();
    this.#cache.clear();
    this.#settle();
  }

  /** Entries that have not expired, the most recently used first. */
  *entries(): Generator<[K, V]> {
    for (const [key, { value, until }] of this.#cache.entries()) if (until > this.#clock.now()) yield [key, value];
  }

  /** Forgets everything, and gives the bytes back for good. */
  [Symbol.dispose](): void {
    this.clear();
    this.#lease.release();
  }

  #keep(key: K, value: V, until: number): boolean {
    this.#cache.delete(key);
    this.#weak.delete(key);
    const bytes = this.#sizeOf(key, value);
    if (!this.#makeRoom(bytes)) {
      this.#settle();
      this.#remember(key, value, until);
      return false;
    }
    this.#cache.set(key, { value, bytes, until });
    this.#settle();
    return true;
  }

  #sizeOf(key: K, value: V): number {
    const { sizeOf } = this.#options;
    const bytes = sizeOf ? sizeOf(value, key) : ENTRY_BYTES + estimateBytes(key) + estimateBytes(value);
    return Math.max(1, Math.ceil(bytes));
  }

  #makeRoom(bytes: number): boolean {
    if (this.#resize(this.bytes + bytes)) return true;
    if (bytes - this.#headroom() > this.bytes) return false;
    while (this.#cache.size > 0) {
      this.#evictOldest();
      if (this.#resize(this.bytes + bytes)) return true;
    }
    return false;
  }

  #evictOldest(): void {
    const [key] = this.#cache.rkeys();
    const entry = key === undefined ? undefined : this.#cache.peek(key);
    if (key !== undefined && entry) this.#evict(key, entry, entry.until > this.#clock.now() ? "full" : "expired");
  }

  #evict(key: K, { value, until }: Entry<V>, reason: EvictReason): void {
    this.#cache.delete(key);
    this.#settle();
    if (reason === "full") this.#remember(key, value, until);
    this.#options.onEvict?.(key, value, reason);
  }

  #remember(key: K, value: V, until: number): void {
    if (!this.#options.weak || typeof value !== "object") return;
    this.#weak.set(key, { reference: new WeakRef(value), until });
    this.#collected.register(value, key);
  }

  #revive(key: K): V | undefined {
    const entry = this.#weak.get(key);
    if (!entry) return undefined;
    const value = entry.reference.deref() as V | undefined;
    this.#weak.delete(key);
    if (value === undefined || entry.until <= this.#clock.now()) return undefined;
    this.#keep(key, value, entry.until);
    return value;
  }

  #weakUntil(key: K): number | undefined {
    const entry = this.#weak.get(key);
    return entry?.reference.deref() === undefined ? undefined : entry.until;
  }

  #shrink(bytes: number): number {
    if (this.#isBusy) return 0;
    const before = this.bytes;
    while (this.#cache.size > 0 && before - this.bytes < bytes) this.#evictOldest();
    return before - this.bytes;
  }

  /** Holds what the values take, no more. */
  #settle(): void {
    this.#resize(this.bytes);
  }

  #resize(bytes: number): boolean {
    this.#isBusy = true;
    try {
      return this.#lease.tryResize(bytes);
    } finally {
      this.#isBusy = false;
    }
  }
}
