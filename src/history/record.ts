/**
 * The records of a log: checksum, length, type, content. A log is cut into segments, which are files of
 * their own; a position is the number of a segment times 2^32 plus the byte in it. Format 1.
 */
import { PlimsollError } from "../base/errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { crc32 } from "./checksum.ts";

/** What a record is. */
export const RECORD = { start: 1, steps: 2, keyframe: 3, names: 4 } as const;

/** Checksum, length of the content, type. */
export const HEADER_BYTES = 9;
/** The version of the format, in the first record of each segment. */
export const FORMAT = 1;
const SEGMENT = 2 ** 32;

/** A record that was read and whose checksum is right. */
export interface LogRecord {
  readonly type: number;
  /** The whole content; not the header. */
  readonly content: Uint8Array;
  /** Of its header. */
  readonly position: number;
  /** Of what comes after. */
  readonly end: number;
}

export function segmentOf(position: number): number {
  return Math.floor(position / SEGMENT);
}

export function offsetOf(position: number): number {
  return position % SEGMENT;
}

export function positionOf(segment: number, offset: number): number {
  return segment * SEGMENT + offset;
}

/** The name of a segment's file. Generations are what compaction makes. */
export function segmentName(generation: number, segment: number): string {
  return `g${generation}-${String(segment).padStart(6, "0")}`;
}

/** The numbers of a segment's name. */
export function parseSegmentName(name: string): { readonly generation: number; readonly segment: number } | undefined {
  const match = /^g(\d+)-(\d{6,})$/.exec(name);
  return match ? { generation: Number(match[1]), segment: Number(match[2]) } : undefined;
}

/** Puts header and content, given in pieces, together. The result is valid until `out` is written to again. */
export function sealRecord(type: number, content: readonly Uint8Array[], out = new ByteWriter()): Uint8Array {
  out.clear();
  out.u32(0);
  out.u32(content.reduce((length, piece) => length + piece.length, 0));
  out.u8(type);
  for (const piece of content) out.bytes(piece);
  out.patchU32(0, crc32(out.view(), 4));
  return out.view();
}

/**
 * Reads the record at `at`.
 *
 * @returns `undefined` when it is cut off or its checksum is wrong.
 */
export function openRecord(bytes: Uint8Array, at: number, position: number): LogRecord | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const header = new ByteReader(bytes, at);
  const checksum = header.u32();
  const end = at + HEADER_BYTES + header.u32();
  const type = header.u8();
  if (end > bytes.length || crc32(bytes, at + 4, end) !== checksum) return undefined;
  const content = bytes.subarray(at + HEADER_BYTES, end);
  return { type, content, position, end: position + end - at };
}

/** The error for bytes that are not what was written. */
export function damaged(what: string, storage: string, file: string, offset: number): PlimsollError {
  return new PlimsollError(
    "ERR_PLIMSOLL_HISTORY_DAMAGED",
    `${what} at byte ${offset} of ${file} in ${storage} is damaged: its checksum is wrong. Steps that need it cannot be loaded; open the history again and look at its damages.`,
    { details: { file, offset, storage } },
  );
}
