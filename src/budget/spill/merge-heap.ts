/** The smallest of several sorted sources, again and again: a binary heap of the sources by their first value. */

/** A sorted source that stands at one of its values. */
export interface MergeSource {
  /** Goes to the next value; false when there is none. */
  advance(): boolean;
}

/** Sources that are not at their end, the smallest at the top. */
export class MergeHeap<S extends MergeSource> {
  readonly #heap: S[];
  readonly #isBefore: (a: S, b: S) => boolean;

  /**
   * @param sources - none of them advanced yet.
   * @param isBefore - of two sources at a value each; ties must be broken by it.
   */
  constructor(sources: readonly S[], isBefore: (a: S, b: S) => boolean) {
    this.#heap = sources.filter((source) => source.advance());
    this.#isBefore = isBefore;
    for (let at = Math.floor(this.#heap.length / 2) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  /** The source with the smallest value, `undefined` when all are at their end. */
  get top(): S | undefined {
    return this.#heap[0];
  }

  /** Advances the source at the top. */
  advance(): void {
    const heap = this.#heap;
    const [top] = heap;
    if (top?.advance() === false) {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const sinking = heap[from];
    if (sinking === undefined) return;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      let smaller = heap[child];
      if (smaller === undefined) break;
      const other = heap[child + 1];
      if (other !== undefined && this.#isBefore(other, smaller)) {
        child += 1;
        smaller = other;
      }
      if (this.#isBefore(sinking, smaller)) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = sinking;
  }
}
