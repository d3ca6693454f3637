/**
 * A checked run of bytes on disk: its length, a CRC-32 of length and bytes, the bytes. All numbers are little-endian. The seed
 * makes a run of zeros, which a file system may leave behind a crash, no valid frame.
 */
import { crc32 } from "node:zlib";

/** Bytes before the payload. */
export const FRAME_HEADER_BYTES = 8;
const SEED = 0x504c494d;

/** Writes the header at `at` of the `length` bytes that stand behind it. */
export function sealFrame(buffer: Buffer, at: number, length: number): void {
  buffer.writeUInt32LE(length, at);
  buffer.writeUInt32LE(checksum(buffer, at, length), at + 4);
}

/** True when header and bytes agree. */
export function isFrameWhole(buffer: Buffer, at: number, length: number): boolean {
  return buffer.readUInt32LE(at + 4) === checksum(buffer, at, length);
}

function checksum(buffer: Buffer, at: number, length: number): number {
  const payload = buffer.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length);
  return crc32(payload, (SEED ^ length) >>> 0);
}
