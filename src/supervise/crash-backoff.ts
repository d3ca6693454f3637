/**
 * How long to wait before a program that has crashed is started again: doubling, with jitter so that many
 * of them do not come back at the same moment, forgotten once one has lived for a while. A program that
 * never became ready will not do so the sixth time: then starting it again helps nobody.
 */

/** What to do after a crash. */
export type AfterCrash = { readonly waitMs: number } | { readonly giveUp: true; readonly attempts: number };

const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 30_000;
/** One that has lived so long was well. */
const HEALTHY_MS = 60_000;
/** Crashes in a row without ever having been ready. */
const MAX_ATTEMPTS = 5;

/** Counts the crashes in a row. */
export class CrashBackoff {
  readonly #random: () => number;
  #crashes = 0;
  #wasEverReady = false;

  /** @param random - between 0 and 1. Default: Math.random. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Crashes in a row. */
  get crashes(): number {
    return this.#crashes;
  }

  /** An instance became ready. */
  noteReady(): void {
    this.#wasEverReady = true;
  }

  /** An instance has crashed after living so long. */
  crash(livedMs: number): AfterCrash {
    this.#crashes = livedMs >= HEALTHY_MS ? 1 : this.#crashes + 1;
    if (!this.#wasEverReady && this.#crashes >= MAX_ATTEMPTS) return { giveUp: true, attempts: this.#crashes };
    const most = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#crashes - 1));
    // Between half and all of it ("equal jitter").
    return { waitMs: Math.round(most / 2 + (most / 2) * this.#random()) };
  }
}
