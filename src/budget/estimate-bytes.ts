/**
 * About how much of the heap a value takes: a walk over plain data that looks at no more than some hundred values and takes the rest
 * of long arrays, maps and sets to be like those. Sizes are those of V8 on 64 bits without pointer compression, as
 * Node.js is built; functions, getters and what a native object holds outside are not seen.
 */

/** Values looked at, at most. */
const MOST_VISITED = 400;
/** Of one collection, at most. */
const MOST_SAMPLED = 32;
const WORD = 8;
const HEADER = 3 * WORD;
const VIEW = 200;
/** Share of a hash table's places that are used, halfway between its growths. */
const TABLE_FILL = 0.75;

/**
 * Bytes that a value takes, what it shares with others included.
 *
 * @returns an estimate: see the table of its errors in the tests.
 */
export function estimateBytes(value: unknown): number {
  return new Estimate().of(value);
}

class Estimate {
  readonly #seen = new Set<object>();

  of(value: unknown): number {
    switch (typeof value) {
      case "string":
        return stringBytes(value);
      case "number":
        return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 0 : 2 * WORD;
      case "bigint":
        return 2 * WORD + WORD * Math.ceil(value.toString(16).length / 16);
      case "object":
        return value === null ? 0 : this.#ofObject(value);
      default:
        return 0; // booleans are shared, functions and symbols belong to the code
    }
  }

  #ofObject(value: object): number {
    if (this.#seen.has(value) || this.#seen.size >= MOST_VISITED) return 0;
    this.#seen.add(value);
    if (ArrayBuffer.isView(value)) return VIEW + value.byteLength;
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return VIEW / 2 + value.byteLength;
    if (Array.isArray(value)) return this.#ofArray(value);
    if (value instanceof Map) return 12 * WORD + this.#ofTable(value.size, 3, value);
    if (value instanceof Set) return 12 * WORD + this.#ofTable(value.size, 2, value);
    if (value instanceof Date) return 12 * WORD;
    return this.#ofProperties(value);
  }

  #ofArray(values: readonly unknown[]): number {
    const slots = 6 * WORD + WORD * values.length;
    if (values.length <= MOST_SAMPLED) return values.reduce((sum: number, item) => sum + this.of(item), slots);
    const step = values.length / MOST_SAMPLED;
    let sampled = 0;
    let isUnboxed = true;
    for (let i = 0; i < MOST_SAMPLED; i += 1) {
      const item = values[Math.floor(i * step)];
      isUnboxed &&= typeof item === "number";
      sampled += this.of(item);
    }
    // An array of numbers alone holds its doubles in its slots.
    return isUnboxed ? slots : slots + (sampled / MOST_SAMPLED) * values.length;
  }

  #ofTable(size: number, wordsAnEntry: number, entries: Iterable<unknown>): number {
    const table = (size * (wordsAnEntry + 0.5) * WORD) / TABLE_FILL;
    let sampled = 0;
    let count = 0;
    for (const entry of entries) {
      if (count === MOST_SAMPLED) break;
      count += 1;
      sampled += Array.isArray(entry) && wordsAnEntry === 3 ? this.of(entry[0]) + this.of(entry[1]) : this.of(entry);
    }
    return count === 0 ? table : table + (sampled / count) * size;
  }

  #ofProperties(value: object): number {
    const names = Object.keys(value);
    let bytes = HEADER + WORD * names.length;
    for (const name of names.slice(0, MOST_VISITED)) {
      const { value: held } = Object.getOwnPropertyDescriptor(value, name) ?? {};
      bytes += this.of(held);
    }
    return bytes;
  }
}

/** One byte a character, or two once a single one is beyond Latin-1; the first ones tell. */
function stringBytes(text: string): number {
  const isWide = /[^\0-\u00ff]/.test(text.slice(0, 256));
  return 2 * WORD + Math.ceil((text.length * (isWide ? 2 : 1)) / WORD) * WORD;
}
