/**
 * Resident memory of a process as the kernel counts it: `/proc/<pid>/status` for the split into
 * anonymous, file and shared pages, `/proc/<pid>/statm` for the cheap total. Source: proc(5), which also says that
 * some kernels count pages per core first, so that the figures may lag by a few; `smaps` is exact but dear.
 * Elsewhere than on Linux only the calling process can be read, and only its total and peak.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type ProcessId, readSystemText, type SystemFilesOptions } from "./system-files.ts";

export { isNodeProcess, listDescendants, nameCommand, type ProcessEntry, readProcessName } from "./process-tree.ts";

/** Memory of one process, from outside. What the platform does not tell is `undefined`. */
export interface ResidentReading {
  /** Resident set: pages in memory now. */
  readonly rssBytes: number;
  /** Anonymous pages: heaps, stacks, buffers. */
  readonly anonBytes?: number;
  /** Pages of mapped files: code, libraries, memory-mapped data. The kernel can drop them. */
  readonly fileBytes?: number;
  /** Shared memory (shmem, tmpfs, shared anonymous mappings). */
  readonly sharedBytes?: number;
  /** Anonymous pages that are swapped out; not part of `rssBytes`. */
  readonly swapBytes?: number;
  /** Largest resident set so far. */
  readonly peakRssBytes?: number;
  /** Address space, reserved or used; one WebAssembly memory reserves about 10 GB of it. */
  readonly virtualBytes?: number;
  /** Private writable address space, what `ulimit -d` counts. */
  readonly dataBytes?: number;
  /** Threads, those of Node and V8 included. */
  readonly threads?: number;
  /** The process that started it, or took it over. */
  readonly parentPid?: number;
}

/**
 * Reads the memory of a process, about 13 µs a call.
 *
 * @returns `undefined` when the process has ended, is a kernel thread, or the platform does not tell.
 */
export function readResident(pid: ProcessId, options: SystemFilesOptions = {}): ResidentReading | undefined {
  const status = readSystemText(`proc/${pid}/status`, options);
  if (status !== undefined) return parseStatus(status);
  return pid === "self" ? readOwnTotals() : undefined;
}

/**
 * Reads the text of `/proc/<pid>/status`.
 *
 * @returns `undefined` when the process has no memory of its own (ended and not yet reaped, or a kernel thread).
 */
export function parseStatus(text: string): ResidentReading | undefined {
  const fields = new Map<string, number>();
  for (const [, name, digits] of text.matchAll(/^(\w+):[ \t]+(\d+)/gm)) fields.set(name ?? "", Number(digits));
  const kib = (name: string): number | undefined => {
    const value = fields.get(name);
    return value === undefined ? undefined : value * 1024;
  };
  const rssBytes = kib("VmRSS");
  if (rssBytes === undefined) return undefined;
  return {
    rssBytes,
    anonBytes: kib("RssAnon"),
    fileBytes: kib("RssFile"),
    sharedBytes: kib("RssShmem"),
    swapBytes: kib("VmSwap"),
    peakRssBytes: kib("VmHWM"),
    virtualBytes: kib("VmSize"),
    dataBytes: kib("VmData"),
    threads: fields.get("Threads"),
    parentPid: fields.get("PPid"),
  };
}

/** What Node can tell of its own process without `/proc`; the split into kinds stays unknown. */
function readOwnTotals(): ResidentReading | undefined {
  try {
    return {
      rssBytes: process.memoryUsage.rss(),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      parentPid: process.ppid,
    };
  } catch {
    return undefined; // Linux without /proc: libuv cannot read it either
  }
}

/**
 * Reads the resident set of one process again and again at about 1 µs a call: a positioned read of a
 * `statm` file that stays open, into one buffer. The open file names the process itself, so that a
 * reused process id is never mistaken for it. Holds one file descriptor until disposed.
 */
export class ResidentReader implements Disposable {
  readonly #pid: ProcessId;
  readonly #root: string;
  readonly #buffer = Buffer.alloc(128);
  readonly #pageBytes: number | undefined;
  #descriptor: number | undefined;

  /** Opens the process; one that does not exist is no error, it only has no reading. */
  constructor(pid: ProcessId, options: SystemFilesOptions = {}) {
    this.#pid = pid;
    this.#root = options.root ?? "/";
    this.#pageBytes = readPageBytes(options);
    try {
      if (this.#pageBytes !== undefined) this.#descriptor = openSync(join(this.#root, `proc/${pid}/statm`), "r");
    } catch {
      this.#descriptor = undefined;
    }
  }

  /** Resident bytes now; `undefined` once the process has ended or where the platform does not tell. */
  read(): number | undefined {
    if (this.#descriptor === undefined || this.#pageBytes === undefined) {
      return this.#pid === "self" && this.#root === "/" ? readOwnTotals()?.rssBytes : undefined;
    }
    let length: number;
    try {
      length = readSync(this.#descriptor, this.#buffer, 0, this.#buffer.length, 0);
    } catch {
      return undefined; // ESRCH: the process has ended
    }
    const pages = secondNumber(this.#buffer, length);
    return pages === 0 ? undefined : pages * this.#pageBytes; // ended but not yet reaped: all fields are 0
  }

  /** Closes the file; later readings are `undefined`, or come from Node itself for `"self"`. */
  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** The second of the numbers in `statm`, digit by digit: a string would cost more than the read. */
function secondNumber(buffer: Buffer, length: number): number {
  let index = 0;
  while (index < length && buffer[index] !== 0x20) index += 1;
  let value = 0;
  for (index += 1; index < length; index += 1) {
    const digit = (buffer[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Size of a page of memory: 4 KiB on x64, but 16 or 64 KiB on some arm64 and ppc64 kernels. Node does not
 * say it; `statm` counts the resident set in pages and `status` in KiB, and their ratio is a power of two.
 *
 * @returns `undefined` where `/proc` cannot be read.
 */
export function readPageBytes(options: SystemFilesOptions = {}): number | undefined {
  // The resident set may change between the two files: only a ratio close to a power of two counts.
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const pages = Number(readSystemText("proc/self/statm", options)?.split(" ")[1]);
    const bytes = parseStatus(readSystemText("proc/self/status", options) ?? "")?.rssBytes;
    if (bytes === undefined || !(pages > 0)) return undefined;
    const exponent = Math.log2(bytes / pages);
    if (Math.abs(exponent - Math.round(exponent)) < 0.2) return 2 ** Math.round(exponent);
  }
  return undefined;
}
