/**
 * A resource on loan. It can be read until it is given back, and given back once: a second time, or a use after that, is
 * an error that shows both places.
 */
import { PlimsollError } from "../base/errors.ts";
import { formatSite, markSite } from "./stack-site.ts";

/** A resource on loan from a pool. */
export class Lease<T> implements Disposable {
  readonly #value: T;
  readonly #name: string;
  readonly #giveBack: (failure?: unknown) => void;
  #releasedAt: Error | undefined;

  /** Made by a pool. */
  constructor(value: T, name: string, giveBack: (failure?: unknown) => void) {
    this.#value = value;
    this.#name = name;
    this.#giveBack = giveBack;
  }

  /**
   * The resource.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASED` after it was given back.
   */
  get value(): T {
    if (this.#releasedAt) throw givenBack(this.#name, "used", this.#releasedAt);
    return this.#value;
  }

  /**
   * Gives it back.
   *
   * @param failure - what its use threw, for the pool's `isUsable`. Default: nothing.
   * @throws PlimsollError `ERR_PLIMSOLL_RELEASED` the second time.
   */
  release(failure?: unknown): void {
    if (this.#releasedAt) throw givenBack(this.#name, "given back again", this.#releasedAt);
    this.#releasedAt = markSite();
    this.#giveBack(failure);
  }

  /** Gives it back unless that has been done. */
  [Symbol.dispose](): void {
    if (!this.#releasedAt) this.release();
  }
}

function givenBack(name: string, action: string, where: Error): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_RELEASED",
    `This ${name} was given back and cannot be ${action}. Given back:\n${formatSite(where)}\n  Now:`,
    { details: { name } },
  );
}
