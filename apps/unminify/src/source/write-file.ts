/**
 * Writes the edited text piece by piece into a file beside its place, which takes that place only when
 * it is complete: a full disk or a killed process leaves what was there before.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { UnminifyError } from "../unminify-error.ts";
import type { Edit } from "../rename/edits.ts";
import type { Source } from "./source.ts";

/** Default: 64 KiB are gathered before they are written. */
export const DEFAULT_CHUNK_CHARACTERS = 64 * 1024;

/** Puts the edits into the text, in pieces of at least `chunkCharacters` (but for the last). */
export function* editedText(
  text: string,
  edits: Iterable<Edit>,
  chunkCharacters = DEFAULT_CHUNK_CHARACTERS,
): Generator<string> {
  let at = 0;
  let chunk = "";
  for (const { position, length, text: replacement } of edits) {
    while (position - at > chunkCharacters) {
      chunk += text.slice(at, at + chunkCharacters);
      at += chunkCharacters;
      yield chunk;
      chunk = "";
    }
    chunk += text.slice(at, position) + replacement;
    at = position + length;
    if (chunk.length >= chunkCharacters) {
      yield chunk;
      chunk = "";
    }
  }
  yield chunk;
  for (; at < text.length; at += chunkCharacters) yield text.slice(at, at + chunkCharacters);
}

/**
 * Writes pieces of text to a file; returns the bytes written.
 *
 * @throws UNWRITABLE when the disk is full or the place may not be written; nothing is left behind.
 */
export function writePieces(path: string, pieces: Iterable<string>, encoding: Source["encoding"]): number {
  // A device or a pipe is written as it is; only a file can be put in the place of another.
  const draft = isDevice(path) ? path : `${path}.${process.pid}.part`;
  let file: number | undefined;
  let bytes = 0;
  // One buffer for all pieces: a new one for each would wait, outside of the heap, until V8 collects.
  let buffer = Buffer.alloc(0);
  try {
    file = openSync(draft, "w");
    for (const piece of pieces) {
      const length = Buffer.byteLength(piece, encoding);
      if (length > buffer.length) buffer = Buffer.allocUnsafeSlow(length);
      buffer.write(piece, encoding);
      for (let written = 0; written < length;) written += writeSync(file, buffer, written, length - written);
      bytes += length;
    }
    if (draft !== path) fsyncSync(file);
    closeSync(file);
    file = undefined;
    if (draft !== path) renameSync(draft, path);
    return bytes;
  } catch (error) {
    if (file !== undefined) closeSync(file);
    if (draft !== path) rmSync(draft, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnminifyError("UNWRITABLE", `${path} cannot be written: ${reason}. Nothing was left behind.`, error);
  }
}

/** True for what exists and is neither a file nor a folder. */
export function isDevice(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && !status.isFile() && !status.isDirectory();
}
