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

/** Holds `heapMb` in arrays and `externalMb` in a Buffer for `waitMs`, or takes them in so many steps meanwhile. */
export async function hold({ heapMb, externalMb, waitMs, steps = 1 }) {
  const held = [];
  for (let step = 0; step < steps; step++) {
    for (let bytes = heapBytesOf({ heapMb: heapMb / steps }); bytes > 0; bytes -= CHUNK_BYTES) {
      held.push(CHUNK.slice());
    }
    held.push(Buffer.alloc(Math.round((externalMb / steps) * MB), 1));
    await sleep(waitMs / steps);
  }
  return held.length;
}
