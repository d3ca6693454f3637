/**
 * Which allocator a process uses, and where glibc keeps what in memory. Nothing here is public or stable: a layout stands
 * in the table only after walks were checked against mallinfo2 on that very version; all else is refused by name.
 * Source: glibc malloc/malloc.c and malloc/arena.c (struct malloc_state, malloc_par, heap_info, tcache_perthread_struct).
 */
import type { Unavailable } from "../system-files.ts";
import type { Mapping } from "./mappings.ts";
import { type MemoryReader, Words } from "./memory-reader.ts";

/** Places in glibc's structures, as offsets in bytes. */
export interface GlibcLayout {
  /** Version and machine. */
  readonly name: string;
  /** Size of `struct malloc_state`. */
  readonly stateBytes: number;
  /** `malloc_state.flags`. */
  readonly flagsAt: number;
  /** `malloc_state.fastbinsY`, for chunks of 32 bytes and up in steps of 16. */
  readonly fastBinsAt: number;
  readonly fastBinCount: number;
  /** `malloc_state.top`: the last chunk, from which new ones are cut. */
  readonly topAt: number;
  /** `malloc_state.bins`: pairs of pointers. */
  readonly binsAt: number;
  readonly binCount: number;
  /** `malloc_state.next`: the ring of all arenas. */
  readonly nextAt: number;
  /** `malloc_state.system_mem`. */
  readonly systemBytesAt: number;
  /** Size of `heap_info`, at the start of each heap of a thread arena. */
  readonly heapHeaderBytes: number;
  /** `heap_info.pagesize`. */
  readonly heapPageBytesAt: number;
  /** First chunk after the `malloc_state` in the first heap of a thread arena, from its start. */
  readonly firstChunkAt: number;
  /** Chunk of a `tcache_perthread_struct`. */
  readonly threadCacheBytes: number;
  /** Its array of lists, from the start of the chunk. */
  readonly threadCacheEntriesAt: number;
  readonly threadCacheLists: number;
  /** `malloc_par.n_mmaps` (32 bits), `mmapped_mem`, `tcache_bins`, seen from `malloc_par.sbrk_base`. */
  readonly mappedCountFromBase: number;
  readonly mappedBytesFromBase: number;
  readonly threadCacheBinsFromBase: number;
}

/** Heaps of thread arenas lie at multiples of this, without huge pages. */
export const HEAP_ALIGNMENT_BYTES = 64 * 2 ** 20;

const VERIFIED: readonly GlibcLayout[] = [
  {
    name: "glibc 2.36 x64",
    stateBytes: 2200,
    flagsAt: 4,
    fastBinsAt: 16,
    fastBinCount: 10,
    topAt: 96,
    binsAt: 112,
    binCount: 127,
    nextAt: 2160,
    systemBytesAt: 2184,
    heapHeaderBytes: 48,
    heapPageBytesAt: 32,
    firstChunkAt: 0x8d0,
    threadCacheBytes: 0x290,
    threadCacheEntriesAt: 0x90,
    threadCacheLists: 64,
    mappedCountFromBase: -36,
    mappedBytesFromBase: -16,
    threadCacheBinsFromBase: 8,
  },
];

const OTHERS: readonly [RegExp, string][] = [
  [/\/ld-musl-[^/]*$/, "musl"],
  [/\/[^/]*jemalloc[^/]*\.so[^/]*$/, "jemalloc"],
  [/\/[^/]*tcmalloc[^/]*\.so[^/]*$/, "tcmalloc"],
  [/\/[^/]*mimalloc[^/]*\.so[^/]*$/, "mimalloc"],
  [/\/[^/]*(scudo|hoard|snmalloc|rpmalloc|tbbmalloc)[^/]*\.so[^/]*$/, "another allocator"],
  [/\/lib[atlm]san\.so[^/]*$|\/libclang_rt\.[^/]*san[^/]*\.so$/, "the allocator of a sanitizer"],
  [/\/libc_malloc_debug\.so[^/]*$/, "glibc's debugging malloc"],
  [/^\/anon_hugepage/, "glibc on explicit huge pages"],
];

