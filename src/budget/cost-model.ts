/**
 * Bytes per task of each kind, learned from the total alone: after a collection, what lives above the base is the sum over
 * kinds of (tasks in flight × bytes per task). Weighted ridge regression on a sliding window, drawn to a first guess: on
 * the same data recursive least squares diverged. Source: Hoerl and Kennard, Technometrics 12, 1970.
 */

/** Kinds with an estimate of their own; later ones share the last. */
const MAX_KINDS = 16;
/** Readings in the window. They differ little from one to the next: telling kinds apart takes many, and a change of costs ends the window early. */
const WINDOW = 240;
/** How many tasks' worth of evidence the first guess is. */
const PRIOR_TASKS = 1;
/** A kind's estimate never falls below this share of the mean: an estimate of 0 would admit without end. */
const FLOOR_RATIO = 0.05;
/** Spread of task sizes over their mean, before and after it was learned. The first is cautious: an early lucky estimate must not be trusted. */
const FIRST_SPREAD = 0.5;
const LEAST_SPREAD = 0.25;
const SETTLED = 10;
/** So many readings in a row that all lie this many deviations off on one side mean that costs have changed. */
const DRIFT_READINGS = 4;
const DRIFT_DEVIATIONS = 3;

interface Observation {
  /** Tasks in flight by kind. */
  readonly counts: Float64Array;
  readonly tasks: number;
  readonly heapBytes: number;
  readonly totalBytes: number;
  /** How far it was off what the model expected before it knew of it, in standard deviations. */
  readonly surprise: number;
}

/** What is known of a kind. */
export interface KindCost {
  /** As the tasks name it. */
  readonly kind: string;
  /** Objects on the heap that a task keeps alive, on average. */
  readonly heapBytes: number;
  /** The same with buffers and other memory outside of the heap. */
  readonly totalBytes: number;
}

/** Learns what tasks cost. */
export class CostModel {
  readonly #kinds = new Map<string, number>();
  readonly #priors: (number | undefined)[] = [];
  #heap = new Float64Array(MAX_KINDS);
  #total = new Float64Array(MAX_KINDS);
  #window: Observation[] = [];
  #spread = FIRST_SPREAD;
  #learned = 0;

  /** @param hints - bytes per task by kind, as a first guess. */
  constructor(hints: Readonly<Record<string, number>> = {}) {
    for (const [kind, bytes] of Object.entries(hints)) this.#priors[this.indexOf(kind)] = bytes;
    this.#solve();
  }

  /** Readings that the present estimates rest on; 0 when they are guesses. */
  get observations(): number {
    return this.#window.length;
  }

  /** Readings since the beginning. */
  get learned(): number {
    return this.#learned;
  }

  /** Standard deviation of a task's size over its mean. */
  get spread(): number {
    return this.#spread;
  }

  /** Most kinds that are told apart. */
  get capacity(): number {
    return MAX_KINDS;
  }

  /** The number of a kind. */
  indexOf(kind: string): number {
    let index = this.#kinds.get(kind);
    if (index !== undefined) return index;
    index = Math.min(this.#kinds.size, MAX_KINDS - 1);
    if (this.#kinds.size >= MAX_KINDS) return index;
    this.#kinds.set(kind, index);
    this.#heap[index] = this.#priors[index] ?? this.#mean("heapBytes");
    this.#total[index] = this.#priors[index] ?? this.#mean("totalBytes");
    return index;
  }

  /** Heap bytes of a task; 0 while nothing is known. */
  heapBytes(index: number): number {
    return this.#heap[index] ?? 0;
  }

  /** Heap and outside bytes of a task; 0 while nothing is known. */
  totalBytes(index: number): number {
    return this.#total[index] ?? 0;
  }

  /** All kinds. */
  costs(): KindCost[] {
    return [...this.#kinds].map(([kind, index]) => ({
      kind,
      heapBytes: this.heapBytes(index),
      totalBytes: this.totalBytes(index),
    }));
  }

