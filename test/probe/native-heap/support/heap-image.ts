/** A heap built chunk by chunk in a buffer, behind the reader that a process's memory has. */
import type { MemoryReader } from "../../../../src/probe/native-heap/memory-reader.ts";

/** Where the image lies. */
export const IMAGE_START = 0x7f12_3400_0000;
/** The word that marks chunks in thread caches. */
export const CACHE_KEY = { low: 0x9abc_def1, high: 0x1234_5678 };

export interface ImageChunk {
  readonly bytes: number;
  readonly state: "used" | "free" | "cached";
  /** Repeated over the contents of a used chunk. */
  readonly fill?: bigint;
}

/** Reads from a buffer that lies at an address. */
export function readerOf(image: Buffer, start: number = IMAGE_START): MemoryReader {
  return {
    ended: false,
    read(address, target) {
      const from = address - start;
      if (from < 0 || from >= image.length) return 0;
      const piece = image.subarray(from, Math.min(image.length, from + target.length));
      target.set(piece);
      return piece.length;
    },
  };
}

/** Lays chunks side by side as glibc does; the last, free one is the top. */
export function buildHeap(chunks: readonly ImageChunk[], topBytes: number): Buffer {
  const total = chunks.reduce((bytes, chunk) => bytes + chunk.bytes, 0) + topBytes;
  const image = Buffer.alloc(total);
  let at = 0;
  let wasUsed = true;
  for (const { bytes, state, fill = 0n } of [...chunks, { bytes: topBytes, state: "top" as const }]) {
    image.writeBigUInt64LE(BigInt(bytes) | (wasUsed ? 1n : 0n), at + 8);
    if (state === "used") {
      for (let word = at + 16; word < Math.min(at + bytes, total); word += 8) image.writeBigUInt64LE(fill, word);
    }
    if (state === "cached") {
      image.writeUInt32LE(CACHE_KEY.low, at + 24);
      image.writeUInt32LE(CACHE_KEY.high, at + 28);
    }
    if (state === "free") image.writeBigUInt64LE(BigInt(bytes), at + bytes);
    wasUsed = state !== "free";
    at += bytes;
  }
  return image;
}
