/**
 * Turns lines and columns, as source maps count them (in UTF-16 code units), into offsets of a text whose
 * characters may each be a byte of a UTF-8 file.
 */

/** Goes forward through a text. */
export class TextCursor {
  readonly #text: string;
  readonly #areBytes: boolean;
  #line = 0;
  #lineEnd: number;
  #column = 0;
  #offset = 0;

  constructor(text: string, areBytes: boolean) {
    this.#text = text;
    this.#areBytes = areBytes;
    this.#lineEnd = endOfLine(text, 0);
  }

  /** The offset of a place that is not before the last one; undefined where the text has no such place. */
  seek(line: number, column: number): number | undefined {
    while (this.#line < line) {
      if (this.#lineEnd === this.#text.length) return undefined;
      this.#offset = this.#lineEnd + 1;
      this.#lineEnd = endOfLine(this.#text, this.#offset);
      this.#line++;
      this.#column = 0;
    }
    if (line < this.#line || column < this.#column) return undefined;
    if (!this.#areBytes) {
      this.#offset += column - this.#column;
      this.#column = column;
    }
    for (; this.#column < column && this.#offset < this.#lineEnd; this.#offset++)
      this.#column += unitsOf(this.#text.charCodeAt(this.#offset));
    // The rest of the character that the column stands behind.
    while (this.#areBytes && unitsOf(this.#text.charCodeAt(this.#offset)) === 0) this.#offset++;
    return this.#column === column && this.#offset <= this.#lineEnd ? this.#offset : undefined;
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** UTF-16 code units that begin with a byte of UTF-8. */
function unitsOf(byte: number): number {
  if (byte >= 0x80 && byte < 0xc0) return 0;
  return byte >= 0xf0 ? 2 : 1;
}
