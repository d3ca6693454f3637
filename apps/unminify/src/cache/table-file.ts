/**
 * Columns of numbers and a list of names in one file, written and read column by column, with a checksum
 * (CRC-32) at the end. It takes its place when it is whole; one that is not is as good as none.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { UnminifyError } from "../unminify-error.ts";

const PIECE_BYTES = 1024 * 1024;

/** Writes a file. @throws UnminifyError `UNWRITABLE`; nothing is left behind. */
export function writeTables(path: string, names: readonly string[], columns: readonly Uint32Array[]): void {
  const draft = `${path}.${process.pid}.part`;
  let file: number | undefined;
  let sum = 0;
  const write = (bytes: Uint8Array, descriptor: number): void => {
    sum = checksum(bytes, sum);
    for (let at = 0; at < bytes.length;)
      at += writeSync(descriptor, bytes, at, Math.min(PIECE_BYTES, bytes.length - at));
  };
  try {
    file = openSync(draft, "w", 0o600);
    const text = Buffer.from(JSON.stringify(names));
    write(bytesOf(Uint32Array.of(columns.length, ...columns.map(({ length }) => length), text.length)), file);
    for (const column of columns) write(bytesOf(column), file);
    write(text, file);
    write(bytesOf(Uint32Array.of(sum)), file);
    closeSync(file);
    file = undefined;
    renameSync(draft, path);
  } catch (error) {
    if (file !== undefined) closeSync(file);
    rmSync(draft, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnminifyError("UNWRITABLE", `${path} cannot be written: ${reason}. Nothing was left behind.`, error);
  }
}

/** What {@link writeTables} wrote; undefined where there is no such file, or none that is whole. */
export function readTables(
  path: string,
): { names: readonly string[]; columns: readonly Uint32Array<ArrayBuffer>[] } | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    let left = fstatSync(file).size;
    let sum = 0;
    const read = (length: number): Uint32Array<ArrayBuffer> => {
      // A broken length must not cost more than the file has.
      if (length * 4 > left) throw new RangeError("too long");
      left -= length * 4;
      const values = new Uint32Array(length);
      const bytes = bytesOf(values);
      for (let at = 0; at < bytes.length;) {
        const count = readSync(file, bytes, at, Math.min(PIECE_BYTES, bytes.length - at), null);
        if (count === 0) throw new RangeError("too short");
        at += count;
      }
      sum = checksum(bytes, sum);
      return values;
    };
    const [count = 0] = read(1);
    const lengths = [...read(count + 1)];
    const columns = lengths.slice(0, -1).map(read);
    const text = Buffer.alloc(Math.min(lengths.at(-1) ?? 0, left));
    for (let at = 0; at < text.length;) at += Math.max(1, readSync(file, text, at, text.length - at, null));
    const expected = checksum(text, sum);
    const [found] = read(1);
    if (found !== expected) return undefined;
    const names: unknown = JSON.parse(text.toString("utf8"));
    return Array.isArray(names) ? { names: names.map(String), columns } : undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Of no bytes at all zlib makes 0, whatever came before. */
function checksum(bytes: Uint8Array, before: number): number {
  return bytes.length === 0 ? before : crc32(bytes, before);
}

function bytesOf(values: Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
