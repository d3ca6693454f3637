/**
 * A point of Hamiltonian dynamics: position, momentum, and the log density and gradient there. All arrays are made
 * once, when a sampler is; points are copied into each other.
 */

/** What a sampler must know of a density. */
export interface Density {
  readonly dimension: number;
  /** The log density; its derivatives are written into `gradient`. */
  valueAndGradient(position: Float64Array, gradient: Float64Array): number;
}

/** A point in phase space. */
export class PhasePoint {
  readonly position: Float64Array;
  readonly momentum: Float64Array;
  readonly gradient: Float64Array;
  logDensity = -Infinity;

  constructor(dimension: number) {
    this.position = new Float64Array(dimension);
    this.momentum = new Float64Array(dimension);
    this.gradient = new Float64Array(dimension);
  }

  /** Becomes equal to another. */
  copy(other: PhasePoint): void {
    this.position.set(other.position);
    this.momentum.set(other.momentum);
    this.gradient.set(other.gradient);
    this.logDensity = other.logDensity;
  }

  /** Reads the density at the position. */
  evaluate(density: Density): void {
    this.logDensity = density.valueAndGradient(this.position, this.gradient);
  }
}
