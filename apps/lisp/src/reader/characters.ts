/**
 * Names of characters and escapes in strings, shared by the reader and the printer.
 */

/** Code points by the name that follows `#\`. */
export const CHARACTER_NAMES: ReadonlyMap<string, number> = new Map([
  ["alarm", 7],
  ["backspace", 8],
  ["delete", 127],
  ["escape", 27],
  ["newline", 10],
  ["null", 0],
  ["return", 13],
  ["space", 32],
  ["tab", 9],
]);

/** What the letter after a backslash stands for. */
export const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["n", "\n"],
  ["r", "\r"],
  ['"', '"'],
  ["\\", "\\"],
  ["|", "|"],
]);

const DELIMITER = /[\s(){}";|']/;

/** True where a token ends. */
export function isDelimiter(character: string): boolean {
  return character === "" || DELIMITER.test(character);
}

/** True for a token that begins like a number, is none, and is too much like one to be a symbol: `1+` is a symbol, `0x1` is not. */
export function isMistakenNumber(token: string): boolean {
  return /^[+-]?\d/.test(token) && !/^[+-]?\d+[+\-a-z!?*/<=>]*$/i.test(token);
}
