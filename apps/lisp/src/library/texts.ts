/**
 * Characters and strings. A string is a sequence of code points; one without surrogates is indexed directly.
 */
import { failure, wrongType } from "../data/errors.ts";
import { Char, list, listItems, Text, type Value } from "../data/values.ts";
import type { WriteBarrier } from "../machine/registers.ts";
import { ANY, type PrimitiveTable, toChar, toIndex, toLength, toRange, toText, toVector } from "./table.ts";

const SURROGATE = /[\ud800-\udfff]/;

function codePoints(text: string): readonly string[] {
  return SURROGATE.test(text) ? Array.from(text) : text.split("");
}

function slice(text: string, start: Value, end: Value): string {
  if (!SURROGATE.test(text)) return text.slice(...toRange(start, end, text.length));
  const points = Array.from(text);
  return points.slice(...toRange(start, end, points.length)).join("");
}

function compared(fold: (text: string) => string, read: (value: Value) => string, holds: (order: number) => boolean) {
  return (...values: Value[]): Value => {
    const texts = values.map((value) => fold(read(value)));
    return texts.every((text, index) => index === 0 || holds(order(texts[index - 1] ?? "", text)));
  };
}

/** By code point, as the language asks, not by UTF-16 code unit. */
function order(a: string, b: string): number {
  if (a === b) return 0;
  if (!SURROGATE.test(a + b)) return a < b ? -1 : 1;
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let index = 0; index < Math.min(x.length, y.length); index++) {
    const difference = (x[index]?.codePointAt(0) ?? 0) - (y[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** Full folding, as far as the host has it: lower case of upper case, so that ß and SS agree. */
function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

const ORDERS: readonly (readonly [string, (order: number) => boolean])[] = [
  ["=?", (order) => order === 0],
  ["<?", (order) => order < 0],
  [">?", (order) => order > 0],
  ["<=?", (order) => order <= 0],
  [">=?", (order) => order >= 0],
];

function characterText(value: Value): string {
  return String.fromCodePoint(toChar(value).code);
}

function foldCharacter(text: string): string {
  const folded = foldCase(text);
  return Array.from(folded).length === 1 ? folded : text;
}

/** Adds characters and strings. */
export function addTexts(table: PrimitiveTable, barrier: WriteBarrier): void {
  for (const [name, holds] of ORDERS) {
    table.add(
      `char${name}`,
      compared((text) => text, characterText, holds),
      1,
      ANY,
    );
    table.add(`char-ci${name}`, compared(foldCharacter, characterText, holds), 1, ANY);
    table.add(
      `string${name}`,
      compared(
        (text) => text,
        (value) => toText(value).text,
        holds,
      ),
      1,
      ANY,
    );
    table.add(
      `string-ci${name}`,
      compared(foldCase, (value) => toText(value).text, holds),
      1,
      ANY,
    );
  }
  addCharacters(table);
  table.add("string?", (value) => value instanceof Text, 1);
  table.add(
    "make-string",
    (length, fill) => new Text((fill === undefined ? " " : characterText(fill)).repeat(toLength(length))),
    1,
    2,
  );
  table.add("string", (...values) => new Text(values.map((value) => characterText(value)).join("")), 0, ANY);
  table.add(
    "string-length",
    (value) => {
      const { text } = toText(value);
      return SURROGATE.test(text) ? Array.from(text).length : text.length;
    },
    1,
  );
  table.add(
    "string-ref",
    (value, index) => {
      const points = toText(value).text;
      const all = SURROGATE.test(points) ? Array.from(points) : points;
      return new Char(all[toIndex(index, all.length - 1)]?.codePointAt(0) ?? 0);
    },
    2,
  );
  const change = (target: Text, text: string): undefined => {
    barrier.willChange(target);
    target.text = text;
    return undefined;
  };
  table.add(
    "string-set!",
    (value, index, character) => {
      const target = toText(value);
      const points = [...codePoints(target.text)];
      points[toIndex(index, points.length - 1)] = characterText(character);
      return change(target, points.join(""));
    },
    3,
  );
  table.add("string-append", (...values) => new Text(values.map((value) => toText(value).text).join("")), 0, ANY);
  for (const name of ["substring", "string-copy"])
    table.add(name, (value, start, end) => new Text(slice(toText(value).text, start, end)), 1, 3);
  table.add(
    "string-copy!",
    (to, at, from, start, end) => {
      const target = toText(to);
      const points = [...codePoints(target.text)];
      const source = codePoints(slice(toText(from).text, start, end));
      const begin = toIndex(at, points.length);
      if (begin + source.length > points.length) throw failure("range", "no room in the string from", at);
      points.splice(begin, source.length, ...source);
      return change(target, points.join(""));
    },
    3,
    5,
  );
  table.add(
    "string-fill!",
    (value, fill, start, end) => {
      const target = toText(value);
      const points = [...codePoints(target.text)];
      return change(target, points.fill(characterText(fill), ...toRange(start, end, points.length)).join(""));
    },
    2,
    4,
  );
  table.add("string-upcase", (value) => new Text(toText(value).text.toUpperCase()), 1);
  table.add("string-downcase", (value) => new Text(toText(value).text.toLowerCase()), 1);
  table.add("string-foldcase", (value) => new Text(foldCase(toText(value).text)), 1);
  table.add("string->list", (value, start, end) => list(characters(slice(toText(value).text, start, end))), 1, 3);
  table.add("string->vector", (value, start, end) => characters(slice(toText(value).text, start, end)), 1, 3);
  table.add(
    "list->string",
    (value) => {
      const items = listItems(value);
      if (items === undefined) throw wrongType("a list", value);
      return new Text(items.map((item) => characterText(item)).join(""));
    },
    1,
  );
  table.add(
    "vector->string",
    (value, start, end) => {
      const items = toVector(value);
      return new Text(
        items
          .slice(...toRange(start, end, items.length))
          .map((item) => characterText(item))
          .join(""),
      );
    },
    1,
    3,
  );
  table.add(
    "string-index",
    (value, character) => {
      const at = codePoints(toText(value).text).indexOf(characterText(character));
      return at < 0 ? false : at;
    },
    2,
  );
  table.add(
    "string->utf8",
    (value, start, end) => new TextEncoder().encode(slice(toText(value).text, start, end)),
    1,
    3,
  );
}

function characters(text: string): Value[] {
  return codePoints(text).map((point) => new Char(point.codePointAt(0) ?? 0));
}

function addCharacters(table: PrimitiveTable): void {
  table.add("char?", (value) => value instanceof Char, 1);
  table.add("char->integer", (value) => toChar(value).code, 1);
  table.add(
    "integer->char",
    (code) => {
      const value = toIndex(code, 0x10ffff);
      if (value >= 0xd800 && value < 0xe000) throw failure("range", "a surrogate is no character:", code);
      return new Char(value);
    },
    1,
  );
  const classes = {
    "char-alphabetic?": /^\p{Alphabetic}$/u,
    "char-numeric?": /^\p{Nd}$/u,
    "char-whitespace?": /^\p{White_Space}$/u,
    "char-upper-case?": /^\p{Uppercase}$/u,
    "char-lower-case?": /^\p{Lowercase}$/u,
  };
  for (const [name, pattern] of Object.entries(classes))
    table.add(name, (value) => pattern.test(characterText(value)), 1);
  const single =
    (map: (text: string) => string) =>
    (value: Value): Value => {
      const mapped = map(characterText(value));
      return Array.from(mapped).length === 1 ? new Char(mapped.codePointAt(0) ?? 0) : value;
    };
  table.add(
    "char-upcase",
    single((text) => text.toUpperCase()),
    1,
  );
  table.add(
    "char-downcase",
    single((text) => text.toLowerCase()),
    1,
  );
  table.add("char-foldcase", single(foldCharacter), 1);
  table.add(
    "digit-value",
    (value) => {
      const text = characterText(value);
      if (!/^\p{Nd}$/u.test(text)) return false;
      // Decimal digits come in runs of ten from a zero, and the runs that touch are whole.
      let zero = toChar(value).code;
      while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero--;
      return (toChar(value).code - zero) % 10;
    },
    1,
  );
}
