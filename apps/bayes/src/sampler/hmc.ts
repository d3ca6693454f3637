/**
 * Hamiltonian Monte Carlo on a path of given length, drawn anew between half and one and a half of it each time: a fixed
 * length can come back to where it began (R. M. Neal, MCMC using Hamiltonian dynamics, section 3.2, arXiv:1206.1901).
 */
import { kineticEnergy, type Metric } from "./metric.ts";
import { leapfrog, MAX_ENERGY_ERROR, type Mover, type Transition } from "./mover.ts";
import { type Density, PhasePoint } from "./phase-point.ts";
import type { Random } from "./random.ts";

/** Moves a point through a density, to the end of a path or not at all. */
export class Hmc implements Mover {
  readonly transition: Transition = { acceptance: 0, depth: 0, steps: 0, divergent: false, energy: 0 };
  stepSize = 1;
  readonly #density: Density;
  readonly #metric: Metric;
  readonly #random: Random;
  readonly #pathLength: number;
  readonly #mostSteps: number;
  readonly #moving: PhasePoint;
  readonly #velocity: Float64Array;

  /**
   * @param pathLength - mean length, in units of the metric: of a normal density that it fits, pi / 2 leads to an
   *   independent draw.
   * @param maxDepth - `2 ** maxDepth - 1` steps at most.
   */
  constructor(density: Density, metric: Metric, random: Random, pathLength: number, maxDepth: number) {
    this.#density = density;
    this.#metric = metric;
    this.#random = random;
    this.#pathLength = pathLength;
    this.#mostSteps = 2 ** maxDepth - 1;
    this.#moving = new PhasePoint(density.dimension);
    this.#velocity = new Float64Array(density.dimension);
  }

  move(point: PhasePoint): void {
    const moving = this.#moving;
    const random = this.#random;
    const { transition } = this;
    this.#metric.draw(random, point.momentum);
    const before = this.#energyOf(point);
    const length = this.#pathLength * (0.5 + random.uniform());
    const steps = Math.min(this.#mostSteps, Math.max(1, Math.round(length / this.stepSize)));
    moving.copy(point);
    transition.steps = 0;
    while (transition.steps < steps && Number.isFinite(moving.logDensity)) {
      leapfrog(moving, this.stepSize, this.#density, this.#metric, this.#velocity);
      transition.steps += 1;
    }
    const after = this.#energyOf(moving);
    const gain = Number.isNaN(after) ? -Infinity : before - after;
    transition.depth = Math.floor(Math.log2(transition.steps + 1));
    transition.divergent = -gain > MAX_ENERGY_ERROR;
    transition.acceptance = gain > 0 ? 1 : Math.exp(gain);
    const isAccepted = random.uniform() < transition.acceptance;
    if (isAccepted) point.copy(moving);
    transition.energy = isAccepted ? after : before;
  }

  #energyOf(point: PhasePoint): number {
    this.#metric.velocity(point.momentum, this.#velocity);
    return kineticEnergy(point.momentum, this.#velocity) - point.logDensity;
  }
}
