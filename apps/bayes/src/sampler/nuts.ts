/**
 * The No-U-Turn sampler with multinomial sampling along the trajectory (M. Betancourt, A Conceptual Introduction to
 * Hamiltonian Monte Carlo, arXiv:1701.02434), its U-turn tests also across the two halves of each subtree. Every array
 * is made once, by depth of the tree: a transition allocates nothing.
 */
import { kineticEnergy, type Metric } from "./metric.ts";
import { leapfrog, MAX_ENERGY_ERROR, type Mover, type Transition } from "./mover.ts";
import { type Density, PhasePoint } from "./phase-point.ts";
import type { Random } from "./random.ts";

/** What one level of the tree needs. */
class Level {
  readonly proposal: PhasePoint;
  readonly leftRho: Float64Array;
  readonly rightRho: Float64Array;
  readonly rho: Float64Array;
  readonly leftEnd: Float64Array;
  readonly rightStart: Float64Array;
  readonly leftEndVelocity: Float64Array;
  readonly rightStartVelocity: Float64Array;
  logWeight = -Infinity;

  constructor(n: number) {
    const vector = (): Float64Array => new Float64Array(n);
    this.proposal = new PhasePoint(n);
    [this.leftRho, this.rightRho, this.rho] = [vector(), vector(), vector()];
    [this.leftEnd, this.rightStart] = [vector(), vector()];
    [this.leftEndVelocity, this.rightStartVelocity] = [vector(), vector()];
  }
}

/** Ends of a trajectory: momenta and velocities. */
class Ends {
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly startVelocity: Float64Array;
  readonly endVelocity: Float64Array;

  constructor(n: number) {
    this.start = new Float64Array(n);
    this.end = new Float64Array(n);
    this.startVelocity = new Float64Array(n);
    this.endVelocity = new Float64Array(n);
  }
}

/** Moves a point through a density. */
export class Nuts implements Mover {
  readonly transition: Transition = { acceptance: 0, depth: 0, steps: 0, divergent: false, energy: 0 };
  stepSize = 1;
  readonly #density: Density;
  readonly #metric: Metric;
  readonly #random: Random;
  readonly #maxDepth: number;
  readonly #levels: readonly Level[];
  readonly #moving: PhasePoint;
  readonly #forward: PhasePoint;
  readonly #backward: PhasePoint;
  readonly #sample: PhasePoint;
  readonly #proposal: PhasePoint;
  readonly #velocity: Float64Array;
  readonly #ends: Ends;
  readonly #innerEnds: readonly Ends[];
  readonly #inner: { readonly forward: Ends; readonly backward: Ends };
  readonly #rho: Float64Array;
  readonly #halves: { readonly forward: Float64Array; readonly backward: Float64Array };
  #energyAtStart = 0;
  #acceptanceSum = 0;
  #logWeight = -Infinity;

