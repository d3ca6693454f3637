/**
 * What HMC and NUTS have in common: a transition moves a point through phase space by leapfrog steps and says how it
 * went.
 */
import type { Metric } from "./metric.ts";
import type { Density, PhasePoint } from "./phase-point.ts";

/** An energy error beyond this is called a divergence. */
export const MAX_ENERGY_ERROR = 1000;

/** What a transition came to. */
export interface Transition {
  /** Mean acceptance probability along the trajectory, 0..1. */
  acceptance: number;
  /** Doublings of the trajectory; of a static path the whole part of the logarithm of its length. */
  depth: number;
  /** Gradients computed. */
  steps: number;
  divergent: boolean;
  /** Hamiltonian of the new point. */
  energy: number;
}

/** Moves a point through a density. */
export interface Mover {
  /** Of the newest transition. */
  readonly transition: Readonly<Transition>;
  /** Of the leapfrog. */
  stepSize: number;
  /** Moves on; `point` becomes the next draw. */
  move(point: PhasePoint): void;
}

/** Half a step of momentum, one of position, half a step of momentum. */
export function leapfrog(
  point: PhasePoint,
  step: number,
  density: Density,
  metric: Metric,
  velocity: Float64Array,
): void {
  const { position, momentum, gradient } = point;
  for (let i = 0; i < momentum.length; i += 1) momentum[i] = (momentum[i] ?? 0) + 0.5 * step * (gradient[i] ?? 0);
  metric.velocity(momentum, velocity);
  for (let i = 0; i < position.length; i += 1) position[i] = (position[i] ?? 0) + step * (velocity[i] ?? 0);
  point.evaluate(density);
  for (let i = 0; i < momentum.length; i += 1) momentum[i] = (momentum[i] ?? 0) + 0.5 * step * (gradient[i] ?? 0);
}
