/** One task of the budget benchmarks: holds memory of a known size, waits, and lets go. Also what a worker of piscina runs. */
import { setTimeout as sleep } from "node:timers/promises";

const MB = 2 ** 20;
/** A JavaScript array of so many doubles takes 256 KB. */
const CHUNK_DOUBLES = 32_768;
const CHUNK_BYTES = CHUNK_DOUBLES * 8;
/** Copied, not filled: filling an array with doubles leaves another of its size as garbage, and takes twice the time. */
const CHUNK = new Array(CHUNK_DOUBLES).fill(1.5);

/** Bytes on the heap that a task of this size really holds. */
export function heapBytesOf({ heapMb }) {
  return Math.round((heapMb * MB) / CHUNK_BYTES) * CHUNK_BYTES;
}

/** Holds `heapMb` in arrays and `externalMb` in a Buffer for `waitMs`. */
export async function hold({ heapMb, externalMb, waitMs }) {
  const chunks = [];
  for (let bytes = heapBytesOf({ heapMb }); bytes > 0; bytes -= CHUNK_BYTES) {
    chunks.push(CHUNK.slice());
  }
  const buffer = Buffer.alloc(Math.round(externalMb * MB), 1);
  await sleep(waitMs);
  return chunks.length + buffer.length;
}
