/**
 * The values of the language as the host keeps them. Exact integers are JavaScript numbers while they are safe, and BigInts
 * beyond; booleans are booleans, vectors arrays, bytevectors `Uint8Array`, the unspecified value is `undefined`. All else is an
 * instance of a class below. Only `#f` is false: `()`, which `nil` is bound to, is true as in any Scheme.
 */

/** Any value of the language. */
export type Value = unknown;

/** A symbol; two of one name are the same object, see `symbols.ts`. */
export class Sym {
  /** Its name, as it was written. */
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A keyword such as `:name`, which evaluates to itself. */
export class Keyword {
  /** Its name without the colon. */
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** The empty list. */
export class Empty {
  /** Tells the empty list from every other class to the type checker. */
  readonly isEmpty = true;
}

/** The empty list, the only one of its class. */
export const NIL = new Empty();

/** What a port gives at its end. */
export class EndOfFile {
  /** Tells it from every other class to the type checker. */
  readonly isEnd = true;
}

/** The end of a port, the only one of its class. */
export const EOF = new EndOfFile();

/** A pair. */
export class Pair {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** The first part. */
  car: Value;
  /** The second part; of a list, the rest. */
  cdr: Value;
  constructor(car: Value, cdr: Value) {
    this.car = car;
    this.cdr = cdr;
  }
}

/** A character. */
export class Char {
  /** Its Unicode code point. */
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

/** A string that can be changed. */
export class Text {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** Its content. */
  text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An inexact real. */
export class Flonum {
  /** The number itself. */
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** An exact fraction in lowest terms that is not an integer. */
export class Ratio {
  /** The numerator, which carries the sign. */
  readonly numerator: bigint;
  /** The denominator, at least 2. */
  readonly denominator: bigint;
  constructor(numerator: bigint, denominator: bigint) {
    this.numerator = numerator;
    this.denominator = denominator;
  }
}

/** More or fewer than one value, on their way to a continuation that takes them. */
export class MultipleValues {
  /** The values in order. */
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** A variable that is assigned or defined after its scope was entered: the one place where an environment changes. */
export class Box {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** What the variable holds; {@link UNASSIGNED} before its definition was reached. */
  value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

/** What a variable holds before its definition was reached. */
export const UNASSIGNED = { toString: () => "unassigned" };

/** A type made by `define-record-type`. */
export class RecordType {
  /** The name, without angle brackets. */
  readonly name: string;
  /** The names of the fields in order. */
  readonly fields: readonly string[];
  /** Its constructors, predicates, accessors and modifiers, each by what it is made of. */
  readonly procedures = new Map<string, Value>();
  constructor(name: string, fields: readonly string[]) {
    this.name = name;
    this.fields = fields;
  }
}

/** An instance of a {@link RecordType}. */
export class RecordValue {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** What it is an instance of. */
  readonly type: RecordType;
  /** The values of its fields. */
  readonly fields: Value[];
  constructor(type: RecordType, fields: Value[]) {
    this.type = type;
    this.fields = fields;
  }
}

/** The name of the types of {@link keyed} values, which no program gives to its own. */
const KEYED = "{}";

/** A value of the keyword style, `{:name value}`: a record whose type is the list of its keywords. */
export function keyed(entries: readonly (readonly [string, Value])[]): RecordValue {
  const type = new RecordType(
    KEYED,
    entries.map(([name]) => name),
  );
  return new RecordValue(
    type,
    entries.map(([, value]) => value),
  );
}

/** True for what {@link keyed} makes. */
export function isKeyed(value: Value): value is RecordValue {
  return value instanceof RecordValue && value.type.name === KEYED;
}

/** What two promises share when one has become the other: see `delay-force`. */
export interface PromiseState {
  /** True once `value` is the result; before, `value` is the procedure that computes it. */
  isDone: boolean;
  /** The result, or the procedure without arguments that gives it. */
  value: Value;
}

/** A promise made by `delay`, `delay-force` or `make-promise`. */
export class LispPromise {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** Its state, which it may come to share with another promise. */
  state: PromiseState;
  constructor(state: PromiseState) {
    this.state = state;
  }
}

/** An error object: what `error` makes, and what the machine raises for its own errors. */
export class Condition {
  /** What a history knows it by; 0 before it does. */
  mark = 0;
  /** What went wrong, for programs: `error`, `type`, `arity`, `unbound`, `syntax`, `read`, `file`, `fuel`, `depth`, `memory`. */
  readonly kind: string;
  /** What went wrong, for people. */
  readonly message: Value;
  /** The values concerned, as a list. */
  readonly irritants: Value;
  /** Where: `source:line:column`; empty when not known. */
  position = "";
  /** The form that was evaluated there, cut short; empty when not known. */
  form = "";
  constructor(kind: string, message: Value, irritants: Value = NIL) {
    this.kind = kind;
    this.message = message;
    this.irritants = irritants;
  }
}

/** A list of `items`, ending in `tail`. Default: the empty list. */
export function list(items: readonly Value[], tail: Value = NIL): Value {
  let result = tail;
  for (let index = items.length - 1; index >= 0; index--) result = new Pair(items[index], result);
  return result;
}

/** The items of a proper list; `undefined` for anything else, lists without an end included. */
export function listItems(value: Value): Value[] | undefined {
  const items: Value[] = [];
  let rest = value;
  let slow = value;
  while (rest instanceof Pair) {
    items.push(rest.car);
    rest = rest.cdr;
    if (items.length % 2 === 0 && slow instanceof Pair) slow = slow.cdr;
    if (rest === slow && rest instanceof Pair) return undefined;
  }
  return rest === NIL ? items : undefined;
}
