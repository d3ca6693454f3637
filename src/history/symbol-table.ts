/**
 * Interned names that die when nobody uses them: `Symbol.for` keeps every name for ever, these tables hold
 * their objects weakly. The target of a WeakRef lives until the turn of the event loop ends, so a loop that
 * never ends its turn frees none.
 */

/** Names and one object for each, as long as somebody holds it. */
export class InternTable<T extends object> {
  /** Bounded by the objects in use: a finalizer takes each one out. */
  readonly #objects = new Map<string, WeakRef<T>>();
  readonly #finalizers = new FinalizationRegistry<string>((name) => {
    // The name may have been interned anew since.
    if (this.#objects.get(name)?.deref() === undefined) this.#objects.delete(name);
  });
  readonly #make: (name: string) => T;

  /** @param make - gives the object of a name that has none. */
  constructor(make: (name: string) => T) {
    this.#make = make;
  }

  /** Entries that the table holds, dead ones that were not cleared yet among them. */
  get size(): number {
    return this.#objects.size;
  }

  /** The object of a name. */
  intern(name: string): T {
    const known = this.find(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    this.#objects.set(name, new WeakRef(made));
    this.#finalizers.register(made, name);
    return made;
  }

  /** The object of a name when there is one. */
  find(name: string): T | undefined {
    return this.#objects.get(name)?.deref();
  }
}

/** A name that is the same object for the same text, as long as somebody holds it. */
export interface InternedSymbol {
  /** The text. */
  readonly name: string;
}

/** Names and their symbols. */
export class SymbolTable extends InternTable<InternedSymbol> {
  constructor() {
    super((name) => Object.freeze({ name }));
  }
}
