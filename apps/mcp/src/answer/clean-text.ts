/**
 * The last gate before a client: whatever looks like a secret leaves as `[…]`, and no text is longer than it may be. Answers are
 * built without texts of the program; this catches what a name that a person gave may carry: a token in a path, a key in a class.
 */

/**
 * Letters, digits and what tokens are joined with. Of such a run, one with enough digits among its letters is no word of a
 * source: `sk_live_51Hx9…`, `9f86d081884c7d65`; `session-map.mjs` and `node:internal/timers` are.
 */
const RUN = /[A-Za-z0-9+_-]{12,}/g;
const LEAST_DIGITS = 4;
const LEAST_LETTERS = 2;
/** `password=…`, `token: …`, and what stands before the `@` of an address. */
const NAMED = /\b((?:pass(?:word|wd)?|secret|token|api[-_]?key|authorization|bearer)\s*[=:]\s*)[^\s,;)]+/gi;
const CREDENTIALS = /\/\/[^\s/@]+@/g;
/** Control characters, line breaks too: names are data, and must not look like lines of an answer. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001F\u007F\u2028\u2029]+/g;

/** Halves of characters, which would take six bytes each. */
const LONE = /\p{Surrogate}/gu;

/**
 * Makes a text fit to be sent.
 *
 * @param most - bytes at most, as JSON.
 */
export function cleanText(text: string, most: number): string {
  // Far longer ones are cut first: what is thrown away need not be looked at.
  const clean = text
    .slice(0, most * 4)
    .replace(CONTROL, " ")
    .replace(LONE, "?")
    .replace(NAMED, "$1[…]")
    .replace(CREDENTIALS, "//[…]@")
    .replace(RUN, (run) => (looksSecret(run) ? "[…]" : run));
  return jsonBytes(clean) <= most ? clean : cut(clean, most);
}

function cut(text: string, most: number): string {
  let kept = text.slice(0, most);
  for (let over = jsonBytes(`${kept}…`) - most; over > 0 && kept !== ""; over = jsonBytes(`${kept}…`) - most) {
    // A character takes four bytes at most, so that no more is cut than needed but for the last few.
    kept = kept.slice(0, -Math.ceil(over / 4)).replace(LONE, "");
  }
  return kept === "" ? "" : `${kept}…`;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

function looksSecret(run: string): boolean {
  const digits = run.replace(/[^0-9]/g, "").length;
  const letters = run.replace(/[^A-Za-z]/g, "").length;
  return digits >= LEAST_DIGITS && letters >= LEAST_LETTERS;
}
