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

/** A large text is sampled: a block of so many characters, of each `STRIDE` blocks one. */
const BLOCK_CHARACTERS = 16 * 1024;
const STRIDE = 4;
const SAMPLED_FROM_CHARACTERS = 2 ** 20;

/** Counts the words of a text, of which a quarter is read when it is large. `collect` where garbage is collected on the way. */
export function estimate({ text, encoding }: Pick<Source, "text" | "encoding">, collect = true): Estimate {
  const stride = text.length > SAMPLED_FROM_CHARACTERS ? STRIDE : 1;
  const counter = new WordCounter();
  for (let at = 0; at < text.length; at += BLOCK_CHARACTERS * stride)
    counter.count(text, at, Math.min(at + BLOCK_CHARACTERS, text.length));
  const words = counter.words * stride;
  const perCharacter = BYTES_PER_CHARACTER[encoding === "utf8" && counter.isWide ? "wide" : "narrow"];
  const spare =
    collect && globalThis.gc !== undefined ? 0 : UNCOLLECTED_BYTES + text.length * UNCOLLECTED_BYTES_PER_CHARACTER;
  const isNewer = Number.parseInt(process.versions.node, 10) > LAST_SMALL_NODE;
  const base = BASE_BYTES + (isNewer ? NEWER_NODE_BYTES : 0);
  return { words, peakBytes: base + spare + text.length * perCharacter + words * BYTES_PER_WORD };
}

/** Codes that may begin a word, and those that may go on with one. */
const BEGINS = 1;
const GOES_ON = 2;
const CODES = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Za-z_$]/.test(character) ? BEGINS | GOES_ON : /\d/.test(character) ? GOES_ON : 0;
});

class WordCounter {
  words = 0;
  isWide = false;

  count(text: string, from: number, to: number): void {
    let words = 0;
    let isInWord = false;
    for (let index = from; index < to; index++) {
      const code = text.charCodeAt(index);
      const what = CODES[code] ?? 0;
      if (what !== 0 && !isInWord && (what & BEGINS) !== 0) words++;
      isInWord = what !== 0 && (isInWord || (what & BEGINS) !== 0);
      if (code > 0xff) this.isWide = true;
    }
    this.words += words;
  }
}
