/**
 * Which values a history keeps, and what it calls them. Everything else is refused with the path at
 * which it stands: a function, a promise or an instance of a class cannot come back as what it was.
 */
import { PlimsollError } from "../base/errors.ts";

/** The kinds of containers, as the format numbers them. */
export const KIND = {
  root: 0,
  object: 1,
  bareObject: 2,
  array: 3,
  sparseArray: 4,
  map: 5,
  set: 6,
  date: 7,
  regexp: 8,
  buffer: 9,
  view: 10,
} as const;

/** One of {@link KIND}. */
export type Kind = (typeof KIND)[keyof typeof KIND];

/** Something with an identity. */
export type Container = object;

/** Values that are compared by what they are. */
export type Primitive = undefined | null | boolean | number | string | bigint;

/** A place in a state: the keys from its root. */
export type Path = readonly unknown[];

/** True for the kinds whose slots have keys. */
export function hasKeys(kind: Kind): boolean {
  return (kind >= KIND.object && kind <= KIND.bareObject) || (kind >= KIND.sparseArray && kind <= KIND.set);
}

/** True for the kinds whose slots have values. */
export function hasValues(kind: Kind): boolean {
  return kind !== KIND.set;
}

const VIEWS = new Map<unknown, string>(
  [
    ...["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32"],
    ...["Float16", "Float32", "Float64", "BigInt64", "BigUint64"],
  ].flatMap((name): [unknown, string][] => {
    const type = viewType(`${name}Array`);
    return type ? [[type.prototype, `${name}Array`]] : [];
  }),
);
VIEWS.set(DataView.prototype, "DataView");

/** What makes a view of a buffer. */
interface ViewType {
  readonly prototype: unknown;
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayBufferView;
}

/** The constructor of that name, where this platform has it. */
export function viewType(name: string): ViewType | undefined {
  return (globalThis as unknown as Record<string, ViewType | undefined>)[name];
}

/** The name of a view's type. */
export function viewName(view: ArrayBufferView): string {
  return VIEWS.get(Object.getPrototypeOf(view)) ?? "";
}

/** Arrays with fewer elements than this share of their length are kept by index. */
const SPARSE_LENGTH = 1024;

const BY_PROTOTYPE = new Map<unknown, Kind>([
  [Object.prototype, KIND.object],
  [null, KIND.bareObject],
  [Array.prototype, KIND.array],
  [Map.prototype, KIND.map],
  [Set.prototype, KIND.set],
  [Date.prototype, KIND.date],
  [RegExp.prototype, KIND.regexp],
  [ArrayBuffer.prototype, KIND.buffer],
  ...[...VIEWS.keys()].map((prototype): [unknown, Kind] => [prototype, KIND.view]),
]);

/** The kind of a container; `undefined` when it cannot be kept. */
export function kindOf(value: Container): Kind | undefined {
  const kind = BY_PROTOTYPE.get(Object.getPrototypeOf(value));
  if (kind === KIND.object || kind === KIND.bareObject) {
    return isPlain(value) ? kind : undefined;
  }
  if (kind === KIND.array) {
    const array = value as readonly unknown[];
    return array.length > SPARSE_LENGTH && isSparse(array) ? KIND.sparseArray : kind;
  }
  if (kind === KIND.buffer && "resizable" in value && value.resizable === true) return undefined;
  if (kind === KIND.view && !((value as ArrayBufferView).buffer instanceof ArrayBuffer)) return undefined;
  return kind;
}

/** `arguments`, boxed primitives with a changed prototype and the like carry a tag of their own. */
function isPlain(value: Container): boolean {
  return (
    Object.getOwnPropertySymbols(value).length === 0 && Object.prototype.toString.call(value) === "[object Object]"
  );
}

/** Looks at 64 places; an array with a hole in half of them is counted. */
function isSparse(array: readonly unknown[]): boolean {
  let holes = 0;
  const stride = Math.floor(array.length / 64);
  for (let i = 0; i < 64; i++) if (!(i * stride in array)) holes++;
  return holes > 32 && Object.keys(array).length < array.length / 2;
}

/** The refusal of a value. */
export function unsavable(value: unknown, path: Path): PlimsollError {
  const what = describe(value);
  const where = formatPath(path);
  return new PlimsollError(
    "ERR_PLIMSOLL_UNSAVABLE",
    `${where} is ${what}, which a history cannot bring back. Save plain data: objects, arrays, Map, Set, Date, RegExp, typed arrays and primitives.`,
    { details: { path: where, what } },
  );
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  const symbols = Object.getOwnPropertySymbols(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype === Object.prototype || prototype === null) && symbols.length > 0) {
    return "an object with a symbol as a key";
  }
  if (ArrayBuffer.isView(value) && VIEWS.has(prototype)) return "a view of shared memory";
  const named = (value.constructor as { name?: unknown } | undefined)?.name;
  if (named === "ArrayBuffer") return "a resizable ArrayBuffer";
  return typeof named === "string" && named !== "" ? `an instance of ${named}` : "an instance of a class";
}

/** Writes a path for people: `state.users[3].name`, `state.get("x")` is written `state["x"]`. */
export function formatPath(path: Path): string {
  let text = "state";
  for (const key of path) {
    if (typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key)) text += `.${key}`;
    else if (typeof key === "string") text += `[${JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)}]`;
    else text += `[${typeof key === "object" && key !== null ? "an object" : String(key)}]`;
  }
  return text;
}
