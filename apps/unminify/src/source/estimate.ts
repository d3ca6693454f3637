/**
 * What a file will need before any work is done, from a count of its words: the tables grow with the
 * identifiers, the rest with the text. The constants were fitted to peaks of whole runs on bundles of
 * 0.1 to 14 MB (`npm run bench:unminify` prints need and peak side by side).
 */
import type { Source } from "./source.ts";

const MEGABYTE = 2 ** 20;
/** Node.js with this program loaded, and what the parser leaves before it is collected. */
const BASE_BYTES = 62 * MEGABYTE;
/** How much more Node.js 22 and 24 take than 20 for the same: 8 to 14 MB on bundles of 0.3 to 14 MB. */
const NEWER_NODE_BYTES = 14 * MEGABYTE;
const LAST_SMALL_NODE = 20;
/** What V8 keeps of garbage where it cannot be told to collect. */
const UNCOLLECTED_BYTES = 40 * MEGABYTE;
const UNCOLLECTED_BYTES_PER_CHARACTER = 2.5;
/** Occurrence, evidence and what is sorted of them. */
const BYTES_PER_WORD = 16;
/** A file's bytes and its text exist side by side while it is read; V8 keeps wide text in two bytes a character. */
const BYTES_PER_CHARACTER = { narrow: 2, wide: 4 } as const;

/** Counts and what they mean. */
export interface Estimate {
  /** Words outside of nothing: names, keywords and what texts hold. */
  readonly words: number;
  /** Peak resident set in bytes that a run will need. */
  readonly peakBytes: number;
}

/** Reads through the text once, about 100 MB a second. `collect` where garbage is collected on the way. */
export function estimate({ text, encoding }: Pick<Source, "text" | "encoding">, collect = true): Estimate {
  let words = 0;
  let isInWord = false;
  let isWide = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36;
    if (isLetter && !isInWord) words++;
    isInWord = isLetter || (isInWord && code >= 48 && code <= 57);
    if (code > 0xff) isWide = true;
  }
  const perCharacter = BYTES_PER_CHARACTER[encoding === "utf8" && isWide ? "wide" : "narrow"];
  const spare =
    collect && globalThis.gc !== undefined ? 0 : UNCOLLECTED_BYTES + text.length * UNCOLLECTED_BYTES_PER_CHARACTER;
  const isNewer = Number.parseInt(process.versions.node, 10) > LAST_SMALL_NODE;
  const base = BASE_BYTES + (isNewer ? NEWER_NODE_BYTES : 0);
  return { words, peakBytes: base + spare + text.length * perCharacter + words * BYTES_PER_WORD };
}
