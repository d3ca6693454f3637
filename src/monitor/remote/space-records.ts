/**
 * What a recording keeps of a process's address space: its resident set, regions by kind, the allocator's
 * account, native libraries. Facts only; sizes in bytes, times in milliseconds since the epoch.
 */
import type { AllocatorRecord } from "../../base/wire.ts";
import type { RegionKind } from "../../probe/region-kind.ts";

/** Memory of a process as the kernel sees it, from outside. */
export interface ResidentSample {
  /** When it was read. */
  readonly timeMs: number;
  /** The resident set. */
  readonly rssBytes: number;
  /** Its anonymous part. */
  readonly anonBytes?: number;
  /** Its file-backed part. */
  readonly fileBytes?: number;
  /** Its shared part. */
  readonly sharedBytes?: number;
  /** How many threads the process had. */
  readonly threads?: number;
  /** CPU milliseconds that it has used since its start. */
  readonly cpuMs?: number;
}

/** Regions of one kind together. */
export interface RegionSum {
  /** How many. */
  readonly count: number;
  /** In memory now. */
  readonly rssBytes: number;
  /** Of address space. */
  readonly sizeBytes: number;
}

/** What a mapped file is to the program: Node itself, an addon (`.node`), another library, or data. */
export type MappedFileKind = "program" | "addon" | "library" | "data";

/** The address space of a process, read from outside; on demand, because the cost grows with the number of regions. */
export interface RegionSample {
  /** When it was read. */
  readonly timeMs: number;
  /** What reading it cost the watcher. */
  readonly readMs: number;
  /** Of the process when it was read. */
  readonly rssBytes: number;
  /** Regions of all kinds. */
  readonly regionCount: number;
  /** The most regions that the kernel allows (`vm.max_map_count`). */
  readonly mapLimit?: number;
  /** By kind; kinds without a region are left out. */
  readonly kinds: Readonly<Partial<Record<RegionKind, RegionSum>>>;
  /** V8's ordinary pages of 256 KiB, part of the kind `v8-page`, which also holds large objects. */
  readonly v8OrdinaryPages: number;
  /** The largest resident regions that are no file's, at most 8, largest first. */
  readonly largest: readonly { readonly kind: RegionKind; readonly sizeBytes: number; readonly rssBytes: number }[];
  /** Resident memory of mapped files, by what the file is. */
  readonly filesRssBytes: Readonly<Partial<Record<MappedFileKind, number>>>;
  /** Threads by the name that the kernel has for them; Node 24 names its own: `MainThread`, `WorkerThread`, `V8Worker`, `libuv-worker`. */
  readonly threadNames: Readonly<Record<string, number>>;
  /** The main thread, V8's helpers, and up to 8 others that took the most page faults. Absent in recordings of before they were counted. */
  readonly threadFaults?: readonly ThreadFaults[];
}

/** How much memory a thread was the first to touch, by which it is known who fills a heap. */
export interface ThreadFaults {
  /** Of the kernel; the process id for the main thread. */
  readonly id: number;
  /** Page faults that read no disk, since its start: each new page costs the thread that touches it first one. */
  readonly faults: number;
  /** True for V8's own helpers, which collect and compile for every heap of the process. */
  readonly isHelper?: boolean;
}

/** glibc's account of a process, asked for from inside. */
export type AllocatorSample = AllocatorRecord;

/** A native library that is loaded and no part of the system: every `.node` file, and every other `.so`. */
export interface NativeModule {
  /** Relative to the program's directory where it lies inside. */
  readonly path: string;
  /** True for a Node addon. */
  readonly isAddon: boolean;
  /** The nearest package.json's name. */
  readonly packageName?: string;
  /** The nearest package.json's version. */
  readonly packageVersion?: string;
  /** Resident pages of the file. */
  readonly rssBytes: number;
}
