/**
 * What glibc's malloc says of its own memory, through its mallinfo2 function: held by the program or kept free
 * by the allocator. Node has no interface for it; the optional package koffi calls it, loaded at the first call only
 * (measured: 6 ms and 2.6 MB). Sources: mallinfo(3), the glibc manual on statistics of malloc.
 */
import { createRequire } from "node:module";
import type * as Koffi from "koffi";
import { libcOf } from "./libc.ts";
import { readSystemText, type Unavailable } from "./system-files.ts";

/** glibc's account of the calling process, summed over all arenas. */
export interface AllocatorReading {
  /** Told apart from {@link Unavailable} by this. */
  readonly available: true;
  /** Obtained for small and middle blocks: the main heap and the arenas of threads. */
  readonly arenaBytes: number;
  /** Part of `arenaBytes` that the program holds. */
  readonly usedBytes: number;
  /** Part of `arenaBytes` that is free; address space, of which the kernel may have taken the pages back. */
  readonly freeBytes: number;
  /** Part of `freeBytes` in the fast bins. */
  readonly fastBinBytes: number;
  /** Part of `freeBytes` at the top of the main heap, which can be returned. */
  readonly topBytes: number;
  /** Held in large blocks with a mapping of their own; not part of `arenaBytes`. */
  readonly mmappedBytes: number;
  /** Number of such blocks. */
  readonly mmappedCount: number;
}

/** The fields of `struct mallinfo2` in order, see mallinfo(3). */
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
] as const;

type MallInfo = Record<(typeof FIELDS)[number], number | bigint>;

let mallinfo2: (() => MallInfo) | Unavailable | undefined;

/**
 * Reads glibc's account. The first call loads koffi (6 ms), later ones take about 2 µs.
 *
 * @returns why not, on musl, macOS and Windows, with another allocator, without koffi, or with a glibc before 2.33.
 */
export function readAllocator(): AllocatorReading | Unavailable {
  mallinfo2 ??= findMallinfo2();
  if (typeof mallinfo2 !== "function") return mallinfo2;
  const info = mallinfo2();
  return {
    available: true,
    arenaBytes: Number(info.arena),
    usedBytes: Number(info.uordblks),
    freeBytes: Number(info.fordblks),
    fastBinBytes: Number(info.fsmblks),
    topBytes: Number(info.keepcost),
    mmappedBytes: Number(info.hblkhd),
    mmappedCount: Number(info.hblks),
  };
}

function findMallinfo2(): (() => MallInfo) | Unavailable {
  const missing = reasonWithoutGlibc(readSystemText("proc/self/maps"));
  if (missing !== undefined) return unavailable(missing);
  let koffi: typeof Koffi;
  try {
    koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
  } catch {
    return unavailable("the optional package koffi, which calls glibc, cannot be loaded: npm install koffi");
  }
  try {
    const struct = koffi.struct(Object.fromEntries(FIELDS.map((field) => [field, "size_t"])));
    return koffi.load("libc.so.6").func("mallinfo2", struct, []) as () => MallInfo;
  } catch {
    return unavailable("this glibc has no mallinfo2, which came with glibc 2.33");
  }
}

/**
 * Says why glibc has no account of a process's memory, if so.
 *
 * @param maps - text of the process's `/proc/<pid>/maps`; `undefined` where there is none.
 * @param platform - Default: this one.
 */
export function reasonWithoutGlibc(maps: string | undefined, platform: string = process.platform): string | undefined {
  if (platform !== "linux") return `${platform} has no glibc, whose account this is`;
  const libc = libcOf(maps);
  if (libc === undefined) return "it cannot be told whether this program uses glibc: /proc/self/maps does not say";
  if (libc !== "glibc") return `${libc} keeps no account of its memory; glibc does`;
  const other = /\/[^/\n]*(jemalloc|tcmalloc|mimalloc)[^/\n]*$/m.exec(maps ?? "")?.[1];
  return other === undefined ? undefined : `the program allocates with ${other}: glibc's account is not its own`;
}

function unavailable(reason: string): Unavailable {
  return { available: false, reason };
}
