/**
 * Reads what {@link ValueWriter} wrote, as it was at one moment: each object is made once, with nothing in it, and filled from a work
 * list. A frame is read when the machine returns to it, so that a deep stack costs nothing before.
 */
import { failure } from "../data/errors.ts";
import { keyword, symbol } from "../data/symbols.ts";
import { Box, Char, EOF, Flonum, NIL, Pair, Ratio, Text, UNASSIGNED, type Value } from "../data/values.ts";
import { UNBOUND } from "../expander/binding.ts";
import type { Node, Template } from "../machine/node.ts";
import { absentFrame, Closure, type Env, Frame, type FrameSource, NO_ENV } from "../machine/procedures.ts";
import { BOTTOM } from "../machine/registers.ts";
import { resumptionOf } from "../machine/resumption.ts";
import type { Cursor } from "./bytes.ts";
import type { Log } from "./log.ts";
import type { Marks } from "./marks.ts";
import { SHAPES, TAG } from "./shapes.ts";

/** How many frames are read at a time. */
const FRAMES = 64;

/** Fields that only a reader writes. */
type Open<T> = { -readonly [K in keyof T]: T[K] };

/** Reads values and the objects beneath them. */
export abstract class ValueReader {
  protected readonly log: Log;
  readonly #marks: Marks;
  /** Where the content of an object is that has changed since its own record: a number by a number. */
  readonly #versions: ReadonlyMap<number, number>;
  readonly #objects = new Map<number, object>();
  readonly #work: { readonly object: object; readonly cursor: Cursor; readonly offset: number }[] = [];

  constructor(log: Log, marks: Marks, versions: ReadonlyMap<number, number>) {
    this.log = log;
    this.#marks = marks;
    this.#versions = versions;
  }

  /** Reads which node it is; `first` is the number that was read already. */
  protected abstract node(cursor: Cursor, first: number, offset: number): Node;
  /** Reads which procedure's text it is. */
  protected abstract template(cursor: Cursor, offset: number): Template;
  /** The object of a number below those of the log. */
  protected abstract pinned(id: number): object;
  /** Makes an object of the host, for a record that begins with `tag`. */
  protected abstract makeHost(tag: number, cursor: Cursor, offset: number): object;
  /** Fills it. */
  protected abstract fillHost(object: object, tag: number, cursor: Cursor, offset: number): void;

  /** Reads a value at a cursor, and all that it leads to. `offset` is that of the cursor's first byte in the log. */
  read(cursor: Cursor, offset: number): Value {
    const value = this.value(cursor, offset);
    this.finish();
    return value;
  }

  /** Gives an object that exists the content that a record has. */
  refill(object: object, at: number): void {
    const cursor = this.log.at(at);
    this.#work.push({ object, cursor, offset: at - cursor.at });
  }

  /** Fills what has been made and is empty. */
  finish(): void {
    for (let next = this.#work.pop(); next !== undefined; next = this.#work.pop())
      this.#fill(next.object, next.cursor, next.offset);
  }

  /** Reads a value; the objects that it leads to are empty until {@link finish}. */
  protected value(cursor: Cursor, offset: number): Value {
    const tag = cursor.byte();
    if (tag > 127) return tag - 128;
    switch (tag) {
      case TAG.unspecified:
        return undefined;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.nil:
        return NIL;
      case TAG.eof:
        return EOF;
      case TAG.unassigned:
        return UNASSIGNED;
      case TAG.unbound:
        return UNBOUND;
      case TAG.positive:
        return cursor.varint();
      case TAG.negative:
        return -cursor.varint();
      case TAG.double:
        return cursor.double();
      case TAG.bigPositive:
        return parseBig(cursor.text());
      case TAG.bigNegative:
        return -parseBig(cursor.text());
      case TAG.flonum:
        return new Flonum(cursor.double());
      case TAG.ratio:
        return this.#ratio(cursor, offset);
      case TAG.char:
        return new Char(cursor.varint());
      case TAG.text:
        return cursor.text();
      case TAG.ref: {
        const here = offset + cursor.at;
        return this.object(here - cursor.varint());
      }
      case TAG.pin:
        return this.pinned(cursor.varint());
      case TAG.bottom:
        return BOTTOM;
      case TAG.frameRef: {
        const here = offset + cursor.at;
        const id = here - cursor.varint();
        return this.#absent(id, cursor.varint());
      }
      default:
        throw damaged();
    }
  }

  #absent(id: number, depth: number): Frame {
    const frame = absentFrame(new StoredFrame(this, id), depth);
    this.#marks.set(frame, id);
    return frame;
  }

