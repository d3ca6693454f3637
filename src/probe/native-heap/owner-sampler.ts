/**
 * Samples used chunks for pointers into mapped files: a C++ object begins with a pointer to its class's table of functions,
 * and other structs often hold the address of a function or a constant of their library. Up to 400 chunks a size class,
 * spread over the walk: when they are full, half of them are dropped and the stride doubles. Steps are drawn at random,
 * because programs allocate in patterns: with even steps, of two kinds in turn only one would be seen.
 */
import { type AddressRange, isWithin } from "./mappings.ts";
import { SIZE_CLASS_COUNT } from "./size-class.ts";

/** Samples kept of a size class. */
export const MAX_SAMPLES = 400;
/** Pointers kept of a sample. */
export const POINTERS_PER_SAMPLE = 4;
const SAMPLED_BYTES = 128;
const HIGH = 2 ** 32;

/** Samples of one size class. */
export interface ClassSamples {
  readonly sizeClass: number;
  readonly count: number;
  /** {@link POINTERS_PER_SAMPLE} for each sample: the first word, then others in the order in which they lie; 0 for none. */
  readonly pointers: Float64Array;
}

/** Collects samples during a walk. */
export class OwnerSampler {
  readonly #ranges: readonly AddressRange[];
  readonly #lowest: number;
  readonly #highest: number;
  readonly #skip: ReadonlySet<number>;
  /** Chunks of a class until the next is taken. */
  readonly #left = new Uint32Array(SIZE_CLASS_COUNT).fill(1);
  readonly #strides = new Uint32Array(SIZE_CLASS_COUNT).fill(1);
  readonly #counts = new Uint32Array(SIZE_CLASS_COUNT);
  readonly #pointers: (Float64Array | undefined)[] = [];
  #random = 1;

  /**
   * @param ranges - of addresses that files are mapped to, lowest first, without overlap.
   * @param skip - chunks known to be free.
   */
  constructor(ranges: readonly AddressRange[], skip: ReadonlySet<number> = new Set()) {
    this.#ranges = ranges;
    this.#lowest = ranges[0]?.start ?? Infinity;
    this.#highest = ranges.at(-1)?.end ?? 0;
    this.#skip = skip;
  }

  /** Counts a chunk of a class, and says whether to take it. */
  wants(sizeClass: number): boolean {
    const left = (this.#left[sizeClass] ?? 1) - 1;
    this.#left[sizeClass] = left === 0 ? 1 + this.#draw((this.#strides[sizeClass] ?? 1) * 2 - 1) : left;
    return left === 0;
  }

  /** A whole number from 0 to below `limit`: Park and Miller's generator, the same in every walk. */
  #draw(limit: number): number {
    this.#random = (this.#random * 48_271) % 2_147_483_647;
    return this.#random % limit;
  }

  /** Takes a chunk whose contents lie in `halves` from `index` on, `bytes` of them. */
  take(sizeClass: number, chunk: number, halves: Uint32Array, index: number, bytes: number): void {
    if (this.#skip.has(chunk)) return;
    if ((this.#counts[sizeClass] ?? 0) >= MAX_SAMPLES) this.#thin(sizeClass);
    const pointers = (this.#pointers[sizeClass] ??= new Float64Array(MAX_SAMPLES * POINTERS_PER_SAMPLE));
    const sample = this.#counts[sizeClass] ?? 0;
    this.#counts[sizeClass] = sample + 1;
    const first = sample * POINTERS_PER_SAMPLE;
    pointers.fill(0, first, first + POINTERS_PER_SAMPLE);
    const end = index + Math.min(SAMPLED_BYTES, bytes - (bytes % 8)) / 4;
    let others = 0;
    for (let at = index; at < end && others < POINTERS_PER_SAMPLE - 1; at += 2) {
      const word = (halves[at] ?? 0) + (halves[at + 1] ?? 0) * HIGH;
      if (word < this.#lowest || word >= this.#highest || !isWithin(this.#ranges, word)) continue;
      if (at > index) others += 1;
      pointers[first + (at > index ? others : 0)] = word;
    }
  }

  /** What was collected. */
  finish(): ClassSamples[] {
    return this.#pointers.flatMap((pointers, sizeClass): ClassSamples[] =>
      pointers === undefined ? [] : [{ sizeClass, count: this.#counts[sizeClass] ?? 0, pointers }],
    );
  }

  #thin(sizeClass: number): void {
    const pointers = this.#pointers[sizeClass];
    if (pointers === undefined) return;
    const kept = MAX_SAMPLES / 2;
    for (let sample = 0; sample < kept; sample += 1) {
      const from = (sample * 2 + this.#draw(2)) * POINTERS_PER_SAMPLE;
      pointers.copyWithin(sample * POINTERS_PER_SAMPLE, from, from + POINTERS_PER_SAMPLE);
    }
    this.#counts[sizeClass] = kept;
    this.#strides[sizeClass] = (this.#strides[sizeClass] ?? 1) * 2;
  }
}
