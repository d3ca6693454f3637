/**
 * One chain: a start that has a finite density, warm-up, draws. It can be left after any draw and gone on with from what
 * `checkpoint` gave.
 */
import { BayesError } from "../errors.ts";
import { Hmc } from "./hmc.ts";
import { DenseMetric, DiagonalMetric, kineticEnergy, type Metric, type MetricState } from "./metric.ts";
import { leapfrog, type Mover } from "./mover.ts";
import { Nuts } from "./nuts.ts";
import { type Density, PhasePoint } from "./phase-point.ts";
import { type Random, resumedRandom, seededRandom } from "./random.ts";
import { StepSize, type StepSizeState } from "./step-size.ts";
import { planWarmUp } from "./warm-up.ts";

/** How a chain samples. */
export interface ChainOptions {
  /** Draws that adapt and are not kept. Default: 1000. */
  readonly warmUp?: number;
  /** Default: 1. The same seed gives the same draws. */
  readonly seed?: number;
  /** `nuts` finds the length of each path itself; `hmc` is given it. Default: `nuts`. */
  readonly sampler?: "nuts" | "hmc";
  /** Mean length of the paths of `hmc`, in standard deviations. Default: 1.57, a quarter of a circle. */
  readonly pathLength?: number;
  /** Mean acceptance probability aimed at, 0..1. Default: 0.8. */
  readonly targetAcceptance?: number;
  /** Doublings of a trajectory at most: `2 ** maxDepth - 1` gradients a draw. Default: 10. */
  readonly maxDepth?: number;
  /** Default: `diagonal`. */
  readonly metric?: "diagonal" | "dense";
}

/** Everything that is needed to go on with a chain; plain data. */
export interface ChainCheckpoint {
  /** Draws made, warm-up included. */
  readonly draw: number;
  /** Unconstrained. */
  readonly position: Float64Array;
  /** Of the next trajectory, and how it came to be. */
  readonly step: StepSizeState;
  readonly metric: MetricState;
  readonly random: Uint32Array;
}

/** What is sampled with when nothing else is asked for. */
export const CHAIN_DEFAULTS: Required<ChainOptions> = {
  warmUp: 1000,
  seed: 1,
  sampler: "nuts",
  pathLength: Math.PI / 2,
  targetAcceptance: 0.8,
  maxDepth: 10,
  metric: "diagonal",
};

const ATTEMPTS = 100;

/** Samples a density, draw by draw. */
export class Chain {
  /** Draws made, warm-up included. */
  draw = 0;
  readonly point: PhasePoint;
  readonly mover: Mover;
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
    const settings = { ...CHAIN_DEFAULTS, ...options };
    const { warmUp, seed, sampler, pathLength, targetAcceptance, maxDepth, metric } = settings;
    this.#density = density;
    this.warmUp = warmUp;
    this.#plan = planWarmUp(warmUp);
    this.#metric = metric === "dense" ? new DenseMetric(n) : new DiagonalMetric(n);
    this.#random = from ? resumedRandom(from.random) : seededRandom(seed, chain);
    this.#velocity = new Float64Array(n);
    this.point = new PhasePoint(n);
    this.mover =
      sampler === "hmc"
        ? new Hmc(density, this.#metric, this.#random, pathLength, maxDepth)
        : new Nuts(density, this.#metric, this.#random, maxDepth);
    this.#step = new StepSize(1, targetAcceptance);
    if (from) {
      this.draw = from.draw;
      this.#metric.restore(from.metric);
      this.#step.restore(from.step);
      this.point.position.set(from.position);
      this.point.evaluate(density);
    } else {
      this.#start();
      this.#step.restart(this.#reasonableStep());
    }
    this.mover.stepSize = this.#step.current;
  }

  /** True once warm-up is over: what comes is kept. */
  get isWarm(): boolean {
    return this.draw >= this.warmUp;
  }

  /** Makes one draw: its position is `point.position`, how it went is `mover.transition`. */
  next(): void {
    this.mover.move(this.point);
    if (this.draw < this.warmUp) this.#adapt();
    this.draw += 1;
  }

  /** What is needed to go on from here to the very draws that would have come. */
  checkpoint(): ChainCheckpoint {
    return {
      draw: this.draw,
      position: this.point.position.slice(),
      step: this.#step.state(),
      metric: this.#metric.state(),
      random: this.#random.state(),
    };
  }

  #adapt(): void {
    const action = this.#plan[this.draw];
    this.#step.learn(this.mover.transition.acceptance);
    if (action?.learns) this.#metric.learn(this.point.position);
    this.mover.stepSize = this.#step.current;
    if (action?.adapts) {
      this.#metric.adapt();
      this.#step.restart(this.#reasonableStep());
      this.mover.stepSize = this.#step.current;
    }
    if (this.draw === this.warmUp - 1) {
      this.#step.finish();
      this.mover.stepSize = this.#step.current;
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
    let step = this.mover.stepSize > 0 && this.mover.stepSize < 1e7 ? this.mover.stepSize : 1;
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