  #ratio(cursor: Cursor, offset: number): Ratio {
    const [numerator, denominator] = [this.value(cursor, offset), this.value(cursor, offset)];
    if (typeof numerator === "bigint" && typeof denominator === "bigint") return new Ratio(numerator, denominator);
    throw damaged();
  }

  /** The object of a number; empty when it was not met before. */
  protected object(id: number): object {
    const known = this.#objects.get(id);
    if (known !== undefined) return known;
    const at = this.#versions.get(id) ?? id;
    const cursor = this.log.at(at);
    const offset = at - cursor.at;
    const object = this.#make(cursor, offset);
    this.#objects.set(id, object);
    this.#marks.set(object, id);
    return object;
  }

  #make(cursor: Cursor, offset: number): object {
    const start = cursor.at;
    const tag = cursor.byte();
    let object: object;
    switch (tag) {
      case TAG.pair: {
        const pair = new Pair(undefined, undefined);
        const { bytes } = cursor;
        if (isAtom(bytes[cursor.at])) {
          pair.car = this.value(cursor, offset);
          if (isAtom(bytes[cursor.at])) {
            pair.cdr = this.value(cursor, offset);
            return pair;
          }
        }
        object = pair;
        break;
      }
      case TAG.box:
        object = new Box(undefined);
        break;
      case TAG.closure:
        object = new Closure(this.template(cursor, offset), NO_ENV);
        cursor.at = start;
        break;
      case TAG.vector:
        object = new Array<Value>(cursor.varint()).fill(undefined);
        break;
      case TAG.elements: {
        cursor.at = start;
        const layers = this.#layers(cursor, offset);
        object = new Array<Value>(layers.at(-1)?.cursor.varint() ?? 0).fill(undefined);
        break;
      }
      case TAG.string:
        return new Text(cursor.text());
      case TAG.bytes:
        return cursor.block().slice();
      case TAG.symbol:
        return symbol(cursor.text());
      case TAG.keyword:
        return keyword(cursor.text());
      case TAG.plain:
        object = {};
        break;
      case TAG.instance:
        object = SHAPES[cursor.byte()]?.make() ?? {};
        break;
      default:
        object = this.makeHost(tag, cursor, offset);
    }
    cursor.at = start;
    this.#work.push({ object, cursor, offset });
    return object;
  }

  /** The records of a vector that was written as changes of an earlier version, the newest first. */
  #layers(cursor: Cursor, offset: number): { readonly cursor: Cursor; readonly offset: number }[] {
    const layers = [{ cursor, offset }];
    let [here, hereOffset] = [cursor, offset];
    while (here.byte() === TAG.elements) {
      const at = hereOffset + here.at;
      const before = at - here.varint();
      here = this.log.at(before);
      hereOffset = before - here.at;
      layers.push({ cursor: here, offset: hereOffset });
    }
    return layers;
  }

  #fillItems(items: Value[], cursor: Cursor, offset: number): void {
    const length = cursor.varint();
    const { bytes } = cursor;
    for (let index = 0; index < length; index++) {
      const tag = bytes[cursor.at] as number;
      if (tag > 127) {
        cursor.at++;
        items[index] = tag - 128;
      } else items[index] = this.value(cursor, offset);
    }
  }

  #fillElements(items: Value[], layers: readonly { readonly cursor: Cursor; readonly offset: number }[]): void {
    for (const { cursor, offset } of layers.toReversed()) {
      const count = cursor.varint();
      for (let left = count; left > 0; left--) {
        const index = cursor.varint();
        items[index] = this.value(cursor, offset);
      }
    }
  }

  #fill(object: object, cursor: Cursor, offset: number): void {
    const start = cursor.at;
    const tag = cursor.byte();
    if (tag === TAG.pair && object instanceof Pair) {
      object.car = this.value(cursor, offset);
      object.cdr = this.value(cursor, offset);
    } else if (tag === TAG.box && object instanceof Box) object.value = this.value(cursor, offset);
    else if (tag === TAG.closure && object instanceof Closure) {
      this.template(cursor, offset);
      (object as Open<Closure>).captured = this.environment(cursor, offset);
    } else if (tag === TAG.vector && Array.isArray(object)) {
      this.#fillItems(object, cursor, offset);
    } else if (tag === TAG.elements && Array.isArray(object)) {
      cursor.at = start;
      const layers = this.#layers(cursor, offset);
      const full = layers.pop();
      if (full === undefined) return;
      this.#fillItems(object, full.cursor, full.offset);
      this.#fillElements(object, layers);
    } else if (tag === TAG.string && object instanceof Text) object.text = cursor.text();
    else if (tag === TAG.bytes && object instanceof Uint8Array) object.set(cursor.block());
    else if (tag === TAG.plain || tag === TAG.instance) {
      const keys = tag === TAG.plain ? cursor.text().split(" ") : (SHAPES[cursor.byte()]?.keys ?? []);
      const fields = object as Record<string, Value>;
      for (const key of keys) fields[key] = this.value(cursor, offset);
    } else this.fillHost(object, tag, cursor, offset);
  }

  /** Reads an environment. */
  protected environment(cursor: Cursor, offset: number): Env {
    let innermost: Env | undefined;
    let inner: Env | undefined;
    for (;;) {
      const length = cursor.varint() - 1;
      if (length < 0) return innermost ?? NO_ENV;
      const env: Env = length === 0 ? NO_ENV : [undefined];
      for (let slot = 1; slot < length; slot++) env.push(this.value(cursor, offset));
      if (inner === undefined) innermost = env;
      else inner[0] = env;
      if (length === 0) return innermost ?? NO_ENV;
      inner = env;
    }
  }

  /** Reads a frame, and those beneath it, as far as they are read at a time. */
  frames(id: number, depth: number): Frame {
    let top: Frame | undefined;
    let above: Open<Frame> | undefined;
    let next = id;
    let left = depth;
    let cursor = this.log.at(next);
    let offset = next - cursor.at;
    for (let count = 0; next !== 0 && count < FRAMES; count++, left--) {
      const at = this.#versions.get(next) ?? next;
      if (at < offset || at - offset >= cursor.bytes.length) {
        cursor = this.log.at(at);
        offset = at - cursor.at;
      } else cursor.at = at - offset;
      if (cursor.byte() !== TAG.frame) throw damaged();
      const first = cursor.varint();
      const node = first === 0 ? resumptionOf(cursor.text())?.node : this.node(cursor, first, offset);
      if (node === undefined) throw damaged();
      const index = cursor.varint() - 3;
      const here = offset + cursor.at;
      const distance = cursor.varint();
      const env = this.environment(cursor, offset);
      const frame = new Frame(node, index, env, this.#frameValues(cursor, offset), undefined, left);
      this.#marks.set(frame, next);
      if (above === undefined) top = frame;
      else above.next = frame;
      above = frame;
      next = distance === 0 ? 0 : here - distance;
    }
    if (above !== undefined) above.next = next === 0 ? BOTTOM : this.#absent(next, left);
    this.finish();
    if (top === undefined) throw damaged();
    return top;
  }

  #frameValues(cursor: Cursor, offset: number): Value {
    const start = cursor.at;
    if (cursor.byte() === TAG.numbers) return this.list(cursor, offset);
    cursor.at = start;
    return this.value(cursor, offset);
  }

  /** Reads values with their number before them. */
  protected list(cursor: Cursor, offset: number): Value[] {
    const length = cursor.varint();
    const items: Value[] = [];
    while (items.length < length) items.push(this.value(cursor, offset));
    return items;
  }
}

/** True for the first byte of a value that leads to no object. */
function isAtom(tag: number | undefined): boolean {
  return tag !== undefined && (tag > 127 || tag < TAG.ref);
}

/** A frame that was not read yet. */
class StoredFrame implements FrameSource {
  readonly #reader: ValueReader;
  readonly #id: number;
  #frame: Frame | undefined;

  constructor(reader: ValueReader, id: number) {
    this.#reader = reader;
    this.#id = id;
  }

  load(stub: Frame): Frame {
    return (this.#frame ??= this.#reader.frames(this.#id, stub.depth));
  }
}

/** What is thrown for bytes that make no sense. */
export function damaged(): Error {
  return failure("image", "the saved bytes are damaged: a record that is none");
}

function parseBig(text: string): bigint {
  if (!/^[0-9a-f]+$/.test(text)) throw damaged();
  return BigInt(`0x${text}`);
}
