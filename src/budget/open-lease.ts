/** A store's bytes: a lease on a budget that it shares with others, or a limit of its own. */
import { type ByteBudget, type ByteConsumer, type ByteLease } from "../base/byte-budget.ts";
import { parseBytes, type SizeInput } from "../base/bytes.ts";

/** What a store may hold in memory: a share of a budget, or so many bytes. */
export type StoreMemory = ByteBudget | SizeInput;

/** Opens the lease of a store.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE`
 */
export function openLease(memory: StoreMemory, consumer: ByteConsumer): ByteLease {
  return typeof memory === "object" ? memory.register(consumer) : new OwnLease(parseBytes(memory));
}

/** What a store should count with when it sizes its buffers. */
export function memoryAtHand(memory: StoreMemory): number {
  return typeof memory === "object" ? memory.headroom() : parseBytes(memory);
}

class OwnLease implements ByteLease {
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  tryResize(bytes: number): boolean {
    if (bytes > this.#limitBytes && bytes > this.#bytes) return false;
    this.#bytes = bytes;
    return true;
  }

  release(): void {
    this.#bytes = 0;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
