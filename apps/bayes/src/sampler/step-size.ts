/**
 * Finds the step size at which proposals are accepted as often as asked: dual averaging (M. D. Hoffman and A. Gelman,
 * The No-U-Turn Sampler, JMLR 15, 2014, section 3.2, with its constants).
 */

const GAMMA = 0.05;
const DELAY = 10;
const KAPPA = 0.75;

/** Everything of an adaptation, as plain data. */
export interface StepSizeState {
  readonly current: number;
  readonly center: number;
  readonly count: number;
  readonly error: number;
  readonly logAverage: number;
}

/** Adapts a step size. */
export class StepSize {
  readonly #target: number;
  #current: number;
  #center: number;
  #count = 0;
  #error = 0;
  #logAverage = 0;

  /** @param target - mean acceptance probability that is aimed at, 0..1. */
  constructor(initial: number, target: number) {
    this.#target = target;
    this.#current = initial;
    this.#center = Math.log(10 * initial);
  }

  /** For the next trajectory. */
  get current(): number {
    return this.#current;
  }

  /** Begins anew from a step size: after the metric has changed. */
  restart(initial: number): void {
    this.#current = initial;
    this.#center = Math.log(10 * initial);
    this.#count = 0;
    this.#error = 0;
    this.#logAverage = 0;
  }

  /** Learns from a trajectory. @param acceptance - mean acceptance probability along it. */
  learn(acceptance: number): void {
    this.#count += 1;
    const weight = 1 / (this.#count + DELAY);
    this.#error = (1 - weight) * this.#error + weight * (this.#target - acceptance);
    const logStep = this.#center - (Math.sqrt(this.#count) / GAMMA) * this.#error;
    const share = this.#count ** -KAPPA;
    this.#logAverage = share * logStep + (1 - share) * this.#logAverage;
    this.#current = Math.exp(logStep);
  }

  /** Settles on the average: warm-up is over. */
  finish(): void {
    if (this.#count > 0) this.#current = Math.exp(this.#logAverage);
  }

  /** For a checkpoint. */
  state(): StepSizeState {
    return {
      current: this.#current,
      center: this.#center,
      count: this.#count,
      error: this.#error,
      logAverage: this.#logAverage,
    };
  }

  /** Becomes what `state` gave. */
  restore(state: StepSizeState): void {
    this.#current = state.current;
    this.#center = state.center;
    this.#count = state.count;
    this.#error = state.error;
    this.#logAverage = state.logAverage;
  }
}
