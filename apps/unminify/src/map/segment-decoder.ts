/**
 * Decodes the `mappings` of a source map byte by byte: base64 digits that make numbers of variable
 * length, each the difference to the one before (ECMA-426, 9.2). Only places in the generated file and
 * names are of interest.
 */

/** Told of a segment with a name: its line and column (from 0) in the generated file, and the name's index. */
export type OnSegment = (line: number, column: number, name: number) => void;

const DIGITS = new Int8Array(128).fill(-1);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let value = 0; value < ALPHABET.length; value++) DIGITS[ALPHABET.charCodeAt(value)] = value;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const CONTINUES = 32;
const NAME_FIELD = 4;
const MAX_SHIFT = 30;

/** Decodes what is pushed into it. */
export class SegmentDecoder {
  readonly #onSegment: OnSegment;
  #line = 0;
  #column = 0;
  #name = 0;
  #field = 0;
  #value = 0;
  #shift = 0;

  constructor(onSegment: OnSegment) {
    this.#onSegment = onSegment;
  }

  /** Takes the next byte; false where it does not belong into mappings. */
  push(byte: number): boolean {
    if (byte === COMMA || byte === SEMICOLON) {
      if (!this.end()) return false;
      if (byte === SEMICOLON) {
        this.#line++;
        this.#column = 0;
      }
      return true;
    }
    const digit = DIGITS[byte] ?? -1;
    if (digit < 0 || this.#shift > MAX_SHIFT) return false;
    this.#value += (digit & (CONTINUES - 1)) * 2 ** this.#shift;
    this.#shift += 5;
    if ((digit & CONTINUES) !== 0) return true;
    const magnitude = Math.floor(this.#value / 2);
    const difference = this.#value % 2 === 1 ? -magnitude : magnitude;
    if (this.#field === 0) this.#column += difference;
    else if (this.#field === NAME_FIELD) this.#name += difference;
    this.#field++;
    this.#value = 0;
    this.#shift = 0;
    return true;
  }

  /** Ends a segment; false where it has a number of fields that none can have. */
  end(): boolean {
    const fields = this.#field;
    this.#field = 0;
    if (this.#shift > 0) return false;
    if (fields === NAME_FIELD + 1) this.#onSegment(this.#line, this.#column, this.#name);
    return fields <= 1 || fields === NAME_FIELD || fields === NAME_FIELD + 1;
  }
}
