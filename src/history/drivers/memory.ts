/**
 * A history in memory: for tests, and for a process that needs its history no longer than it lives. The
 * bytes belong to the driver object: a second store opened on it finds what the first has written.
 */
import { PlimsollError } from "../../base/errors.ts";
import type { HistoryDriver, HistoryStorage } from "../driver.ts";

/** A growing file: the chunks that were appended, and where each begins. */
class ChunkedFile {
  readonly #chunks: Uint8Array[] = [];
  readonly #starts: number[] = [];
  bytes = 0;

  append(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    this.#starts.push(this.bytes);
    this.bytes += bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.bytes, offset + length);
    const result = new Uint8Array(Math.max(0, end - offset));
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    for (let at = offset; at < end; low++) {
      const chunk = this.#chunks[low] ?? new Uint8Array();
      const start = this.#starts[low] ?? 0;
      const part = chunk.subarray(at - start, end - start);
      result.set(part, at - offset);
      at += part.length;
    }
    return result;
  }

  truncate(bytes: number): void {
    const kept = this.read(0, bytes);
    this.#chunks.splice(0, Infinity, kept);
    this.#starts.splice(0, Infinity, 0);
    this.bytes = kept.length;
  }
}

/** Makes a place in memory. */
export function memoryHistory(): HistoryDriver {
  const files = new Map<string, ChunkedFile>();
  let hasWriter = false;
  return {
    name: "memory",
    open(mode): HistoryStorage {
      if (mode === "write" && hasWriter) {
        throw new PlimsollError(
          "ERR_PLIMSOLL_HISTORY_LOCKED",
          "This history in memory has a writer already. Close it first, or open with readOnly: true.",
        );
      }
      let isOpen = true;
      if (mode === "write") hasWriter = true;
      return {
        list: () => [...files].map(([name, { bytes }]) => ({ name, bytes })),
        read: (name, offset, length) => files.get(name)?.read(offset, length) ?? new Uint8Array(),
        append(name, bytes) {
          const file = files.get(name) ?? new ChunkedFile();
          files.set(name, file);
          file.append(bytes);
        },
        sync: () => undefined,
        truncate: (name, bytes) => files.get(name)?.truncate(bytes),
        remove: (name) => void files.delete(name),
        close() {
          if (isOpen && mode === "write") hasWriter = false;
          isOpen = false;
        },
      };
    },
  };
}
