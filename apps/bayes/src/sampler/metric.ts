/**
 * The mass matrix of the dynamics, by its inverse: an estimate of the posterior's covariance. Diagonal: variances alone.
 * Dense: all of it, worth its cost where parameters are strongly correlated.
 */
import type { Random } from "./random.ts";

/** A metric as plain data. */
export interface MetricState {
  /** The inverse mass: variances, or the rows of the covariance. */
  readonly inverse: Float64Array;
  /** Positions that count for the next estimate. */
  readonly count: number;
  /** Mean of those positions. */
  readonly mean: Float64Array;
  /** Sums of squares, or of products, around the mean. */
  readonly products: Float64Array;
}

/** An inverse mass matrix. */
export interface Metric {
  readonly kind: "diagonal" | "dense";
  /** Velocity of a momentum. */
  velocity(momentum: Float64Array, into: Float64Array): void;
  /** Draws a momentum. */
  draw(random: Random, into: Float64Array): void;
  /** Counts a position for the next estimate. */
  learn(position: Float64Array): void;
  /** Takes over what was learnt since the last time, pulled a little towards a small unit matrix. */
  adapt(): void;
  /** Everything that it is and has learnt, for a checkpoint. */
  state(): MetricState;
  /** Becomes what `state` gave. */
  restore(state: MetricState): void;
}

/** Kinetic energy of a momentum with this velocity. */
export function kineticEnergy(momentum: Float64Array, velocity: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < momentum.length; i += 1) sum += (momentum[i] ?? 0) * (velocity[i] ?? 0);
  return 0.5 * sum;
}

/** As Stan does: an estimate of few draws is not trusted alone. */
const shrink = (count: number): { readonly kept: number; readonly added: number } => ({
  kept: count / (count + 5),
  added: (1e-3 * 5) / (count + 5),
});

