/**
 * Text to data. It keeps its own stack, so that nesting is bounded by memory, and notes where each list and vector began in a
 * table that holds them weakly. Data labels (`#0=`, `#0#`) may make cycles.
 */
import { Metadata } from "plimsoll/history/browser";
import { failure, type LispError, LispError as ReadError } from "../data/errors.ts";
import { keyword, symbol } from "../data/symbols.ts";
import { Char, Condition, EOF, keyed, Keyword, NIL, Pair, Text, type Value } from "../data/values.ts";
import { parseNumber } from "../numbers/notation.ts";
import { CHARACTER_NAMES, ESCAPES, isDelimiter, isMistakenNumber } from "./characters.ts";

/** A place in a source; both numbers count from 1. */
export interface Position {
  /** The name of the file, or what the text was called. */
  readonly source: string;
  /** The line. */
  readonly line: number;
  /** The column, in UTF-16 code units. */
  readonly column: number;
}

const positions = new Metadata<Position>();

/** Where `datum` was read; `undefined` for what was not read, and for atoms. */
export function positionOf(datum: Value): Position | undefined {
  return typeof datum === "object" && datum !== null ? positions.get(datum) : undefined;
}

/** Says that `datum` stands for something read at `position`. */
export function notePosition(datum: object, position: Position | undefined): void {
  if (position !== undefined) positions.set(datum, position);
}

/** `source:line:column`. */
export function formatPosition({ source, line, column }: Position): string {
  return `${source}:${line}:${column}`;
}

const QUOTES: ReadonlyMap<string, string> = new Map([
  ["'", "quote"],
  ["`", "quasiquote"],
  [",", "unquote"],
  [",@", "unquote-splicing"],
]);

interface Open {
  readonly kind: "list" | "vector" | "keyed" | "bytes" | "prefix" | "comment" | "label";
  readonly at: Position;
  readonly items: Value[];
  tail: Value;
  /** 0 before a dot, 1 after it, 2 when its datum has come. */
  dot: number;
  readonly name: string;
  readonly label: Label | undefined;
}

/** Stands for a label's datum until that is read whole. */
class Label {
  value: Value = undefined;
  isUsed = false;
  isRead = false;
}

const NOTHING = Symbol("nothing");

/** Reads one datum after another from a text. */
export class Reader {
  readonly #text: string;
  readonly #source: string;
  #at: number;
  #line = 1;
  #lineStart = 0;
  #foldsCase = false;
  readonly #labels = new Map<string, Label>();

  /** `from` is where to begin, in code units. Default: 0. */
  constructor(text: string, source: string, from = 0) {
    this.#text = text;
    this.#source = source;
    this.#at = from;
    this.#lineStart = from;
    if (from === 0 && text.startsWith("#!/")) this.#skipLine();
  }

  /** How many code units have been read. */
  get offset(): number {
    return this.#at;
  }

  /** The next datum, or {@link EOF}. @throws `LispError` of kind `read`, or `unfinished` when the text ends inside a datum. */
  read(): Value {
    const stack: Open[] = [];
    for (;;) {
      this.#skipBlanks();
      const at = this.#position();
      if (this.#at >= this.#text.length) {
        const open = stack.at(-1);
        if (open === undefined) return EOF;
        throw this.#error(open.at, "unfinished", "the text ends before this is closed");
      }
      let datum = this.#token(stack, at);
      // A datum may complete what surrounds it, and that again.
      while (datum !== NOTHING) {
        const open = stack.at(-1);
        if (open === undefined) return datum;
        if (open.kind === "comment") {
          stack.pop();
          break;
        }
        if (open.kind === "prefix") {
          stack.pop();
          datum = new Pair(symbol(open.name), new Pair(datum, NIL));
          notePosition(datum as Pair, open.at);
          continue;
        }
        if (open.kind === "label" && open.label !== undefined) {
          stack.pop();
          open.label.value = datum;
          open.label.isRead = true;
          if (open.label.isUsed) patch(datum);
          continue;
        }
        if (open.dot === 2) throw this.#error(at, "read", "more than one datum after the dot");
        if (open.dot === 1) {
          open.tail = datum;
          open.dot = 2;
        } else open.items.push(datum);
        break;
      }
    }
  }