const GLIBC = /\/(libc\.so\.6|libc-2\.\d+\.so)( \(deleted\))?$/;

/** The C library of a process whose layout is known. */
export interface FoundGlibc {
  readonly available: true;
  readonly layout: GlibcLayout;
  /** Regions of the library's file. */
  readonly mappings: readonly Mapping[];
}

/** Looks in the regions of a process for an allocator that cannot be walked. Gives the reason, or nothing. */
export function refuseByMappings(mappings: readonly Mapping[]): Unavailable | undefined {
  if (mappings.length === 0) return unavailable("the process has ended, or is a part of the kernel: it has no memory");
  for (const [pattern, allocator] of OTHERS) {
    const found = mappings.find(({ name }) => pattern.test(name));
    if (found) return unavailable(`the program allocates with ${allocator} (${found.name}), which ${CANNOT}`);
  }
  const libraries = new Set(mappings.filter(({ name }) => GLIBC.test(name)).map(({ inode }) => inode));
  if (libraries.size === 1) return undefined;
  if (libraries.size > 1) return unavailable(`the program has ${libraries.size} copies of glibc, which ${CANNOT}`);
  return unavailable(`the program does not load glibc (it may be linked statically), and nothing else ${CANNOT}`);
}

const CANNOT = "this walk has not been verified on: it only knows glibc 2.36 on x64";

/** Reads the version of glibc out of its own memory and finds the layout. */
export function findGlibc(mappings: readonly Mapping[], reader: MemoryReader): FoundGlibc | Unavailable {
  const own = mappings.filter(({ name }) => GLIBC.test(name));
  const machine = readMachine(own, reader);
  const version = readVersion(own, reader);
  if (reader.ended) return unavailable("the process has ended");
  if (version === undefined || machine === undefined) {
    return unavailable(`the version of ${own[0]?.name} cannot be read from its memory`);
  }
  const name = `glibc ${version} ${machine}`;
  const layout = VERIFIED.find((candidate) => candidate.name === name);
  if (layout === undefined) return unavailable(`the program allocates with ${name}, which ${CANNOT}`);
  return { available: true, layout, mappings: own };
}

function unavailable(reason: string): Unavailable {
  return { available: false, reason };
}

/** Names of ELF machines as Node names them. */
const MACHINES: Readonly<Record<number, string>> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64", 243: "riscv64" };

function readMachine(own: readonly Mapping[], reader: MemoryReader): string | undefined {
  const start = own.find(({ fileOffset }) => fileOffset === 0)?.start;
  const header = new Words(24);
  if (start === undefined || header.load(reader, start) < 24) return undefined;
  const [magic = 0, ident = 0, , , machine = 0] = header.halves;
  if (magic !== 0x464c457f) return undefined;
  const number = machine >>> 16;
  // x64 instructions with addresses of 32 bits ("x32") have a layout of their own.
  const isX32 = number === 62 && (ident & 0xff) === 1;
  return isX32 ? "x32" : (MACHINES[number] ?? `machine ${number}`);
}

const WINDOW_BYTES = 2 ** 18;
const BANNER_BYTES = 128;

/** "GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36." */
function readVersion(own: readonly Mapping[], reader: MemoryReader): string | undefined {
  const buffer = Buffer.alloc(WINDOW_BYTES);
  for (const { start, end, permissions } of own) {
    if (permissions.includes("w") || !permissions.startsWith("r")) continue;
    for (let from = start; from < end; from += WINDOW_BYTES - BANNER_BYTES) {
      const length = reader.read(from, buffer.subarray(0, Math.min(WINDOW_BYTES, end - from)));
      const at = buffer.subarray(0, length).indexOf("GNU C Library (");
      if (at === -1) continue;
      const banner = buffer.toString("latin1", at, Math.min(length, at + BANNER_BYTES));
      const [, kind, version] = /\) (\w+) release version (\d+\.\d+(?:\.\d+)?)\.?/.exec(banner) ?? [];
      if (version !== undefined) return kind === "stable" ? version : `${version} (${kind})`;
    }
  }
  return undefined;
}
