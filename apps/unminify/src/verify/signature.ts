/**
 * A digest of a program up to the names of its bindings: the text between the names, and for each name
 * which binding it is, counted in the order in which they first appear. Two programs that differ in
 * those names alone (alpha-equivalent ones) have the same digest, any others have not. It is taken of the
 * input and of the output one after the other, so that a check needs no more memory than the renaming.
 */
import { createHash } from "node:crypto";
import type { Analysis } from "../scope/analyse.ts";
import { FREE, WRITTEN } from "../scope/tables.ts";

const FLUSH_CHARACTERS = 32 * 1024;

/**
 * The digest of a program that was analysed; with `isNamesAlone` without the text between the names, which a
 * formatter changes, and with the free ones among them.
 */
export function signature(text: string, analysis: Analysis, isNamesAlone = false): string {
  const { occurrences, bindings, names, order } = analysis;
  const hash = createHash("sha1");
  const numbers = new Uint32Array(bindings.size);
  let count = 0;
  let at = 0;
  let pending = "";
  const add = (piece: string): void => {
    pending += piece;
    if (pending.length < FLUSH_CHARACTERS) return;
    hash.update(pending, "latin1");
    pending = "";
  };
  for (const index of order) {
    const position = occurrences.positions.get(index);
    const target = occurrences.targets.get(index);
    if (isNamesAlone) at = position;
    for (; position - at > FLUSH_CHARACTERS; at += FLUSH_CHARACTERS) add(text.slice(at, at + FLUSH_CHARACTERS));
    add(text.slice(at, position));
    if ((target & FREE) !== 0) {
      if (isNamesAlone) add(`\u0000${names.nameOf(target & ~FREE)}\u0000`);
      at = position;
      continue;
    }
    const name = names.nameOf(bindings.names.get(target));
    at = position + (occurrences.escaped.get(index) ?? name.length);
    const root = bindings.root(target);
    if (numbers[root] === 0) numbers[root] = ++count;
    const mark = `\u0000${numbers[root]}\u0000`;
    const written = isNamesAlone ? WRITTEN.plain : (occurrences.written.get(index) ?? WRITTEN.plain);
    // What is short in the one may be spelled out in the other.
    if (written === WRITTEN.shorthand) add(`${name}: ${mark}`);
    else if (written === WRITTEN.imported) add(`${name} as ${mark}`);
    else if (written === WRITTEN.exported) add(`${mark} as ${name}`);
    else add(mark);
  }
  if (isNamesAlone) at = text.length;
  for (; at < text.length; at += FLUSH_CHARACTERS) add(text.slice(at, at + FLUSH_CHARACTERS));
  return hash.update(pending, "latin1").digest("hex");
}