  /**
   * Takes in a reading.
   *
   * @param counts - tasks in flight then, by kind. It is copied.
   * @param heapBytes - what lived on the heap above the base.
   * @param totalBytes - the same with what it kept outside.
   */
  observe(counts: Float64Array, heapBytes: number, totalBytes: number): void {
    let tasks = 0;
    for (const count of counts) tasks += count;
    if (tasks < 0.5) return;
    const { expected, deviation } = this.#expect(counts);
    const surprise = (totalBytes - expected) / Math.max(1, deviation);
    this.#window.push({ counts: counts.slice(), tasks, heapBytes, totalBytes, surprise });
    if (this.#window.length > WINDOW) this.#window.shift();
    this.#learned += 1;
    if (this.#hasDrifted()) this.#window = this.#window.slice(-DRIFT_READINGS);
    this.#solve();
  }

  /** True when the newest readings all lie on one side of what the model expected, by far. */
  #hasDrifted(): boolean {
    if (this.#window.length < SETTLED + DRIFT_READINGS) return false;
    const newest = this.#window.slice(-DRIFT_READINGS).map(({ surprise }) => surprise);
    return (
      newest.every((surprise) => surprise > DRIFT_DEVIATIONS) ||
      newest.every((surprise) => surprise < -DRIFT_DEVIATIONS)
    );
  }

  #expect(counts: Float64Array): { expected: number; deviation: number } {
    let expected = 0;
    let squares = 0;
    for (let index = 0; index < this.#kinds.size; index++) {
      const bytes = this.totalBytes(index);
      const count = counts[index] ?? 0;
      expected += count * bytes;
      squares += count * bytes * bytes;
    }
    return { expected, deviation: this.#spread * Math.sqrt(squares) };
  }

  #mean(what: "heapBytes" | "totalBytes"): number {
    let bytes = 0;
    let tasks = 0;
    for (const seen of this.#window) {
      bytes += seen[what];
      tasks += seen.tasks;
    }
    if (tasks > 0) return Math.max(1, bytes / tasks);
    const known = this.#priors.filter((prior) => prior !== undefined);
    return known.length === 0 ? 0 : known.reduce((sum, prior) => sum + prior, 0) / known.length;
  }

  #solve(): void {
    this.#heap = this.#regress("heapBytes");
    this.#total = this.#regress("totalBytes");
    if (this.#window.length === 0) return;
    let ratio = 0;
    for (const seen of this.#window) {
      const { expected, deviation } = this.#expect(seen.counts);
      ratio += ((seen.totalBytes - expected) / Math.max(1, deviation)) ** 2;
    }
    const measured = this.#spread * Math.sqrt(ratio / this.#window.length);
    const weight = Math.min(1, this.#window.length / (2 * SETTLED));
    const least = FIRST_SPREAD + weight * (LEAST_SPREAD - FIRST_SPREAD);
    this.#spread = Math.min(4, Math.max(least, measured));
  }

  /** Solves (X'WX + λ) c = X'Wy + λ c0, with weights 1/n as the noise of a sum of n tasks grows with n. */
  #regress(what: "heapBytes" | "totalBytes"): Float64Array<ArrayBuffer> {
    const size = this.#kinds.size;
    const mean = this.#mean(what);
    const right = new Float64Array(size);
    const rows = Array.from({ length: size }, () => new Float64Array(size));
    for (const [index, row] of rows.entries()) {
      row[index] = PRIOR_TASKS;
      right[index] = PRIOR_TASKS * (this.#priors[index] ?? mean);
    }
    for (const { counts, tasks, [what]: bytes } of this.#window) {
      for (const [index, row] of rows.entries()) {
        const count = (counts[index] ?? 0) / tasks;
        if (count === 0) continue;
        right[index] = (right[index] ?? 0) + count * bytes;
        for (let other = 0; other < size; other++) row[other] = (row[other] ?? 0) + count * (counts[other] ?? 0);
      }
    }
    const solved = solve(rows, right);
    const costs = new Float64Array(MAX_KINDS);
    for (let index = 0; index < size; index++) costs[index] = Math.max(FLOOR_RATIO * mean, solved[index] ?? 0);
    return costs;
  }
}

/** Gaussian elimination; the matrix is positive definite, so that no pivoting is needed. */
function solve(rows: readonly Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  for (const [pivot, row] of rows.entries()) {
    for (let below = pivot + 1; below < size; below++) {
      const target = rows[below];
      const factor = (target?.[pivot] ?? 0) / (row[pivot] ?? 1);
      if (!target || factor === 0) continue;
      for (let column = pivot; column < size; column++) {
        target[column] = (target[column] ?? 0) - factor * (row[column] ?? 0);
      }
      right[below] = (right[below] ?? 0) - factor * (right[pivot] ?? 0);
    }
  }
  const found = new Float64Array(size);
  for (let index = size - 1; index >= 0; index--) {
    const row = rows[index];
    let sum = right[index] ?? 0;
    for (let column = index + 1; column < size; column++) sum -= (row?.[column] ?? 0) * (found[column] ?? 0);
    found[index] = sum / (row?.[index] ?? 1);
  }
  return found;
}
