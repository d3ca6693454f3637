/**
 * What a chain has drawn: one column a quantity and one for each fact about a draw, all in one block of memory that is
 * taken before the first draw. The block may be shared between threads: who watches sees how far it is.
 */
import type { Chain } from "./chain.ts";

/** How one chain went: of each draw that was kept one number, and what was true for all of them. */
export interface ChainRecord {
  /** Of the dynamics, once warm-up was over. */
  readonly stepSize: number;
  /** 1 where the trajectory diverged. */
  readonly divergent: Uint8Array;
  /** Doublings of the trajectory. */
  readonly depth: Uint8Array;
  /** Gradients computed. */
  readonly steps: Uint32Array;
  /** Hamiltonian of the draw. */
  readonly energy: Float64Array;
  readonly logDensity: Float64Array;
  /** Mean acceptance probability along the trajectory, 0..1. */
  readonly acceptance: Float64Array;
}

/** How many numbers there are of what. */
export interface DrawsShape {
  /** Draws kept at most. */
  readonly draws: number;
  /** Numbers reported for each draw. */
  readonly quantities: number;
  /** Unconstrained parameters. */
  readonly dimension: number;
}

/** Places among the counters. */
const COUNTERS = { made: 0, kept: 1, gradients: 2, divergences: 3, atMaxDepth: 4, stepSize: 5, samplingMs: 6 } as const;
const COUNTER_SPACE = 8;
/** Beside its quantities, a row has energy, log density, acceptance, steps, depth and whether it diverged. */
const FACTS = 6;

/** The draws of one chain. */
export class ChainDraws {
  readonly shape: DrawsShape;
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** Largest absolute value of each unconstrained parameter so far: it tells a posterior that runs off. */
  readonly extent: Float64Array;
  /** Everything that is counted, for a checkpoint. */
  readonly counters: Float64Array;
  readonly #values: Float64Array;
  readonly #energy: Float64Array;
  readonly #logDensity: Float64Array;
  readonly #acceptance: Float64Array;
  readonly #steps: Uint32Array;
  readonly #depth: Uint8Array;
  readonly #divergent: Uint8Array;

  /** @param buffer - of `bytesOf` this shape, new or of another thread. */
  constructor(shape: DrawsShape, buffer: ArrayBuffer | SharedArrayBuffer) {
    const { draws, quantities, dimension } = shape;
    this.shape = shape;
    this.buffer = buffer;
    let place = 0;
    const floats = (length: number): Float64Array => {
      const view = new Float64Array(buffer, place, length);
      place += view.byteLength;
      return view;
    };
    this.counters = floats(COUNTER_SPACE);
    this.extent = floats(dimension);
    this.#values = floats(quantities * draws);
    [this.#energy, this.#logDensity, this.#acceptance] = [floats(draws), floats(draws), floats(draws)];
    this.#steps = new Uint32Array(buffer, place, draws);
    this.#depth = new Uint8Array(buffer, place + 4 * draws, draws);
    this.#divergent = new Uint8Array(buffer, place + 5 * draws, draws);
  }

  /** Bytes that draws of this shape take. */
  static bytesOf({ draws, quantities, dimension }: DrawsShape): number {
    return 8 * (COUNTER_SPACE + dimension + (quantities + 3) * draws) + 6 * draws;
  }

  /** Draws made, warm-up included. */
  get made(): number {
    return this.#count("made");
  }
  /** Draws kept. */
  get kept(): number {
    return this.#count("kept");
  }
  /** Gradients computed, warm-up included. */
  get gradients(): number {
    return this.#count("gradients");
  }
  /** Of the draws kept. */
  get divergences(): number {
    return this.#count("divergences");
  }
  /** Of the draws kept: cut at the greatest depth. */
  get atMaxDepth(): number {
    return this.#count("atMaxDepth");
  }
  /** Time in which the chain moved. */
  get samplingMs(): number {
    return this.#count("samplingMs");
  }

  /** Adds to the time in which the chain moved. */
  addTime(ms: number): void {
    this.#add("samplingMs", ms);
  }

  /** Counts the newest draw of a chain. */
  count({ mover }: Chain): void {
    this.counters[COUNTERS.stepSize] = mover.stepSize;
    this.#add("gradients", mover.transition.steps);
    this.#add("made", 1);
  }

  /** Keeps the newest draw of a chain, which is counted as well. @param row - its quantities. */
  keep({ mover, point }: Chain, row: Float64Array, maxDepth: number): void {
    const { transition } = mover;
    const draw = this.kept;
    this.#setRow(draw, row);
    this.#energy[draw] = transition.energy;
    this.#logDensity[draw] = point.logDensity;
    this.#acceptance[draw] = transition.acceptance;
    this.#steps[draw] = transition.steps;
    this.#depth[draw] = transition.depth;
    this.#divergent[draw] = transition.divergent ? 1 : 0;
    for (let i = 0; i < this.extent.length; i += 1) {
      const size = Math.abs(point.position[i] ?? 0);
      if (!(size <= (this.extent[i] ?? 0))) this.extent[i] = size;
    }
    if (transition.divergent) this.#add("divergences", 1);
    if (transition.depth >= maxDepth) this.#add("atMaxDepth", 1);
    this.#add("kept", 1);
  }

  /** The draws kept of a quantity; a view, no copy. */
  column(quantity: number): Float64Array {
    const from = quantity * this.shape.draws;
    return this.#values.subarray(from, from + this.kept);
  }

  /** How the draws kept came about; views, no copies. */
  record(): ChainRecord {
    const { kept } = this;
    return {
      stepSize: this.#count("stepSize"),
      divergent: this.#divergent.subarray(0, kept),
      depth: this.#depth.subarray(0, kept),
      steps: this.#steps.subarray(0, kept),
      energy: this.#energy.subarray(0, kept),
      logDensity: this.#logDensity.subarray(0, kept),
      acceptance: this.#acceptance.subarray(0, kept),
    };
  }

  /** Numbers of one draw in a file. */
  get rowLength(): number {
    return this.shape.quantities + FACTS;
  }

  /** Some draws, one after the other, for a file. */
  readRows(from: number, to: number): Float64Array {
    const rows = new Float64Array((to - from) * this.rowLength);
    let place = 0;
    for (let draw = from; draw < to; draw += 1) {
      for (let i = 0; i < this.shape.quantities; i += 1) rows[place++] = this.#values[i * this.shape.draws + draw] ?? 0;
      for (const fact of this.#facts()) rows[place++] = fact[draw] ?? 0;
    }
    return rows;
  }

  /** Takes draws over from a file. */
  writeRows(from: number, rows: Float64Array): void {
    for (let at = 0, draw = from; at < rows.length; at += this.rowLength, draw += 1) {
      const facts = at + this.shape.quantities;
      this.#setRow(draw, rows.subarray(at, facts));
      for (const [index, fact] of this.#facts().entries()) fact[draw] = rows[facts + index] ?? 0;
    }
  }

  #facts(): readonly (Float64Array | Uint32Array | Uint8Array)[] {
    return [this.#energy, this.#logDensity, this.#acceptance, this.#steps, this.#depth, this.#divergent];
  }

  #setRow(draw: number, row: Float64Array): void {
    const { draws } = this.shape;
    for (let i = 0; i < row.length; i += 1) this.#values[i * draws + draw] = row[i] ?? 0;
  }

  #count(counter: keyof typeof COUNTERS): number {
    return this.counters[COUNTERS[counter]] ?? 0;
  }

  #add(counter: keyof typeof COUNTERS, by: number): void {
    this.counters[COUNTERS[counter]] = this.#count(counter) + by;
  }
}
