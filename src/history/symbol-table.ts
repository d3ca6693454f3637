/**
 * Interned names that die when nobody uses them: `Symbol.for` keeps every name for ever, this table holds
 * its symbols weakly. The target of a WeakRef lives until the turn of the event loop ends, so a loop that
 * never ends its turn frees none.
 */

/** A name that is the same object for the same text, as long as somebody holds it. */
export interface InternedSymbol {
  /** The text. */
  readonly name: string;
}

/** Names and their symbols. */
export class SymbolTable {
  /** Bounded by the symbols in use: a finalizer takes each one out. */
  readonly #symbols = new Map<string, WeakRef<InternedSymbol>>();
  readonly #finalizers = new FinalizationRegistry<string>((name) => {
    // The name may have been interned anew since.
    if (this.#symbols.get(name)?.deref() === undefined) this.#symbols.delete(name);
  });

  /** Entries that the table holds, dead ones that were not cleared yet among them. */
  get size(): number {
    return this.#symbols.size;
  }

  /** The symbol of a name. */
  intern(name: string): InternedSymbol {
    const known = this.#symbols.get(name)?.deref();
    if (known) return known;
    const symbol: InternedSymbol = Object.freeze({ name });
    this.#symbols.set(name, new WeakRef(symbol));
    this.#finalizers.register(symbol, name);
    return symbol;
  }

  /** The symbol of a name when there is one. */
  find(name: string): InternedSymbol | undefined {
    return this.#symbols.get(name)?.deref();
  }
}
