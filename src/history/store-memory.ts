/**
 * The memory of a store's newest state and of what is not written yet: asked for before a step is taken, at the
 * expense of the cache where it must be.
 */
import type { ByteBudget, ByteLease } from "../base/byte-budget.ts";
import { formatBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import type { HistoryOptions } from "./history-options.ts";
import type { PageCache } from "./page-cache.ts";

/** The lease is taken in steps of this size. */
const RESERVE_BYTES = 64 * 1024;

/** What a store holds beside its cache. */
export class StoreMemory {
  readonly #options: HistoryOptions;
  readonly #lease: ByteLease;

  constructor(options: HistoryOptions, budget: ByteBudget) {
    this.#options = options;
    this.#lease = budget.register({ name: "history", shrink: () => 0 });
  }

  /** Bytes that are leased. */
  get bytes(): number {
    return this.#lease.bytes;
  }

  /** Gives everything back. */
  release(): void {
    this.#lease.release();
  }

  /**
   * Asks for what the state and the unwritten bytes take.
   *
   * @param unsealedBytes - that the log was not given yet.
   * @param pendingBytes - that the storage has not taken yet.
   * @throws PlimsollError `ERR_PLIMSOLL_OVER_LIMIT` or `ERR_PLIMSOLL_HISTORY_BACKLOG`.
   */
  reserve(stateBytes: number, unsealedBytes: number, pendingBytes: number, cache: PageCache): void {
    const bytes = stateBytes + unsealedBytes + pendingBytes;
    if (bytes <= this.#lease.bytes && bytes > this.#lease.bytes - 2 * RESERVE_BYTES) return;
    const wanted = bytes + RESERVE_BYTES;
    if (this.#lease.tryResize(wanted)) return;
    cache.shrink(wanted - this.#lease.bytes);
    if (this.#lease.tryResize(wanted) || this.#lease.tryResize(bytes)) return;
    const limit = typeof this.#options.memory === "object" ? "the shared budget" : "its memory";
    if (pendingBytes > stateBytes) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_HISTORY_BACKLOG",
        `${formatBytes(pendingBytes)} wait for ${this.#options.driver.name}, more than fits into ${limit}. Await flush() between saves.`,
        { details: { pendingBytes } },
      );
    }
    throw new PlimsollError(
      "ERR_PLIMSOLL_OVER_LIMIT",
      `The state takes about ${formatBytes(stateBytes)} of memory, more than fits into ${limit}. Raise \`memory\`; only older states can lie on the storage.`,
      { details: { stateBytes } },
    );
  }
}
