/**
 * Every name once, as a number. A name that is cut out of the source keeps the whole source alive in
 * V8, so each is copied when it is first seen.
 */

const PAIR_CODES = 128;

/** Names by number and numbers by name. */
export class NameTable {
  readonly #names: string[] = [];
  readonly #ids = new Map<string, number>();

  /** How many names there are. */
  get size(): number {
    return this.#names.length;
  }

  /** Numbers plus 1 of names of two ASCII characters, which most names of a minified bundle are. */
  readonly #pairs = new Uint32Array(PAIR_CODES * PAIR_CODES);

  /** The number of `name`, a new one where it was never seen. */
  idOf(name: string): number {
    if (name.length !== 2) return this.#idOf(name);
    const [first, second] = [name.charCodeAt(0), name.charCodeAt(1)];
    if (first >= PAIR_CODES || second >= PAIR_CODES) return this.#idOf(name);
    const pair = first * PAIR_CODES + second;
    const known = this.#pairs[pair] ?? 0;
    if (known !== 0) return known - 1;
    const id = this.#idOf(name);
    this.#pairs[pair] = id + 1;
    return id;
  }

  #idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const copy = Buffer.from(name, "utf8").toString("utf8");
    const id = this.#names.push(copy) - 1;
    this.#ids.set(copy, id);
    return id;
  }

  /** The number of `name` where it was seen before. */
  find(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** The name behind a number. */
  nameOf(id: number): string {
    return this.#names[id] ?? "";
  }
}