  /** @param maxDepth - doublings at most: `2 ** maxDepth - 1` gradients a transition. */
  constructor(density: Density, metric: Metric, random: Random, maxDepth: number) {
    const n = density.dimension;
    this.#density = density;
    this.#metric = metric;
    this.#random = random;
    this.#maxDepth = maxDepth;
    this.#levels = Array.from({ length: maxDepth + 1 }, () => new Level(n));
    [this.#moving, this.#forward, this.#backward] = [new PhasePoint(n), new PhasePoint(n), new PhasePoint(n)];
    [this.#sample, this.#proposal] = [new PhasePoint(n), new PhasePoint(n)];
    this.#velocity = new Float64Array(n);
    this.#ends = new Ends(n);
    this.#innerEnds = Array.from({ length: maxDepth + 1 }, () => new Ends(n));
    this.#inner = { forward: new Ends(n), backward: new Ends(n) };
    this.#rho = new Float64Array(n);
    this.#halves = { forward: new Float64Array(n), backward: new Float64Array(n) };
  }

  move(point: PhasePoint): void {
    const metric = this.#metric;
    const random = this.#random;
    const ends = this.#ends;
    metric.draw(random, point.momentum);
    metric.velocity(point.momentum, this.#velocity);
    this.#energyAtStart = kineticEnergy(point.momentum, this.#velocity) - point.logDensity;
    this.#forward.copy(point);
    this.#backward.copy(point);
    this.#sample.copy(point);
    ends.start.set(point.momentum);
    ends.end.set(point.momentum);
    ends.startVelocity.set(this.#velocity);
    ends.endVelocity.set(this.#velocity);
    this.#rho.set(point.momentum);
    const { transition } = this;
    transition.steps = 0;
    transition.depth = 0;
    transition.divergent = false;
    this.#acceptanceSum = 0;
    this.#logWeight = 0;
    while (transition.depth < this.#maxDepth) {
      const isForward = random.uniform() > 0.5;
      if (!this.#double(isForward)) break;
      if (!this.#goesOn()) break;
    }
    transition.acceptance = transition.steps > 0 ? this.#acceptanceSum / transition.steps : 0;
    point.copy(this.#sample);
    metric.velocity(point.momentum, this.#velocity);
    transition.energy = kineticEnergy(point.momentum, this.#velocity) - point.logDensity;
  }

  /** Grows the trajectory to twice its length in one direction; false where the new half is no valid tree. */
  #double(isForward: boolean): boolean {
    const { transition } = this;
    const ends = this.#ends;
    const fresh = isForward ? this.#inner.forward : this.#inner.backward;
    const [half, other] = isForward
      ? [this.#halves.forward, this.#halves.backward]
      : [this.#halves.backward, this.#halves.forward];
    other.set(this.#rho);
    half.fill(0);
    this.#moving.copy(isForward ? this.#forward : this.#backward);
    const level = this.#levels[transition.depth];
    if (!level) return false;
    level.logWeight = -Infinity;
    const isValid = this.#build(transition.depth, isForward ? 1 : -1, this.#proposal, half, fresh, level);
    (isForward ? this.#forward : this.#backward).copy(this.#moving);
    if (!isValid) return false;
    transition.depth += 1;
    // Biased towards the new half.
    const ratio = level.logWeight - this.#logWeight;
    if (ratio >= 0 || this.#random.uniform() < Math.exp(ratio)) this.#sample.copy(this.#proposal);
    this.#logWeight = logAddExp(this.#logWeight, level.logWeight);
    for (let i = 0; i < half.length; i += 1) this.#rho[i] = (half[i] ?? 0) + (other[i] ?? 0);
    // The old trajectory's ends on the side of the new half, before they are replaced, are its neighbours.
    const crossing = this.#crosses(isForward, fresh, half, other);
    if (isForward) {
      ends.end.set(fresh.end);
      ends.endVelocity.set(fresh.endVelocity);
    } else {
      ends.start.set(fresh.end);
      ends.startVelocity.set(fresh.endVelocity);
    }
    return crossing;
  }

  /** The two tests across the middle of the whole trajectory. */
  #crosses(isForward: boolean, fresh: Ends, half: Float64Array, other: Float64Array): boolean {
    const ends = this.#ends;
    const [outerVelocity, innerVelocity, innerMomentum] = isForward
      ? [ends.startVelocity, ends.endVelocity, ends.end]
      : [ends.endVelocity, ends.startVelocity, ends.start];
    return (
      isStraight(outerVelocity, fresh.startVelocity, other, fresh.start) &&
      isStraight(innerVelocity, fresh.endVelocity, half, innerMomentum)
    );
  }

  /** The test over the whole trajectory. */
  #goesOn(): boolean {
    return isStraight(this.#ends.startVelocity, this.#ends.endVelocity, this.#rho, undefined);
  }

  /**
   * Builds a tree of `2 ** depth` steps from where it stands.
   *
   * @param into - its weight is increased by that of the tree.
   * @returns false where it diverged or turned back.
   */
  #build(depth: number, direction: 1 | -1, proposal: PhasePoint, rho: Float64Array, ends: Ends, into: Level): boolean {
    if (depth === 0) return this.#step(direction, proposal, rho, ends, into);
    const level = this.#levels[depth - 1];
    if (!level) return false;
    const inner = this.#innerEnds[depth] ?? this.#ends;
    level.leftRho.fill(0);
    level.rightRho.fill(0);
    level.logWeight = -Infinity;
    if (!this.#build(depth - 1, direction, proposal, level.leftRho, inner, level)) return false;
    const leftWeight = level.logWeight;
    ends.start.set(inner.start);
    ends.startVelocity.set(inner.startVelocity);
    level.leftEnd.set(inner.end);
    level.leftEndVelocity.set(inner.endVelocity);
    level.logWeight = -Infinity;
    if (!this.#build(depth - 1, direction, level.proposal, level.rightRho, inner, level)) return false;
    const rightWeight = level.logWeight;
    level.rightStart.set(inner.start);
    level.rightStartVelocity.set(inner.startVelocity);
    ends.end.set(inner.end);
    ends.endVelocity.set(inner.endVelocity);
    const total = logAddExp(leftWeight, rightWeight);
    into.logWeight = logAddExp(into.logWeight, total);
    if (this.#random.uniform() < Math.exp(rightWeight - total)) proposal.copy(level.proposal);
    const { leftRho, rightRho } = level;
    for (let i = 0; i < rho.length; i += 1) {
      level.rho[i] = (leftRho[i] ?? 0) + (rightRho[i] ?? 0);
      rho[i] = (rho[i] ?? 0) + (level.rho[i] ?? 0);
    }
    return (
      isStraight(ends.startVelocity, ends.endVelocity, level.rho, undefined) &&
      isStraight(ends.startVelocity, level.rightStartVelocity, leftRho, level.rightStart) &&
      isStraight(level.leftEndVelocity, ends.endVelocity, rightRho, level.leftEnd)
    );
  }

  /** One leapfrog step. */
  #step(direction: 1 | -1, proposal: PhasePoint, rho: Float64Array, ends: Ends, into: Level): boolean {
    const point = this.#moving;
    const { transition } = this;
    leapfrog(point, direction * this.stepSize, this.#density, this.#metric, this.#velocity);
    this.#metric.velocity(point.momentum, this.#velocity);
    transition.steps += 1;
    const energy = kineticEnergy(point.momentum, this.#velocity) - point.logDensity;
    const gain = Number.isNaN(energy) ? -Infinity : this.#energyAtStart - energy;
    transition.divergent ||= -gain > MAX_ENERGY_ERROR;
    into.logWeight = logAddExp(into.logWeight, gain);
    this.#acceptanceSum += gain > 0 ? 1 : Math.exp(gain);
    proposal.copy(point);
    for (let i = 0; i < rho.length; i += 1) rho[i] = (rho[i] ?? 0) + (point.momentum[i] ?? 0);
    ends.start.set(point.momentum);
    ends.end.set(point.momentum);
    ends.startVelocity.set(this.#velocity);
    ends.endVelocity.set(this.#velocity);
    return -gain <= MAX_ENERGY_ERROR;
  }
}

/** True where a trajectory still moves away at both ends: no U-turn. `extra` is a neighbour's momentum, added to rho. */
function isStraight(
  startVelocity: Float64Array,
  endVelocity: Float64Array,
  rho: Float64Array,
  extra: Float64Array | undefined,
): boolean {
  let [atStart, atEnd] = [0, 0];
  for (let i = 0; i < rho.length; i += 1) {
    const along = (rho[i] ?? 0) + (extra ? (extra[i] ?? 0) : 0);
    atStart += (startVelocity[i] ?? 0) * along;
    atEnd += (endVelocity[i] ?? 0) * along;
  }
  // Momenta are those of time running forward, whichever way the trajectory grew: one sign fits both.
  return atStart > 0 && atEnd > 0;
}

function logAddExp(a: number, b: number): number {
  const highest = Math.max(a, b);
  return highest === -Infinity ? -Infinity : highest + Math.log1p(Math.exp(-Math.abs(a - b)));
}
