/**
 * glibc's account of its memory and its way to give it back, called through koffi, which the watcher names by
 * path and only on demand: loading it costs about 6 ms and 3 MB once. Sources: mallinfo(3), malloc_trim(3).
 */
import type { AllocatorRecord } from "../base/wire.ts" with { "resolution-mode": "import" };

/** The fields of `struct mallinfo2` in order. */
const FIELDS = [
  "arena",
  "ordblks",
  "smblks",
  "hblks",
  "hblkhd",
  "usmblks",
  "fsmblks",
  "uordblks",
  "fordblks",
  "keepcost",
];

/** The part of koffi that is used. */
interface Koffi {
  struct(fields: Record<string, string>): unknown;
  load(library: string): { func(name: string, result: unknown, given: string[]): (...given: number[]) => unknown };
}

type MallInfo = Readonly<Record<string, number | bigint>>;

class Glibc {
  readonly #mallinfo2: () => MallInfo;
  readonly #trim: (padBytes: number) => number;
  /** What loading cost; told once. */
  loaded: { readonly rssBytes: number; readonly ms: number } | undefined;

  /** @param koffiPath - absolute path of koffi's entry. */
  constructor(koffiPath: string) {
    const rssBytes = process.memoryUsage.rss();
    const began = process.hrtime.bigint();
    const known = new Set(Object.keys(require.cache));
    const koffi = require(koffiPath) as Koffi;
    // Programs that walk the cache see only what is theirs.
    for (const file of Object.keys(require.cache)) if (!known.has(file)) delete require.cache[file];
    const libc = koffi.load("libc.so.6");
    const struct = koffi.struct(Object.fromEntries(FIELDS.map((field) => [field, "size_t"])));
    this.#mallinfo2 = libc.func("mallinfo2", struct, []) as () => MallInfo;
    this.#trim = libc.func("malloc_trim", "int", ["size_t"]) as (padBytes: number) => number;
    this.account();
    this.loaded = {
      rssBytes: Math.max(0, process.memoryUsage.rss() - rssBytes),
      ms: Number(process.hrtime.bigint() - began) / 1e6,
    };
  }

  /** Reads the account, about 2 microseconds. */
  account(): AllocatorRecord {
    const info = this.#mallinfo2();
    return {
      timeMs: Date.now(),
      rssBytes: process.memoryUsage.rss(),
      arenaBytes: Number(info["arena"]),
      usedBytes: Number(info["uordblks"]),
      freeBytes: Number(info["fordblks"]),
      mmappedBytes: Number(info["hblkhd"]),
      mmappedCount: Number(info["hblks"]),
    };
  }

  /** Gives free pages of all arenas back to the system. */
  trim(): void {
    this.#trim(0);
  }
}

export type { Glibc };
module.exports = { Glibc };
