/**
 * The outside of what is saved: what it is, which version of the language wrote it, and a checksum.
 */
import { failure } from "../data/errors.ts";
import { MACROS } from "../prelude/macros.ts";
import { PROCEDURES } from "../prelude/procedures.ts";
import { Bytes, Cursor } from "./bytes.ts";
import { crc32 } from "./checksum.ts";

/** Changes with the format of what is inside. */
const FORMAT = 1;
const MAGIC = [0x50, 0x4c, 0x53, 0x50];

/** What is inside. */
export type Content = "session" | "continuation";

let known: number | undefined;

/** A number that is another one when the standard library is. */
function fingerprint(): number {
  return (known ??= crc32(new TextEncoder().encode(MACROS + PROCEDURES)));
}

/** Puts bytes into a container. `library` says how large the standard library is. */
export function wrap(content: Content, library: number, body: Uint8Array): Uint8Array {
  const out = new Bytes();
  for (const byte of MAGIC) out.byte(byte);
  out.varint(FORMAT);
  out.byte(content === "session" ? 0 : 1);
  out.varint(fingerprint());
  out.varint(library);
  out.block(body);
  out.double(crc32(out.take()));
  return out.take();
}

/** Takes them out. @throws `LispError` of kind `image` for damaged bytes, for other content, and for another version's. */
export function unwrap(bytes: Uint8Array, content: Content, library: number): Uint8Array {
  if (bytes.length < 16 || MAGIC.some((byte, index) => bytes[index] !== byte))
    throw failure("image", `this is no saved ${content} of Lisp`);
  const end = bytes.length - 8;
  if (new Cursor(bytes, end).double() !== crc32(bytes.subarray(0, end)))
    throw failure("image", `the saved ${content} is damaged: its checksum is wrong; use another copy`);
  const cursor = new Cursor(bytes, MAGIC.length);
  const format = cursor.varint();
  const kind = cursor.byte() === 0 ? "session" : "continuation";
  if (kind !== content) throw failure("image", `this is a saved ${kind}, not a ${content}`);
  if (format !== FORMAT || cursor.varint() !== fingerprint() || cursor.varint() !== library)
    throw failure("image", `the ${content} was saved by another version of Lisp; run it with that one`);
  return cursor.block();
}
