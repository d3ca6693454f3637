/** Bytes that somebody holds on a budget. What is booked is decided there; a lease knows how much it is, and ends once. */
import type { ByteLease } from "../base/byte-budget.ts";
import { PlimsollError } from "../base/errors.ts";
import type { Holder } from "./arbitration.ts";

/** A lease that can grow, held with `using`. */
export interface MemoryLease extends ByteLease {
  /** Who holds it. */
  readonly name: string;
  /**
   * Changes what is held.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_OVER_BUDGET` when it does not fit; nothing has changed then.
   */
  resize(bytes: number): void;
}

/** As a {@link MemoryLease} is made by its budget. */
export class Lease implements MemoryLease, Holder {
  readonly consumer: Holder["consumer"];
  readonly #change: (bytes: number) => boolean;
  readonly #refuse: (bytes: number) => PlimsollError;
  readonly #close: () => void;
  #bytes = 0;
  #isOpen = true;

  constructor(
    consumer: Holder["consumer"],
    change: (bytes: number) => boolean,
    refuse: (bytes: number) => PlimsollError,
    close: () => void,
  ) {
    this.consumer = consumer;
    this.#change = change;
    this.#refuse = refuse;
    this.#close = close;
  }

  get name(): string {
    return this.consumer.name;
  }

  get bytes(): number {
    return this.#bytes;
  }

  tryResize(bytes: number): boolean {
    if (!Number.isFinite(bytes) || bytes < 0) {
      throw new PlimsollError("ERR_PLIMSOLL_BAD_SIZE", `"${this.name}" asks for ${bytes} bytes: give 0 or more.`);
    }
    if (!this.#isOpen) throw new PlimsollError("ERR_PLIMSOLL_RELEASED", `the lease of "${this.name}" was released.`);
    if (!this.#change(bytes)) return false;
    this.#bytes = bytes;
    return true;
  }

  resize(bytes: number): void {
    if (!this.tryResize(bytes)) throw this.#refuse(bytes);
  }

  release(): void {
    if (!this.#isOpen) return;
    this.tryResize(0);
    this.#isOpen = false;
    this.#close();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
