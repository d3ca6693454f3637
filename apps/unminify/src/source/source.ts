/**
 * The text of a bundle in as little memory as it can have. The bytes of a UTF-8 file are read as if
 * each were one character (Latin-1): V8 then keeps one byte a character, where one exotic character
 * anywhere would make it two, and offsets are offsets in the file. That is right wherever characters
 * beyond ASCII stand in texts, patterns and comments alone; where they do not, the parser says so
 * ({@link NeedsCharacters}) and the file is decoded after all.
 */
import { readFileSync, statSync } from "node:fs";
import { UnminifyError } from "../unminify-error.ts";

/** How the bytes of a file became characters. */
export type Encoding = "latin1" | "utf8";

/** V8's longest string (2^29 - 24 characters on 64 bits). */
const MAX_BYTES = 2 ** 29 - 24;
const BYTE_ORDER_MARK = "\u00EF\u00BB\u00BF";

/** The text of a file. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly encoding: Encoding;
  /** Size of the file in bytes. */
  readonly bytes: number;
}

/** Thrown while a source is parsed byte by byte and a character beyond ASCII has a meaning of its own. */
export class NeedsCharacters extends Error {
  override readonly name = "NeedsCharacters";
}

/**
 * Reads a file.
 *
 * @throws BAD_INPUT when it cannot be read, is empty or too large for a string.
 */
export function readSource(path: string, encoding: Encoding): Source {
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES)
      throw new UnminifyError("BAD_INPUT", `${path} has ${size} bytes; more than ${MAX_BYTES} do not fit a string.`);
    const text = readFileSync(path, encoding);
    return { path, text: withoutMark(text, encoding), encoding, bytes: size };
  } catch (error) {
    if (error instanceof UnminifyError) throw error;
    throw new UnminifyError("BAD_INPUT", `${path} cannot be read: ${reasonOf(error)}.`, error);
  }
}

/** A mark of the byte order says nothing that the rest does not. */
function withoutMark(text: string, encoding: Encoding): string {
  const mark = encoding === "utf8" ? "\uFEFF" : BYTE_ORDER_MARK;
  return text.startsWith(mark) ? text.slice(mark.length) : text;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "it may not be read";
  return error instanceof Error ? error.message : String(error);
}
