/** Where strings begin in the table of strings. Their text stays in the file. */

const QUOTE: u8 = 34;
const BACKSLASH: u8 = 92;
const END: u8 = 93;
const DIGIT_FIRST: u32 = 0x80000000;

/**
 * Notes the opening quotes of one piece.
 *
 * @param state - three u32 that live between pieces: inside a string, behind a backslash, section ended.
 * @param found - address for one u32 a string: its place behind `at`, with the top bit set when it begins with a digit.
 * @returns how many were found. The byte behind `end` is looked at: there must be one.
 */
export function scanStrings(at: usize, end: usize, state: usize, found: usize): u32 {
  let isInside = load<u32>(state) != 0;
  let isEscaped = load<u32>(state, 4) != 0;
  let count: u32 = 0;
  let p = at;
  while (p < end) {
    const c = load<u8>(p);
    if (isInside) {
      if (isEscaped) isEscaped = false;
      else if (c == BACKSLASH) isEscaped = true;
      else if (c == QUOTE) isInside = false;
    } else if (c == QUOTE) {
      isInside = true;
      const next = load<u8>(p + 1);
      const flag = next >= 48 && next <= 57 ? DIGIT_FIRST : 0;
      store<u32>(found + (<usize>count << 2), <u32>(p - at) | flag);
      count++;
    } else if (c == END) {
      store<u32>(state, 1, 8);
      break;
    }
    p++;
  }
  store<u32>(state, isInside ? 1 : 0);
  store<u32>(state, isEscaped ? 1 : 0, 4);
  return count;
}
