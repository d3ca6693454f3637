/**
 * Data to text: `write`, `display`, `write-shared`, `write-simple`. It keeps its own work list, and labels what is shared or cyclic
 * (`#0=`, `#0#`).
 */
import { failure } from "./errors.ts";
import { CHARACTER_NAMES, isMistakenNumber } from "../reader/characters.ts";
import { isNumeric } from "../numbers/arithmetic.ts";
import { formatNumber, parseNumber } from "../numbers/notation.ts";
import {
  Char,
  Condition,
  EOF,
  isKeyed,
  Keyword,
  LispPromise,
  MultipleValues,
  NIL,
  Pair,
  RecordType,
  RecordValue,
  Sym,
  Text,
  type Value,
} from "./values.ts";

/** Which objects get labels: none, those in a cycle, or all that occur twice. */
export type Labelling = "none" | "cycles" | "shared";

class Piece {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

class Rest {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

const QUOTES: ReadonlyMap<string, string> = new Map([
  ["quote", "'"],
  ["quasiquote", "`"],
  ["unquote", ","],
  ["unquote-splicing", ",@"],
]);

/** The text of `value`, cut after `limit` characters. Defaults: no limit, as `write` does, labels for cycles. */
export function write(
  value: Value,
  limit = Number.POSITIVE_INFINITY,
  isDisplay = false,
  labelling: Labelling = "cycles",
): string {
  const { text, isWhole } = print(value, limit, isDisplay, labelling);
  return isWhole ? text : `${text.slice(0, limit)}…`;
}

/**
 * The whole text of `value`. Lists that share their parts have a text that doubles with each level, so there is a bound.
 * @throws `LispError` of kind `memory` for more than `maxLength` characters.
 */
export function writeWhole(value: Value, maxLength: number, isDisplay: boolean, labelling: Labelling): string {
  const { text, isWhole } = print(value, maxLength, isDisplay, labelling);
  if (!isWhole) {
    const way = "write-shared names what occurs twice; else write its parts";
    throw failure("memory", `the text of a value has more than ${maxLength} characters: ${way}`);
  }
  return text;
}

/** Pieces are joined by so many: joined one by one, each would be an object that lives as long as the text. */
const JOINED_PIECES = 8192;

/** Text that is put together from small pieces. */
class Output {
  length = 0;
  #text = "";
  #pieces: string[] = [];

