/**
 * What is known about objects beside themselves: places in a source, ids, types. It is keyed weakly, so it
 * keeps no object alive, and goes with it.
 */

/** Facts about objects. */
export class Metadata<T> {
  readonly #facts = new WeakMap<object, T>();

  /** What is known about `target`. */
  get(target: object): T | undefined {
    return this.#facts.get(target);
  }

  /** Notes what is known about `target`. Returns `target`. */
  set<K extends object>(target: K, fact: T): K {
    this.#facts.set(target, fact);
    return target;
  }

  /** What is known about `target`, made when nothing is. */
  ensure(target: object, make: () => T): T {
    const known = this.#facts.get(target);
    if (known !== undefined) return known;
    const fact = make();
    this.#facts.set(target, fact);
    return fact;
  }

  /** Gives one object what another one has. Returns `target`. */
  copy<K extends object>(source: object, target: K): K {
    const fact = this.#facts.get(source);
    return fact === undefined ? target : this.set(target, fact);
  }
}
