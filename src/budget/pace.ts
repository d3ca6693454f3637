/**
 * How many tasks at once are worth it: memory says how many fit, throughput says how many help. Begins low and multiplies
 * with each generation of tasks while that makes things faster, as TCP's slow start does (Jacobson, SIGCOMM 1988). Then it climbs in
 * small steps: while the thread has time left and tasks take no longer than with fewer at once, as TCP Vegas does (Brakmo and others,
 * SIGCOMM 1994), else by trial, and it tries a direction that did not help ever more seldom.
 */

/** Tasks at once in the beginning. */
const START = 4;
/** A window is at least so long and has at least so many completions. */
const LEAST_MS = 300;
const LEAST_ENDED = 100;
/** While multiplying: by how much at most within one window, its completions, how much faster each must be to go on, and how many may fail to. */
const FACTOR = 4;
const FIRST_ENDED = 8;
const WORTH_MORE = 1.1;
const MOST_FAILED = 2;
/** A thread that is busier than this does not get faster with more tasks. */
const SATURATED = 0.97;
const STEP = 0.1;
/** On the way up: at most this much more in so long, so that a thousand take three seconds; and how much of the most there were lately remains. */
const RISE_RATIO = 0.15;
const RISE_MS = 100;
const RISE_MEMORY = 0.8;
/** Tasks that take longer than they once did by this much wait for each other. */
const QUEUEING = 1.15;
/** Faster or slower by this much counts. */
const CHANGE = 0.01;
const MOST_PATIENCE = 64;
/** No task has ended for so long while multiplying, and later. */
const STILL_MS = 1000;
const LONG_STILL_MS = 10_000;
/** Weight of the newest window. */
const SMOOTHING = 0.7;

/** Keeps the number of tasks at once at which throughput is highest. */
export class Pace {
  readonly #busyRatio: () => number;
  #limit = START;
  #limitBefore = START;
  #multiplying = true;
  #failed = 0;
  #best = { throughput: 0, limit: START };
  #throughput = 0;
  #direction: 1 | -1 = 1;
  #patience = 1;
  #rest = 0;
  #ended = 0;
  #endedMs = 0;
  #leastMeanMs = Number.POSITIVE_INFINITY;
  #ceiling = START;
  #ceilingMs = 0;
  #mostLately = 0;
  #atLimit = 0;
  #sinceMs: number;
  #movedMs: number;

  /**
   * @param nowMs - the time.
   * @param busyRatio - how busy the thread was since it was last asked, 0..1.
   */
  constructor(nowMs: number, busyRatio: () => number) {
    this.#busyRatio = busyRatio;
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
   * Tasks at once for now: on the way up, the number rises step by step. Many that start together also grow together, and what they
   * hold when young says little of what they will hold.
   */
  ceiling(inFlight: number, nowMs: number): number {
    if (nowMs - this.#ceilingMs >= RISE_MS) {
      this.#ceilingMs = nowMs;
      this.#mostLately = Math.max(inFlight, RISE_MEMORY * this.#mostLately);
      this.#ceiling = START + Math.ceil(this.#mostLately * (1 + RISE_RATIO));
    }
    return Math.min(this.#limit, this.#ceiling);
  }

  /**
   * A task has ended.
   *
   * @param inFlight - how many were running, it included.
   * @param tookMs - from its start to its end.
   */
  end(inFlight: number, nowMs: number, tookMs: number): void {
    this.#ended += 1;
    this.#endedMs += tookMs;
    this.#movedMs = nowMs;
    if (inFlight >= this.#limit) {
      this.#atLimit += 1;
      // No more than that within one window: the next one has to show that they help.
      const most = Math.max(this.#limit, FACTOR * this.#limitBefore);
      if (this.#multiplying) this.#limit = Math.min(most, this.#limit + FACTOR - 1);
    }
    const least = this.#multiplying ? Math.max(FIRST_ENDED, this.#limitBefore) : Math.max(LEAST_ENDED, 2 * this.#limit);
    if (this.#ended < least || nowMs - this.#sinceMs < LEAST_MS) return;
    const throughput = this.#ended / ((nowMs - this.#sinceMs) / 1000);
    const isBinding = this.#atLimit > this.#ended / 2;
    const isSaturated = this.#busyRatio() > SATURATED;
    const meanMs = this.#endedMs / this.#ended;
    this.#ended = 0;
    this.#endedMs = 0;
    this.#atLimit = 0;
    this.#sinceMs = nowMs;
    if (this.#multiplying) this.#multiply(throughput, isBinding, isSaturated);
    else this.#climb(throughput, meanMs, isBinding, isSaturated, inFlight);
    this.#limitBefore = this.#limit;
  }

  /** A task waits only because of the pace: when none has ended for long, as with very long tasks or tasks that wait for others, one more may start. */
  wait(nowMs: number): void {
    if (nowMs - this.#movedMs < (this.#multiplying ? STILL_MS : LONG_STILL_MS)) return;
    this.#movedMs = nowMs;
    this.#limit += Math.ceil(this.#limit * STEP);
  }

  #multiply(throughput: number, isBinding: boolean, isSaturated: boolean): void {
    this.#throughput = throughput;
    if (throughput > this.#best.throughput * WORTH_MORE) {
      this.#failed = 0;
      this.#best = { throughput, limit: this.#limitBefore };
      return; // also when the thread was busy: to start many takes time
    }
    if (isBinding) this.#failed += 1;
    if (this.#failed < MOST_FAILED && !isSaturated) return;
    this.#multiplying = false;
    this.#limit = Math.max(START, isSaturated ? this.#limitBefore : this.#best.limit);
  }

  #climb(measured: number, meanMs: number, isBinding: boolean, isSaturated: boolean, inFlight: number): void {
    this.#leastMeanMs = Math.min(this.#leastMeanMs, meanMs);
    const before = this.#throughput;
    this.#throughput = SMOOTHING * measured + (1 - SMOOTHING) * before;
    if (!isBinding) {
      // Memory binds, or there is too little to do. Where the thread is busy without more, more is not wanted later either.
      if (isSaturated) this.#limit = Math.max(START, Math.min(this.#limit, inFlight));
      return;
    }
    if (!isSaturated && meanMs <= QUEUEING * this.#leastMeanMs) {
      // None waits for another, so that more are faster, whatever the last window says.
      this.#direction = 1;
      this.#patience = 1;
      this.#rest = 0;
    } else if (this.#rest > 0) {
      this.#rest -= 1;
      return;
    } else if (this.#throughput < before * (1 - CHANGE)) {
      this.#direction = this.#direction === 1 ? -1 : 1;
      this.#patience = Math.min(MOST_PATIENCE, this.#patience * 2);
      this.#rest = this.#patience;
    } else if (this.#throughput > before * (1 + CHANGE)) {
      this.#patience = 1;
    } else if (isSaturated) {
      this.#direction = -1; // as fast with less memory
    }
    const step = Math.max(1, Math.round(this.#limit * STEP));
    this.#limit = Math.max(START, this.#limit + this.#direction * step);
  }
}