  add(piece: string): void {
    this.length += piece.length;
    if (this.#pieces.push(piece) === JOINED_PIECES) this.text();
  }

  text(): string {
    this.#text += this.#pieces.join("");
    this.#pieces = [];
    return this.#text;
  }
}

function print(
  value: Value,
  limit: number,
  isDisplay: boolean,
  labelling: Labelling,
): { readonly text: string; readonly isWhole: boolean } {
  const labels = labelling === "none" ? new Map<Value, number>() : labelled(value, labelling, limit);
  let next = 0;
  const output = new Output();
  const work: Value[] = [value];
  while (work.length > 0 && output.length <= limit) {
    let item = work.pop();
    if (item instanceof Piece) {
      output.add(item.text);
      continue;
    }
    if (item instanceof Rest) {
      item = item.value;
      if (item === NIL) {
        output.add(")");
        continue;
      }
      if (item instanceof Pair && !labels.has(item)) {
        output.add(" ");
        work.push(new Rest(item.cdr), item.car);
        continue;
      }
      output.add(" . ");
      work.push(new Piece(")"));
    }
    const label = labels.get(item);
    if (label !== undefined && label >= 0) {
      output.add(`#${label}#`);
      continue;
    }
    if (label !== undefined) {
      output.add(`#${next}=`);
      labels.set(item, next++);
    }
    if (item instanceof Pair) {
      const quote = item.car instanceof Sym ? QUOTES.get(item.car.name) : undefined;
      if (quote !== undefined && item.cdr instanceof Pair && item.cdr.cdr === NIL) {
        output.add(quote);
        work.push(item.cdr.car);
      } else {
        output.add("(");
        work.push(new Rest(item.cdr), item.car);
      }
    } else if (Array.isArray(item)) {
      output.add("#(");
      work.push(new Piece(")"));
      for (let index = item.length - 1; index >= 0; index--) {
        work.push(item[index]);
        if (index > 0) work.push(new Piece(" "));
      }
    } else if (isKeyed(item)) {
      output.add("{");
      work.push(new Piece("}"));
      for (let index = item.fields.length - 1; index >= 0; index--)
        work.push(item.fields[index], new Piece(`${index > 0 ? " " : ""}:${item.type.fields[index]} `));
    } else output.add(atom(item, isDisplay));
  }
  return { text: output.text(), isWhole: work.length === 0 };
}

/** The objects that need a label, each with -1; none when there are more objects than characters, which are cut anyway. */
function labelled(root: Value, labelling: Labelling, limit: number): Map<Value, number> {
  const labels = new Map<Value, number>();
  const open = new Set<Value>();
  const seen = new Set<Value>();
  const work: { readonly value: Value; readonly isEnd: boolean }[] = [{ value: root, isEnd: false }];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { value, isEnd } = next;
    if (isEnd) {
      open.delete(value);
      continue;
    }
    if (!(value instanceof Pair) && !Array.isArray(value) && !isKeyed(value)) continue;
    if (seen.has(value)) {
      if (labelling === "shared" || open.has(value)) labels.set(value, -1);
      continue;
    }
    seen.add(value);
    if (seen.size > limit) return new Map();
    open.add(value);
    work.push({ value, isEnd: true });
    const parts = value instanceof Pair ? [value.cdr, value.car] : isKeyed(value) ? value.fields : value;
    for (const part of parts) work.push({ value: part, isEnd: false });
  }
  return labels;
}

function atom(value: Value, isDisplay: boolean): string {
  if (value === true) return "#t";
  if (value === false) return "#f";
  if (value === NIL) return "()";
  if (value === undefined) return "#<unspecified>";
  if (value === EOF) return "#<eof>";
  if (isNumeric(value)) return formatNumber(value);
  if (value instanceof Text) return isDisplay ? value.text : quoted(value.text, '"');
  if (value instanceof Sym) return isDisplay ? value.name : symbolText(value.name);
  if (value instanceof Keyword) return `:${value.name}`;
  if (value instanceof Char) return isDisplay ? String.fromCodePoint(value.code) : characterText(value.code);
  if (value instanceof Uint8Array) return `#u8(${value.join(" ")})`;
  if (value instanceof Condition) return `#<condition ${value.kind}: ${write(value.message, 200, true)}>`;
  if (value instanceof RecordValue) {
    const fields = value.type.fields.map((name, index) => ` ${name}: ${short(value.fields[index])}`);
    return `#<${value.type.name}${fields.join("")}>`;
  }
  if (value instanceof RecordType) return `#<record-type ${value.name}>`;
  if (value instanceof LispPromise) return "#<promise>";
  if (value instanceof MultipleValues) return value.items.map((item) => write(item, 200, isDisplay)).join(" ");
  return opaque(value);
}

function short(value: Value): string {
  return value instanceof RecordValue ? `#<${value.type.name}>` : write(value, 80);
}

function opaque(value: Value): string {
  if (typeof value !== "object" || value === null) return `#<${typeof value}>`;
  const kind = value.constructor.name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
  const owner = "template" in value ? value.template : value;
  const name = typeof owner === "object" && owner !== null && "name" in owner ? owner.name : "";
  return `#<${kind === "closure" ? "procedure" : kind}${typeof name === "string" && name !== "" ? ` ${name}` : ""}>`;
}

function quoted(text: string, mark: string): string {
  let result = mark;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === mark || character === "\\") result += `\\${character}`;
    else if (character === "\n" && mark === '"') result += "\\n";
    else if (character === "\t") result += "\\t";
    else if (character === "\r") result += "\\r";
    else if (code === 7) result += "\\a";
    else if (code === 8) result += "\\b";
    else if (code < 32 || code === 127) result += `\\x${code.toString(16)};`;
    else result += character;
  }
  return result + mark;
}

/** A symbol as the reader takes it back. */
function symbolText(name: string): string {
  const isPlain =
    name !== "" &&
    name !== "." &&
    !/[\s(){}";'|`,\\]|^[#:]/.test(name) &&
    parseNumber(name) === undefined &&
    !isMistakenNumber(name) &&
    !/^[+-](?:inf\.0|nan\.0|i$)/i.test(name);
  return isPlain ? name : quoted(name, "|");
}

function characterText(code: number): string {
  for (const [name, known] of CHARACTER_NAMES) if (known === code) return `#\\${name}`;
  return code < 32 ? `#\\x${code.toString(16)}` : `#\\${String.fromCodePoint(code)}`;
}
