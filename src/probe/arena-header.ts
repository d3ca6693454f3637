/**
 * Tells a heap of a malloc arena from other regions on the same alignment (64 MiB), by the header that glibc
 * writes at its start: four words, namely the arena, the previous heap, the size and the size made accessible.
 * Source: glibc malloc/arena.c, struct _heap_info.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import type { ArenaCheck } from "./region-kind.ts";
import type { ProcessId, SystemFilesOptions } from "./system-files.ts";

const HEADER_BYTES = 32;
const HEAP_MAX_BYTES = 64n * 2n ** 20n;

/** Whether 32 bytes can be the header of a malloc heap of a 64-bit process. */
export function isArenaHeader(header: Buffer, littleEndian: boolean): boolean {
  if (header.length < HEADER_BYTES) return false;
  const word = (index: number) =>
    littleEndian ? header.readBigUInt64LE(index * 8) : header.readBigUInt64BE(index * 8);
  const [arena, previous, sizeBytes, accessibleBytes] = [word(0), word(1), word(2), word(3)];
  if (arena === 0n || arena % 16n !== 0n || previous % HEAP_MAX_BYTES !== 0n) return false;
  return sizeBytes > 0n && sizeBytes <= accessibleBytes && accessibleBytes <= HEAP_MAX_BYTES;
}

/** Opens the memory of a process to look for such headers; needs the right to trace it. Holds a file descriptor until disposed. */
export function openArenaCheck(
  pid: ProcessId,
  options: SystemFilesOptions,
): Disposable & { readonly isArena: ArenaCheck } {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(join(options.root ?? "/", `proc/${pid}/mem`), "r");
  } catch {
    descriptor = undefined;
  }
  const header = Buffer.alloc(HEADER_BYTES);
  return {
    isArena: (start) => {
      if (descriptor === undefined) return undefined;
      try {
        const length = readSync(descriptor, header, 0, HEADER_BYTES, start);
        return isArenaHeader(header.subarray(0, length), endianness() === "LE");
      } catch {
        return undefined;
      }
    },
    [Symbol.dispose]() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}
