/**
 * Reads the memory of a running process through `/proc/<pid>/mem`, without stopping it. The kernel copies page by page and
 * lets the process run on in between, so what is read may be of different moments. Reading brings swapped pages back.
 * Source: proc(5), kernel fs/proc/base.c (mem_rw).
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { SystemFilesOptions, Unavailable } from "../system-files.ts";

/** Memory that can be read by address: of a process, or an image of one. */
export interface MemoryReader {
  /**
   * Reads into the whole of `target`.
   *
   * @returns bytes read; fewer than asked where the mapping ends, 0 where nothing is mapped.
   */
  read(address: number, target: Uint8Array): number;
  /** Whether the process was found to have ended: all further reads are empty. */
  readonly ended: boolean;
}

/** The memory of a process. Holds a file descriptor until disposed. */
export type ProcessMemory = MemoryReader & Disposable & { readonly available: true };

/** Opens the memory of a process; the kernel asks for the right to trace it. */
export function openProcessMemory(pid: number, options: SystemFilesOptions = {}): ProcessMemory | Unavailable {
  let descriptor: number;
  try {
    descriptor = openSync(join(options.root ?? "/", `proc/${pid}/mem`), "r");
  } catch (error) {
    return { available: false, reason: reasonOf(error, pid) };
  }
  let ended = false;
  return {
    available: true,
    get ended() {
      return ended;
    },
    read(address, target) {
      try {
        const length = readSync(descriptor, target, 0, target.length, address);
        // The memory of a process that has ended, or has become another program, reads as an empty file.
        if (length === 0 && target.length > 0) ended = true;
        return length;
      } catch {
        return 0; // EIO: nothing is mapped there
      }
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}

function reasonOf(error: unknown, pid: number): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "ENOENT" || code === "ESRCH") return `there is no process ${pid}: it has ended, or never was`;
  if (code === "EACCES" || code === "EPERM") {
    return (
      `the memory of process ${pid} cannot be read: ${code}. Run as the same user; where the kernel restricts tracing ` +
      `(/proc/sys/kernel/yama/ptrace_scope is not 0), only a parent may read, or root`
    );
  }
  return `the memory of process ${pid} cannot be read: ${code}`;
}

const WORD_BYTES = 8;
const HIGH = 2 ** 32;

/** A piece of memory as 64-bit words, little-endian. Words above 2^53, which no address is, lose their last digits. */
export class Words {
  /** The memory itself, in halves of words, the low half first. */
  readonly halves: Uint32Array;
  readonly #bytes: Uint8Array;

  /**
   * @param bytes - how much it can hold; a multiple of 8.
   */
  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.halves = new Uint32Array(this.#bytes.buffer);
  }

  /** Reads memory from `address` on. Returns the bytes that could be read; the rest keeps what it held. */
  load(reader: MemoryReader, address: number, bytes: number = this.#bytes.length): number {
    return reader.read(address, bytes === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, bytes));
  }

  /** The word at an offset in bytes, a multiple of 8. */
  at(offset: number): number {
    const index = offset / 4;
    return (this.halves[index] ?? 0) + (this.halves[index + 1] ?? 0) * HIGH;
  }

  /** How many words it can hold. */
  get length(): number {
    return this.#bytes.length / WORD_BYTES;
  }

  /** Whether it holds the same bytes as another of its length. */
  equals(other: Words): boolean {
    return Buffer.compare(this.#bytes, other.#bytes) === 0;
  }
}