  #token(stack: Open[], at: Position): Value {
    const text = this.#text;
    const character = text[this.#at] ?? "";
    const open = (kind: Open["kind"], length: number, name = "", label?: Label): typeof NOTHING => {
      this.#at += length;
      stack.push({ kind, at, items: [], tail: NIL, dot: 0, name, label });
      return NOTHING;
    };
    if (character === "(") return open("list", 1);
    // R7RS keeps braces for extensions.
    if (character === "{") return open("keyed", 1);
    if (character === ")" || character === "}") return this.#close(stack, at, character === "}");
    if (character === '"') return new Text(this.#delimited('"', at));
    if (character === "'" || character === "`") return open("prefix", 1, QUOTES.get(character));
    if (character === ",") {
      const mark = text[this.#at + 1] === "@" ? ",@" : ",";
      return open("prefix", mark.length, QUOTES.get(mark));
    }
    if (character === "#") {
      if (text[this.#at + 1] === "(") return open("vector", 2);
      if (text.startsWith("#u8(", this.#at)) return open("bytes", 4);
      if (text[this.#at + 1] === ";") return open("comment", 2);
      if (text[this.#at + 1] === "\\") return this.#character(at);
      const label = /^#(\d+)([=#])/.exec(text.slice(this.#at, this.#at + 20));
      if (label !== null) return this.#label(label, at, open);
    }
    return this.#atom(stack, at);
  }

  #label(
    [all, name = "", mark]: RegExpExecArray,
    at: Position,
    open: (kind: "label", length: number, name: string, label: Label) => typeof NOTHING,
  ): Value {
    if (mark === "=") {
      const label = new Label();
      this.#labels.set(name, label);
      return open("label", all.length, name, label);
    }
    this.#at += all.length;
    const label = this.#labels.get(name);
    if (label === undefined) throw this.#error(at, "read", `there is no datum #${name}=`);
    if (label.isRead) return label.value;
    label.isUsed = true;
    return label;
  }

  #close(stack: Open[], at: Position, isBrace: boolean): Value {
    this.#at++;
    const open = stack.pop();
    if (open === undefined) throw this.#error(at, "read", "a closing parenthesis too many");
    if (isBrace !== (open.kind === "keyed")) throw this.#error(at, "read", `this closes no ${isBrace ? "{" : "("}`);
    if (open.kind === "prefix" || open.kind === "comment" || open.kind === "label" || open.dot === 1)
      throw this.#error(at, "read", "a datum is missing before the closing parenthesis");
    if (open.kind === "bytes") {
      const isByte = (item: Value): item is number => typeof item === "number" && item >= 0 && item < 256;
      if (!open.items.every(isByte)) throw this.#error(open.at, "read", "a bytevector holds integers from 0 to 255");
      return Uint8Array.from(open.items.filter(isByte));
    }
    if (open.kind === "keyed") {
      const { items } = open;
      const names = items.filter((_item, index) => index % 2 === 0);
      if (items.length % 2 > 0 || !names.every((name) => name instanceof Keyword))
        throw this.#error(open.at, "read", "braces hold keywords, each with its value: {:name value}");
      return keyed(names.map(({ name }, index) => [name, items[2 * index + 1]]));
    }
    if (open.kind === "vector") {
      notePosition(open.items, open.at);
      return open.items;
    }
    let result = open.tail;
    for (let index = open.items.length - 1; index >= 0; index--) result = new Pair(open.items[index], result);
    if (result instanceof Pair) notePosition(result, open.at);
    return result;
  }

  #atom(stack: Open[], at: Position): Value {
    const text = this.#text;
    let name = "";
    let isQuoted = false;
    const from = this.#at;
    for (;;) {
      const character = text[this.#at] ?? "";
      if (character === "|") {
        isQuoted = true;
        name += this.#delimited("|", at);
      } else if (isDelimiter(character)) break;
      else {
        name += this.#foldsCase ? character.toLowerCase() : character;
        this.#at++;
      }
    }
    if (isQuoted) return symbol(name);
    if (this.#at === from) throw this.#error(at, "read", `an unexpected ${JSON.stringify(text[from])}`);
    if (name === ".") {
      const open = stack.at(-1);
      if (open?.kind !== "list" || open.items.length === 0 || open.dot > 0)
        throw this.#error(at, "read", "a dot in the wrong place");
      open.dot = 1;
      return NOTHING;
    }
    if (name.startsWith("#")) return this.#hash(name, at);
    if (/^[+\-.]?[\d.]|^[+-](?:inf|nan)/i.test(name)) {
      const number = parseNumber(name);
      if (number !== undefined) return number;
      if (isMistakenNumber(name)) throw this.#error(at, "read", `not a number: ${name}`);
    }
    return /^:[^:]/.test(name) ? keyword(name.slice(1)) : symbol(name);
  }

  #hash(name: string, at: Position): Value {
    const lower = name.toLowerCase();
    if (lower === "#t" || lower === "#true") return true;
    if (lower === "#f" || lower === "#false") return false;
    if (lower === "#!fold-case" || lower === "#!no-fold-case") {
      this.#foldsCase = lower === "#!fold-case";
      return NOTHING;
    }
    const number = parseNumber(name);
    if (number === undefined) throw this.#error(at, "read", `not a datum: ${name}`);
    return number;
  }

  #character(at: Position): Value {
    const first = this.#text.codePointAt(this.#at + 2);
    if (first === undefined) throw this.#error(at, "unfinished", "the text ends inside a character");
    let end = this.#at + 2 + String.fromCodePoint(first).length;
    while (!isDelimiter(this.#text[end] ?? "")) end++;
    const name = this.#text.slice(this.#at + 2, end);
    if (first === 10) {
      this.#line++;
      this.#lineStart = end;
    }
    this.#at = end;
    if (name === String.fromCodePoint(first)) return new Char(first);
    const code = CHARACTER_NAMES.get(this.#foldsCase ? name.toLowerCase() : name);
    if (code !== undefined) return new Char(code);
    const hex = /^x([0-9a-f]+)$/i.exec(name);
    const value = hex === null ? Number.NaN : Number.parseInt(hex[1] ?? "", 16);
    if (!(value <= 0x10ffff)) throw this.#error(at, "read", `not a character: #\\${name}`);
    return new Char(value);
  }

  /** A string or a symbol between bars, escapes resolved. */
  #delimited(mark: string, at: Position): string {
    const text = this.#text;
    let result = "";
    this.#at++;
    for (;;) {
      const character = text[this.#at++];
      if (character === undefined) throw this.#error(at, "unfinished", "the text ends before this is closed");
      if (character === mark) return result;
      if (character === "\n") {
        this.#line++;
        this.#lineStart = this.#at;
      }
      result += character === "\\" ? this.#escape(at) : character;
    }
  }

  #escape(at: Position): string {
    const character = this.#text[this.#at] ?? "";
    const plain = ESCAPES.get(character);
    if (plain !== undefined) {
      this.#at++;
      return plain;
    }
    const rest = this.#text.slice(this.#at, this.#at + 1000);
    const hex = /^[xX]([0-9a-fA-F]{1,8});/.exec(rest);
    if (hex !== null && Number.parseInt(hex[1] ?? "", 16) <= 0x10ffff) {
      this.#at += hex[0].length;
      return String.fromCodePoint(Number.parseInt(hex[1] ?? "", 16));
    }
    const lineEnd = /^[ \t]*\r?\n[ \t]*/.exec(rest);
    if (lineEnd === null) throw this.#error(at, "read", `an unknown escape \\${character}`);
    this.#line++;
    this.#lineStart = this.#at + rest.indexOf("\n") + 1;
    this.#at += lineEnd[0].length;
    return "";
  }

  #skipBlanks(): void {
    const text = this.#text;
    for (;;) {
      const character = text[this.#at];
      if (character === "\n") {
        this.#at++;
        this.#line++;
        this.#lineStart = this.#at;
      } else if (character === ";") this.#skipLine();
      else if (character === "#" && text[this.#at + 1] === "|") this.#skipComment();
      else if (character !== undefined && character.trim() === "") this.#at++;
      else return;
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #skipComment(): void {
    const at = this.#position();
    let depth = 0;
    do {
      if (this.#at >= this.#text.length) throw this.#error(at, "unfinished", "the text ends inside a comment");
      const two = this.#text.slice(this.#at, this.#at + 2);
      if (two === "#|" || two === "|#") {
        depth += two === "#|" ? 1 : -1;
        this.#at += 2;
      } else if (this.#text[this.#at++] === "\n") {
        this.#line++;
        this.#lineStart = this.#at;
      }
    } while (depth > 0);
  }

  #position(): Position {
    return { source: this.#source, line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #error(at: Position, kind: string, message: string): LispError {
    const error = failure(kind, message);
    if (error.payload instanceof Condition) error.payload.position = formatPosition(at);
    return new ReadError(error.payload, message);
  }
}

/** Puts each label's datum where the label stands, in the pairs and vectors under `root`. */
function patch(root: Value): void {
  const seen = new Set<Value>();
  const work: Value[] = [root];
  const resolve = (value: Value): Value => (value instanceof Label ? value.value : value);
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next instanceof Pair) {
      next.car = resolve(next.car);
      next.cdr = resolve(next.cdr);
      work.push(next.car, next.cdr);
    } else if (Array.isArray(next)) {
      next.forEach((item, index) => (next[index] = resolve(item)));
      work.push(...next);
    }
  }
}
