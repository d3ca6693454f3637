/**
 * How many tasks at once are worth it: memory says how many fit, throughput says how many help. Begins low and doubles
 * with each generation of tasks while that makes things faster, as TCP's slow start does (Jacobson, SIGCOMM 1988); then climbs in
 * small steps, and tries a direction that did not help ever more seldom.
 */

/** Tasks at once in the beginning. */
const START = 4;
/** A window is at least so long and has at least so many completions. */
const LEAST_MS = 300;
const LEAST_ENDED = 100;
/** While doubling: how much faster a generation must be to go on, and how many may fail to. */
const WORTH_DOUBLING = 1.04;
const MOST_FAILED = 2;
const STEP = 0.1;
/** Faster or slower by this much counts. */
const CHANGE = 0.01;
const MOST_PATIENCE = 64;
/** No task has ended for so long while doubling, and later. */
const STILL_MS = 1000;
const LONG_STILL_MS = 10_000;
/** Weight of the newest window. */
const SMOOTHING = 0.7;

/** Keeps the number of tasks at once at which throughput is highest. */
export class Pace {
  #limit = START;
  #doubling = true;
  #failed = 0;
  #best = 0;
  #throughput = 0;
  #direction: 1 | -1 = 1;
  #patience = 1;
  #rest = 0;
  #ended = 0;
  #atLimit = 0;
  #sinceMs: number;
  #movedMs: number;

  /** @param nowMs - the time. */
  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
    this.#movedMs = nowMs;
  }

  /** Tasks at once that are worth it. */
  get limit(): number {
    return this.#limit;
  }

  /** Tasks a second in the last window; 0 before it is over. */
  get throughput(): number {
    return this.#throughput;
  }

  /**
   * A task has ended.
   *
   * @param inFlight - how many were running, it included.
   */
  end(inFlight: number, nowMs: number): void {
    this.#ended += 1;
    this.#movedMs = nowMs;
    if (inFlight >= this.#limit) this.#atLimit += 1;
    if (this.#doubling && inFlight >= this.#limit) this.#limit += 1;
    const least = this.#doubling ? Math.max(8, this.#limit / 2) : Math.max(LEAST_ENDED, 2 * this.#limit);
    if (this.#ended < least || nowMs - this.#sinceMs < LEAST_MS) return;
    const throughput = this.#ended / ((nowMs - this.#sinceMs) / 1000);
    const wasBinding = this.#atLimit > this.#ended / 2;
    this.#ended = 0;
    this.#atLimit = 0;
    this.#sinceMs = nowMs;
    if (this.#doubling) this.#double(throughput, wasBinding);
    else this.#climb(throughput, wasBinding);
  }

  /** A task waits only because of the pace: when none has ended for long, as with very long tasks or tasks that wait for others, one more may start. */
  wait(nowMs: number): void {
    if (nowMs - this.#movedMs < (this.#doubling ? STILL_MS : LONG_STILL_MS)) return;
    this.#movedMs = nowMs;
    this.#limit += Math.ceil(this.#limit * STEP);
  }

  #double(throughput: number, wasBinding: boolean): void {
    this.#throughput = throughput;
    if (throughput > this.#best * WORTH_DOUBLING) this.#failed = 0;
    else if (wasBinding) this.#failed += 1;
    this.#best = Math.max(this.#best, throughput);
    if (this.#failed < MOST_FAILED) return;
    this.#doubling = false;
    this.#direction = -1;
  }

  #climb(measured: number, wasBinding: boolean): void {
    const before = this.#throughput;
    this.#throughput = SMOOTHING * measured + (1 - SMOOTHING) * before;
    if (!wasBinding) return; // memory binds, or there is not enough to do
    if (this.#rest > 0) {
      this.#rest -= 1;
      return;
    }
    if (this.#throughput < before * (1 - CHANGE)) {
      this.#direction = this.#direction === 1 ? -1 : 1;
      this.#patience = Math.min(MOST_PATIENCE, this.#patience * 2);
      this.#rest = this.#patience;
    } else if (this.#throughput > before * (1 + CHANGE)) {
      this.#patience = 1;
    }
    const step = Math.max(1, Math.round(this.#limit * STEP));
    this.#limit = Math.max(1, this.#limit + this.#direction * step);
  }
}
