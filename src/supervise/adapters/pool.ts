/**
 * Makes a connection pool smaller while memory is short: its cap is lowered, and idle connections above it are closed.
 * Each connection holds buffers and prepared statements on both sides. Written for `pg.Pool`, whose `max` may change
 * while it runs; other pools fit where they have the same four members.
 */
import type { ShedAction } from "../guard-options.ts";

/** The part of a pool that is used, as `pg.Pool` has it. */
export interface PoolLike {
  /** Its settings; `max` is read before each new connection. */
  readonly options: { max?: number };
  /** Connections that nobody uses. */
  readonly idleCount: number;
  /** All connections. */
  readonly totalCount: number;
  /** Lends one. */
  connect(): PromiseLike<{ release(destroy?: boolean): void }>;
}

const DEFAULT_MAX = 10;

/**
 * Lowers a pool's cap near the soft line, and gives it back when memory is clear.
 *
 * @param max - connections while memory is short. Default: 1.
 */
export function shrinkPool(pool: PoolLike, max = 1): ShedAction {
  let usualMax: number | undefined;
  return {
    name: "shrink pool",
    priority: 35,
    isLasting: true,
    async shed(_, signal) {
      usualMax ??= pool.options.max ?? DEFAULT_MAX;
      pool.options.max = Math.min(usualMax, max);
      // Lending an idle one and destroying it is all that a pool's public interface offers.
      while (pool.idleCount > 0 && pool.totalCount > max && !signal.aborted) (await pool.connect()).release(true);
    },
    restore() {
      if (usualMax !== undefined) pool.options.max = usualMax;
      usualMax = undefined;
    },
  };
}
