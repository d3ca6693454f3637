/**
 * Keeps an action from being tried again and again that fails or frees nothing: after some failures in a row the
 * breaker opens, after a while one try is let through (half-open), and its outcome decides. Each opening lasts
 * twice as long as the one before. (Nygard, Release It!, 2007.)
 */

/** Whether tries are let through. */
export type BreakerState = "closed" | "open" | "half-open";

/** How a breaker is set. */
export interface BreakerOptions {
  /** Failures in a row that open it. Default: 3. */
  readonly failures?: number;
  /** How long the first opening lasts, in milliseconds. Default: 30,000. */
  readonly openMs?: number;
  /** How long one lasts at most. Default: 600,000. */
  readonly maxOpenMs?: number;
}

/** One action's breaker. Told the time, it has no timer. */
export class CircuitBreaker {
  readonly #failuresToOpen: number;
  readonly #openMs: number;
  readonly #maxOpenMs: number;
  #failures = 0;
  #openings = 0;
  #openUntilMs: number | undefined;
  #isTrying = false;

  constructor({ failures = 3, openMs = 30_000, maxOpenMs = 600_000 }: BreakerOptions = {}) {
    this.#failuresToOpen = failures;
    this.#openMs = openMs;
    this.#maxOpenMs = maxOpenMs;
  }

  /** Its state at a time. */
  state(nowMs: number): BreakerState {
    if (this.#openUntilMs === undefined) return "closed";
    return nowMs < this.#openUntilMs ? "open" : "half-open";
  }

  /** Asks to try; who is let through must call {@link CircuitBreaker.succeed} or {@link CircuitBreaker.fail}. */
  admit(nowMs: number): boolean {
    const state = this.state(nowMs);
    if (state === "open" || (state === "half-open" && this.#isTrying)) return false;
    this.#isTrying = state === "half-open";
    return true;
  }

  /** The try was worth it. */
  succeed(): void {
    this.#failures = 0;
    this.#openings = 0;
    this.#openUntilMs = undefined;
    this.#isTrying = false;
  }

  /** The try failed or brought nothing. */
  fail(nowMs: number): void {
    this.#failures += 1;
    if (!this.#isTrying && this.#failures < this.#failuresToOpen) return;
    this.#isTrying = false;
    this.#openUntilMs = nowMs + Math.min(this.#maxOpenMs, this.#openMs * 2 ** this.#openings);
    this.#openings += 1;
  }
}
