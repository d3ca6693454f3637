/**
 * A list that stays short however long it is fed: when full, every second entry goes and from then on
 * only every second comes in, so that what is left is spread evenly over the whole time. The newest
 * entry is always the last.
 */

/** Evenly thinned entries, oldest first. */
export class EvenSeries<T> {
  /** The entries; the array's identity never changes. */
  readonly items: T[] = [];
  readonly #capacity: number;
  #stride = 1;
  #count = 0;
  #isLastProvisional = false;

  /** @param capacity - how many entries are kept at most, at least 2. Default: 1200. */
  constructor(capacity = 1200) {
    this.#capacity = Math.max(2, capacity);
  }

  /** Adds the newest entry. */
  push(item: T): void {
    if (this.#isLastProvisional) this.items.pop();
    this.#isLastProvisional = this.#count % this.#stride !== 0;
    this.#count += 1;
    this.items.push(item);
    if (this.items.length <= this.#capacity) return;
    const last = this.items.length - 1;
    const kept = this.items.filter((_, index) => index % 2 === 0 || index === last);
    this.#isLastProvisional ||= last % 2 !== 0;
    this.#stride *= 2;
    this.items.splice(0, this.items.length, ...kept);
  }
}
