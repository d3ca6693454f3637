/**
 * The table of symbols and keywords. It holds them weakly, so that names which nothing uses any more cost nothing: `Symbol.for`
 * would keep each for ever.
 */
import { Keyword, Sym } from "./values.ts";

class WeakTable<T extends object> {
  readonly #entries = new Map<string, WeakRef<T>>();
  readonly #ended = new FinalizationRegistry<string>((name) => {
    if (this.#entries.get(name)?.deref() === undefined) this.#entries.delete(name);
  });
  readonly #make: (name: string) => T;

  constructor(make: (name: string) => T) {
    this.#make = make;
  }

  get(name: string): T {
    const known = this.#entries.get(name)?.deref();
    if (known !== undefined) return known;
    const made = this.#make(name);
    this.#entries.set(name, new WeakRef(made));
    this.#ended.register(made, name);
    return made;
  }
}

const symbols = new WeakTable((name) => new Sym(name));
const keywords = new WeakTable((name) => new Keyword(name));

/** The symbol of this name. */
export function symbol(name: string): Sym {
  return symbols.get(name);
}

/** The keyword of this name, which is given without its colon. */
export function keyword(name: string): Keyword {
  return keywords.get(name);
}
