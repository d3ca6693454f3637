/**
 * One chain: a start that has a finite density, warm-up, draws. It can be left after any draw and gone on with from what
 * `checkpoint` gave.
 */
import { BayesError } from "../errors.ts";
import { DenseMetric, DiagonalMetric, kineticEnergy, type Metric } from "./metric.ts";
import { leapfrog, Nuts } from "./nuts.ts";
import { type Density, PhasePoint } from "./phase-point.ts";
import { type Random, resumedRandom, seededRandom } from "./random.ts";
import { StepSize } from "./step-size.ts";
import { planWarmUp } from "./warm-up.ts";

/** How a chain samples. */
export interface ChainOptions {
  /** Draws that adapt and are not kept. Default: 1000. */
  readonly warmUp?: number;
  /** Default: 1. The same seed gives the same draws. */
  readonly seed?: number;
  /** Mean acceptance probability aimed at, 0..1. Default: 0.8. */
  readonly targetAcceptance?: number;
  /** Doublings of a trajectory at most. Default: 10. */
  readonly maxDepth?: number;
  /** Default: `diagonal`. */
  readonly metric?: "diagonal" | "dense";
}

/** Everything that is needed to go on with a chain; plain data. */
export interface ChainCheckpoint {
  readonly draw: number;
  readonly position: readonly number[];
  readonly stepSize: number;
  readonly metric: readonly number[];
  readonly random: readonly number[];
}

const ATTEMPTS = 100;

/** Samples a density, draw by draw. */
export class Chain {
  /** Draws made, warm-up included. */
  draw = 0;
  readonly point: PhasePoint;
  readonly nuts: Nuts;
  readonly warmUp: number;
  readonly #density: Density;
  readonly #metric: Metric;
  readonly #random: Random;
  readonly #step: StepSize;
  readonly #plan: ReturnType<typeof planWarmUp>;
  readonly #velocity: Float64Array;

  /**
   * @param chain - its number, from 0; each has random numbers of its own.
   * @throws BayesError `ERR_BAYES_START` where no start with a finite density is found.
   */
  constructor(density: Density, chain: number, options: ChainOptions = {}, from?: ChainCheckpoint) {
    const n = density.dimension;
    const { warmUp = 1000, seed = 1, targetAcceptance = 0.8, maxDepth = 10, metric = "diagonal" } = options;
    this.#density = density;
    this.warmUp = warmUp;
    this.#plan = planWarmUp(warmUp);
    this.#metric = metric === "dense" ? new DenseMetric(n) : new DiagonalMetric(n);
    this.#random = from ? resumedRandom(from.random) : seededRandom(seed, chain);
    this.#velocity = new Float64Array(n);
    this.point = new PhasePoint(n);
    this.nuts = new Nuts(density, this.#metric, this.#random, maxDepth);
    this.#step = new StepSize(from?.stepSize ?? 1, targetAcceptance);
    if (from) {
      this.draw = from.draw;
      this.#metric.fromArray(from.metric);
      this.point.position.set(from.position);
      this.point.evaluate(density);
    } else {
      this.#start();
      this.#step.restart(this.#reasonableStep());
    }
    this.nuts.stepSize = this.#step.current;
  }

  /** True once warm-up is over: what comes is kept. */
  get isWarm(): boolean {
    return this.draw >= this.warmUp;
  }

  /** Makes one draw: its position is `point.position`, how it went is `nuts.transition`. */
  next(): void {
    this.nuts.move(this.point);
    if (this.draw < this.warmUp) this.#adapt();
    this.draw += 1;
  }

  /** What is needed to go on from here, once warm-up is over. */
  checkpoint(): ChainCheckpoint {
    return {
      draw: this.draw,
      position: Array.from(this.point.position),
      stepSize: this.nuts.stepSize,
      metric: this.#metric.toArray(),
      random: this.#random.state(),
    };
  }

  #adapt(): void {
    const action = this.#plan[this.draw];
    this.#step.learn(this.nuts.transition.acceptance);
    if (action?.learns) this.#metric.learn(this.point.position);
    this.nuts.stepSize = this.#step.current;
    if (action?.adapts) {
      this.#metric.adapt();
      this.#step.restart(this.#reasonableStep());
      this.nuts.stepSize = this.#step.current;
    }
    if (this.draw === this.warmUp - 1) {
      this.#step.finish();
      this.nuts.stepSize = this.#step.current;
    }
  }

  /** Uniform in [-2, 2] for each unconstrained parameter, as Stan does. */
  #start(): void {
    const { point } = this;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      for (let i = 0; i < point.position.length; i += 1) point.position[i] = 4 * this.#random.uniform() - 2;
      point.evaluate(this.#density);
      if (Number.isFinite(point.logDensity) && point.gradient.every(Number.isFinite)) return;
    }
    throw new BayesError(
      "ERR_BAYES_START",
      `no start with a finite density was found in ${ATTEMPTS} attempts: the last one gave ${point.logDensity}`,
      { logDensity: point.logDensity, position: Array.from(point.position) },
    );
  }

  /** Halves or doubles until one step is accepted about as often as not. */
  #reasonableStep(): number {
    let step = this.nuts.stepSize > 0 && this.nuts.stepSize < 1e7 ? this.nuts.stepSize : 1;
    const trial = new PhasePoint(this.#density.dimension);
    const gain = (): number => {
      trial.copy(this.point);
      this.#metric.draw(this.#random, trial.momentum);
      this.#metric.velocity(trial.momentum, this.#velocity);
      const before = kineticEnergy(trial.momentum, this.#velocity) - trial.logDensity;
      leapfrog(trial, step, this.#density, this.#metric, this.#velocity);
      this.#metric.velocity(trial.momentum, this.#velocity);
      const after = kineticEnergy(trial.momentum, this.#velocity) - trial.logDensity;
      return Number.isNaN(after) ? -Infinity : before - after;
    };
    const isHigh = gain() > Math.log(0.8);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      step *= isHigh ? 2 : 0.5;
      if (gain() > Math.log(0.8) !== isHigh) break;
    }
    return step;
  }
}
