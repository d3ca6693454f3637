/**
 * Reads words faster than acorn does: a minified bundle is one short word in three characters, and acorn
 * asks three regular expressions about each. What is not plain ASCII goes acorn's way.
 */
import { type Identifier, type Options, type TokenType, tokTypes } from "acorn";
import { NeedsCharacters } from "../source/source.ts";
import { AcornParser } from "./acorn-parser.ts";

const BACKSLASH = 92;
const LAST_ASCII = 0x7f;
const LETTER_D = 100;
const LETTER_I = 105;
/** U+2028 and U+2029, which end a comment, as bytes of UTF-8. */
const LINE_SEPARATOR_BYTES = /\u00E2\u0080[\u00A8\u00A9]/;
/** 1 for the codes that may stand in a word. */
const IN_WORD = Uint8Array.from({ length: LAST_ASCII + 1 }, (_, code) =>
  /[\w$]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const KEYWORDS = new Map<string, TokenType>(
  Object.values(tokTypes).flatMap((type) => (type.keyword === undefined ? [] : [[type.keyword, type]])),
);
/** Keywords and reserved words have 2 (`do`) to 10 (`instanceof`) characters. */
const MIN_KEYWORD_LENGTH = 2;
const MAX_KEYWORD_LENGTH = 10;

/** A parser whose words are read as bytes where the text has bytes for characters. */
export class WordParser extends AcornParser {
  /** True where a character of the text is a byte of the file. */
  areBytes: boolean;

  constructor(options: Options, input: string, areBytes: boolean) {
    super(options, input);
    this.areBytes = areBytes;
  }

  override readWord(): void {
    const word = this.readWord1();
    this.finishToken((mayBeKeyword(word) ? KEYWORDS.get(word) : undefined) ?? tokTypes.name, word);
  }

  override readWord1(): string {
    const { input, pos } = this;
    let end = pos;
    while (IN_WORD[input.charCodeAt(end)] === 1) end++;
    const code = input.charCodeAt(end);
    if (code > LAST_ASCII && this.areBytes) throw new NeedsCharacters();
    if (code > LAST_ASCII || code === BACKSLASH) return this.#readOther();
    this.containsEsc = false;
    this.pos = end;
    return input.slice(pos, end);
  }

  #readOther(): string {
    const word = super.readWord1();
    if (this.areBytes)
      for (let index = 0; index < word.length; index++)
        if (word.charCodeAt(index) > LAST_ASCII) throw new NeedsCharacters();
    return word;
  }

  override checkUnreserved(reference: Identifier): void {
    if (mayBeKeyword(reference.name)) super.checkUnreserved(reference);
  }

  override skipLineComment(startSkip: number): void {
    const { pos } = this;
    super.skipLineComment(startSkip);
    if (this.areBytes && LINE_SEPARATOR_BYTES.test(this.input.slice(pos, this.pos))) throw new NeedsCharacters();
  }
}

/** Most words of a minified bundle have one or two characters: of those only `do`, `if` and `in` are more than a name. */
function mayBeKeyword(word: string): boolean {
  const { length } = word;
  if (length < MIN_KEYWORD_LENGTH || length > MAX_KEYWORD_LENGTH) return false;
  if (length > MIN_KEYWORD_LENGTH) return true;
  const first = word.charCodeAt(0);
  return first === LETTER_I || first === LETTER_D;
}
