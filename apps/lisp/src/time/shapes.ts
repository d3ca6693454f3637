/**
 * What objects look like in a history: the numbers of the tags, and the fields of the kinds that need no code of their own.
 */
import { Condition, Keyword, LispPromise, MultipleValues, RecordType, RecordValue, Sym } from "../data/values.ts";
import { InputPort, OutputPort } from "../library/ports.ts";
import { Exit } from "../library/system.ts";
import { CaseLambda, Continuation, Parameter } from "../machine/procedures.ts";
import { BOTTOM, INITIAL } from "../machine/registers.ts";

/** The first byte of a value or a record. A byte of 128 and more is a number from 0 to 127. */
export const TAG = {
  unspecified: 0,
  false: 1,
  true: 2,
  nil: 3,
  eof: 4,
  unassigned: 5,
  unbound: 6,
  positive: 7,
  negative: 8,
  double: 9,
  bigPositive: 10,
  bigNegative: 11,
  flonum: 12,
  ratio: 13,
  char: 14,
  text: 15,
  ref: 16,
  pin: 17,
  bottom: 18,
  frameRef: 19,
  numbers: 20,
  // Records.
  later: 32,
  frame: 33,
  pair: 34,
  closure: 35,
  box: 36,
  vector: 37,
  elements: 38,
  string: 39,
  bytes: 40,
  plain: 41,
  instance: 42,
  symbol: 43,
  keyword: 44,
  cell: 45,
  unit: 46,
  primitive: 47,
  scope: 48,
  macro: 49,
  environment: 50,
  map: 51,
  alias: 52,
  recordType: 53,
} as const;

/** A class all of whose state is in fields that may be written. */
export interface Shape {
  /** Its place in {@link SHAPES}. */
  readonly index: number;
  /** Its fields. */
  readonly keys: readonly string[];
  /** Makes one with nothing in it. */
  make(): object;
}

function shape(make: () => object, ...keys: readonly string[]): Omit<Shape, "index"> {
  return { keys, make };
}

const NO_TYPE = new RecordType("", []);

/** The classes, in an order that saved bytes rely on. */
export const SHAPES: readonly Shape[] = [
  shape(() => new RecordValue(NO_TYPE, []), "type", "fields"),
  shape(() => new Condition("", undefined), "kind", "message", "irritants", "position", "form"),
  shape(() => new LispPromise({ isDone: true, value: undefined }), "state"),
  shape(() => new MultipleValues([]), "items"),
  shape(() => new CaseLambda([]), "cases"),
  shape(() => new Parameter(undefined, false), "value", "converter"),
  shape(() => new RecordType("", []), "name", "fields"),
  shape(() => new Exit(0), "code"),
  shape(() => new Continuation(BOTTOM, INITIAL), "frame", "dynamic"),
  shape(() => new InputPort(""), "content", "at", "isOpen"),
  shape(() => new OutputPort(false), "isBinary", "text", "bytes", "isOpen", "file"),
].map((each, index) => ({ ...each, index }));

const byClass = new Map<unknown, Shape>();

/** The shape of an object of a class; `undefined` for other objects. */
export function shapeOf(object: object): Shape | undefined {
  if (byClass.size === 0) for (const each of SHAPES) byClass.set(each.make().constructor, each);
  return byClass.get(object.constructor);
}

/** True for what has a name and no other state. */
export function isName(object: object): object is Sym | Keyword {
  return object instanceof Sym || object instanceof Keyword;
}
