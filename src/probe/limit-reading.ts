/**
 * The form of every reading of a limit, and how the kernel writes "no limit".
 * Sources: cgroup-v2.rst, cgroup-v1/memory.rst, proc(5).
 */

/** One limit that applies to a process. */
export interface LimitReading {
  /** The limit; `undefined` when there is none here. */
  readonly bytes: number | undefined;
  /** In words, with the file: `cgroup v2 /sys/fs/cgroup/app (memory.max)`. */
  readonly source: string;
  /** Who sets it. */
  readonly kind: "cgroup-v1" | "cgroup-v2" | "ulimit" | "v8-heap" | "worker" | "machine";
  /** What it is a limit of: the memory of the process (or of its group), its V8 heap, or its address space. */
  readonly bounds: "process" | "heap" | "address-space";
  /** What counts against the limit now, of all processes under it; file cache included for a cgroup. */
  readonly usedBytes?: number;
  /** True when reaching the limit slows the process down instead of ending it (`memory.high`). Default: it ends. */
  readonly throttles?: true;
  /** What this reading cannot tell. */
  readonly unknown?: string;
}

/**
 * Reads a number of bytes as the kernel writes limits. `max`, `unlimited`, an empty text and everything of 2^53
 * and above (the kernel's 9223372036854771712 on 4 KiB pages and its other "no limit" values) are no limit.
 */
export function parseLimit(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? "";
  if (!/^\d+$/.test(digits)) return undefined;
  const bytes = Number(digits);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
