/**
 * Clean functions that grow at first: caches that fill, pools, tables that are made when they are first needed. They
 * stop after some calls, at the latest after some thousand, and must not be accused until then.
 */
import { clean, type CleanFunctions } from "./planted.ts";

/** A value of some size that is not shared. */
function makeEntry(serial: number): object {
  return { serial, text: `entry ${serial}`, list: [serial, serial + 1, serial + 2] };
}

/** Keeps each value under `serial % size`. */
function fillTo(size: number): () => unknown {
  const cache = new Map<number, object>();
  let serial = 0;
  return () => {
    const key = (serial += 1) % size;
    const found = cache.get(key);
    if (found) return found;
    const made = makeEntry(key);
    cache.set(key, made);
    return made;
  };
}

/** By name; each call makes one. */
export const FILLING_FUNCTIONS: CleanFunctions = {
  "a cache of 200, filled on demand": () => clean(fillTo(200)),
  "a cache of 700, filled on demand": () => clean(fillTo(700)),
  "a cache of 3,000, filled on demand": () => clean(fillTo(3000)),
  "a cache of 10,000, filled on demand": () => clean(fillTo(10_000)),
  "a table made at the first call": () => {
    let table: readonly object[] | undefined;
    return clean(() => (table ??= Array.from({ length: 2000 }, (_, row) => makeEntry(row))).length);
  },
  "a table made at the 150th call": () => {
    let table: readonly object[] | undefined;
    let serial = 0;
    return clean(() => {
      if ((serial += 1) === 150) table = Array.from({ length: 5000 }, (_, row) => makeEntry(row));
      return table?.length;
    });
  },
  "a table made at the 600th call": () => {
    let table: readonly object[] | undefined;
    let serial = 0;
    return clean(() => {
      if ((serial += 1) === 600) table = Array.from({ length: 5000 }, (_, row) => makeEntry(row));
      return table?.length;
    });
  },
  "fields made when they are read": () => {
    class Settings {
      #all: Map<string, number> | undefined;
      get all(): Map<string, number> {
        return (this.#all ??= new Map(Array.from({ length: 300 }, (_, key) => [`key ${key}`, key])));
      }
    }
    const settings = new Settings();
    return clean(() => settings.all.get("key 7"));
  },
  "a memoised recursion": () => {
    const known = new Map<number, bigint>();
    const fibonacci = (n: number): bigint => {
      const found = known.get(n);
      if (found !== undefined) return found;
      const value = n < 2 ? BigInt(n) : fibonacci(n - 1) + fibonacci(n - 2);
      known.set(n, value);
      return value;
    };
    let serial = 0;
    return clean(() => fibonacci((serial += 1) % 400));
  },
  "the last hundred of a list": () => {
    let list: object[] = [];
    let serial = 0;
    return clean(() => {
      list.push(makeEntry((serial += 1)));
      if (list.length >= 200) list = list.slice(-100);
    });
  },
  "a batch that is flushed every 64 calls": () => {
    const batch: object[] = [];
    let serial = 0;
    return clean(() => {
      batch.push(makeEntry((serial += 1)));
      if (batch.length === 64) batch.length = 0;
    });
  },
  "a batch that is flushed every 1,000 calls": () => {
    const batch: object[] = [];
    let serial = 0;
    return clean(() => {
      batch.push(makeEntry((serial += 1)));
      if (batch.length === 1000) batch.length = 0;
    });
  },
  "a pool of buffers": () => {
    const free: Uint8Array[] = [];
    let taken: Uint8Array[] = [];
    return clean(() => {
      taken.push(free.pop() ?? new Uint8Array(4096));
      if (taken.length < 20) return;
      free.push(...taken);
      taken = [];
    });
  },
  "cached promises": () => {
    const cache = new Map<number, Promise<object>>();
    let serial = 0;
    return clean(async () => {
      const key = (serial += 1) % 150;
      const found = cache.get(key) ?? Promise.resolve(makeEntry(key));
      cache.set(key, found);
      return found;
    });
  },
  "random keys of a small range": () => {
    const counts = new Map<string, number>();
    return clean(() => {
      const key = `key ${Math.floor(Math.random() * 60)}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
  },
  "a histogram of 500 buckets": () => {
    const buckets: number[] = [];
    return clean(() => {
      const bucket = Math.floor(Math.random() * 500);
      buckets[bucket] = (buckets[bucket] ?? 0) + 0.5;
    });
  },
  "words that are interned": () => {
    const words = new Set<string>();
    let serial = 0;
    return clean(() => words.add(`word-${((serial += 1) * 31) % 257}`).size);
  },
  "a log that keeps a hundred lines": () => {
    const lines: string[] = [];
    let serial = 0;
    return clean(() => {
      lines.push(`${(serial += 1)}: ${"something happened ".repeat(1 + (serial % 5))}`);
      if (lines.length > 100) lines.shift();
    });
  },
};