/** Variances alone, estimated by Welford's method. */
export class DiagonalMetric implements Metric {
  readonly kind = "diagonal";
  readonly #variances: Float64Array;
  readonly #scales: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(dimension: number) {
    this.#variances = new Float64Array(dimension).fill(1);
    this.#scales = new Float64Array(dimension).fill(1);
    this.#means = new Float64Array(dimension);
    this.#squares = new Float64Array(dimension);
  }

  velocity(momentum: Float64Array, into: Float64Array): void {
    for (let i = 0; i < momentum.length; i += 1) into[i] = (this.#variances[i] ?? 0) * (momentum[i] ?? 0);
  }

  draw(random: Random, into: Float64Array): void {
    for (let i = 0; i < into.length; i += 1) into[i] = random.normal() * (this.#scales[i] ?? 0);
  }

  learn(position: Float64Array): void {
    this.#count += 1;
    for (let i = 0; i < position.length; i += 1) {
      const before = (position[i] ?? 0) - (this.#means[i] ?? 0);
      this.#means[i] = (this.#means[i] ?? 0) + before / this.#count;
      this.#squares[i] = (this.#squares[i] ?? 0) + before * ((position[i] ?? 0) - (this.#means[i] ?? 0));
    }
  }

  adapt(): void {
    if (this.#count < 2) return;
    const { kept, added } = shrink(this.#count);
    const variances = Array.from(this.#squares, (square) => (kept * square) / (this.#count - 1) + added);
    this.#take(variances);
    this.#count = 0;
    this.#means.fill(0);
    this.#squares.fill(0);
  }

  state(): MetricState {
    return {
      inverse: this.#variances.slice(),
      count: this.#count,
      mean: this.#means.slice(),
      products: this.#squares.slice(),
    };
  }

  restore({ inverse, count, mean, products }: MetricState): void {
    this.#take(inverse);
    this.#count = count;
    this.#means.set(mean);
    this.#squares.set(products);
  }

  #take(variances: ArrayLike<number>): void {
    this.#variances.set(variances);
    for (let i = 0; i < variances.length; i += 1) this.#scales[i] = 1 / Math.sqrt(variances[i] ?? 0);
  }
}

/** The whole covariance. */
export class DenseMetric implements Metric {
  readonly kind = "dense";
  readonly #n: number;
  readonly #covariance: Float64Array;
  /** Lower Cholesky factor of the covariance. */
  readonly #factor: Float64Array;
  readonly #mean: Float64Array;
  readonly #products: Float64Array;
  readonly #before: Float64Array;
  #count = 0;

  constructor(dimension: number) {
    this.#n = dimension;
    this.#covariance = new Float64Array(dimension * dimension);
    this.#factor = new Float64Array(dimension * dimension);
    this.#mean = new Float64Array(dimension);
    this.#products = new Float64Array(dimension * dimension);
    this.#before = new Float64Array(dimension);
    for (let i = 0; i < dimension; i += 1) this.#covariance[i * dimension + i] = 1;
    this.#factor.set(this.#covariance);
  }

  velocity(momentum: Float64Array, into: Float64Array): void {
    const n = this.#n;
    for (let row = 0; row < n; row += 1) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += (this.#covariance[row * n + i] ?? 0) * (momentum[i] ?? 0);
      into[row] = sum;
    }
  }

  /** Solves `Lᵀ p = z`: then p has the inverse covariance. */
  draw(random: Random, into: Float64Array): void {
    const n = this.#n;
    for (let i = 0; i < n; i += 1) into[i] = random.normal();
    for (let row = n - 1; row >= 0; row -= 1) {
      let sum = into[row] ?? 0;
      for (let i = row + 1; i < n; i += 1) sum -= (this.#factor[i * n + row] ?? 0) * (into[i] ?? 0);
      into[row] = sum / (this.#factor[row * n + row] ?? 1);
    }
  }

  learn(position: Float64Array): void {
    const n = this.#n;
    this.#count += 1;
    for (let i = 0; i < n; i += 1) {
      const before = (position[i] ?? 0) - (this.#mean[i] ?? 0);
      this.#before[i] = before;
      this.#mean[i] = (this.#mean[i] ?? 0) + before / this.#count;
    }
    for (let row = 0; row < n; row += 1) {
      const after = (position[row] ?? 0) - (this.#mean[row] ?? 0);
      for (let i = 0; i < n; i += 1) {
        const place = row * n + i;
        this.#products[place] = (this.#products[place] ?? 0) + after * (this.#before[i] ?? 0);
      }
    }
  }

  adapt(): void {
    if (this.#count < 2) return;
    const n = this.#n;
    const { kept, added } = shrink(this.#count);
    const covariance = Array.from(this.#products, (product, place) => {
      const isDiagonal = Math.floor(place / n) === place % n;
      return (kept * product) / (this.#count - 1) + (isDiagonal ? added : 0);
    });
    this.#take(covariance);
    this.#count = 0;
    this.#mean.fill(0);
    this.#products.fill(0);
  }

  state(): MetricState {
    return {
      inverse: this.#covariance.slice(),
      count: this.#count,
      mean: this.#mean.slice(),
      products: this.#products.slice(),
    };
  }

  restore({ inverse, count, mean, products }: MetricState): void {
    this.#take(inverse);
    this.#count = count;
    this.#mean.set(mean);
    this.#products.set(products);
  }

  #take(covariance: ArrayLike<number>): void {
    const n = this.#n;
    this.#covariance.set(covariance);
    for (let row = 0; row < n; row += 1) {
      for (let column = 0; column <= row; column += 1) {
        let sum = this.#covariance[row * n + column] ?? 0;
        for (let i = 0; i < column; i += 1)
          sum -= (this.#factor[row * n + i] ?? 0) * (this.#factor[column * n + i] ?? 0);
        const isDiagonal = row === column;
        this.#factor[row * n + column] = isDiagonal ? Math.sqrt(sum) : sum / (this.#factor[column * n + column] ?? 1);
      }
    }
  }
}
