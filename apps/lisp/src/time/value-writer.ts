/**
 * Writes the machine's objects: each one once, after those that it refers to, so that a reference is the distance back to a record. It
 * keeps its own stack. An object that a cycle leads back to gets an empty record first, and its content as a later version.
 */
import { Box, Char, EOF, Flonum, NIL, Pair, Ratio, Text, UNASSIGNED, type Value } from "../data/values.ts";
import { UNBOUND } from "../expander/binding.ts";
import type { Node, Template } from "../machine/node.ts";
import { Closure, type Env, Frame, nearest } from "../machine/procedures.ts";
import { BOTTOM } from "../machine/registers.ts";
import type { Resumption } from "../machine/resumption.ts";
import { Bytes } from "./bytes.ts";
import { FIRST_OFFSET } from "./log.ts";
import type { Marks } from "./marks.ts";
import { isName, shapeOf, TAG } from "./shapes.ts";
import { Chain, isImmediate, isOperands, isPlain, PLAIN_BYTES, putSmall, putValue } from "./value-kinds.ts";

/** Writes values and the objects beneath them. */
export abstract class ValueWriter {
  /** What was written since the last chunk was taken. */
  readonly out = new Bytes();
  /** The offset of `out` in the log. */
  base = FIRST_OFFSET;
  /** Objects whose newest content is not in their own record: in turn, an object's number and the record's. */
  versions: number[] = [];
  /** The number of what is written next. */
  get offset(): number {
    return this.base + this.out.length;
  }

  protected readonly marks: Marks;
  readonly #stack: (object | Chain)[] = [];
  readonly #later = new Set<object>();

  constructor(marks: Marks) {
    this.marks = marks;
  }

  /** What was written, as a chunk of the log; valid until something else is written. */
  takeChunk(): Uint8Array {
    const chunk = this.out.buffer.subarray(0, this.out.length);
    this.base += chunk.length;
    this.out.clear();
    return chunk;
  }

  /** Writes which node it is. */
  protected abstract node(node: Node): void;
  /** What {@link node} writes, when that is one number; -1 when it is not. */
  protected abstract nodeNumber(node: Node): number;
  /** Pushes what a node needs to be written before it. */
  protected abstract pushNode(node: Node): void;
  /** Writes which procedure's text it is. */
  protected abstract template(template: Template): void;
  /** Takes an object that is not written here, such as a primitive; false for those that are. */
  protected abstract takeOutside(object: object): boolean;
  /** Pushes what objects of the host refer to. Returns false for those it does not know. */
  protected abstract pushHost(object: object): boolean;
  /** Writes the record of an object of the host. Returns false for those it does not know. */
  protected abstract hostRecord(object: object): boolean;

  /** Writes the records of everything that `root` leads to and that has none. */
  ensure(root: Value): void {
    this.push(root);
    this.#drain();
  }

  /** Does the same for an environment. */
  protected ensureEnv(env: Env): void {
    this.pushEnv(env);
    this.#drain();
  }

  /** Writes what an object that has a number holds now. Returns where. */
  protected rewrite(object: object): number {
    this.pushParts(object);
    this.#drain();
    const at = this.offset;
    this.record(object);
    return at;
  }

  #drain(): void {
    const stack = this.#stack;
    while (stack.length > 0) {
      const object = stack[stack.length - 1] as object;
      if (object instanceof Chain) {
        if (this.#writeChain(object)) stack.pop();
        continue;
      }
      const mark = this.marks.get(object);
      if (mark > 1 && (this.#later.size === 0 || !this.#later.has(object))) {
        stack.pop();
        continue;
      }
      if (mark === 0) {
        this.marks.set(object, 1);
        if (object instanceof Frame) {
          stack[stack.length - 1] = this.#chain(object);
          continue;
        }
        const before = stack.length;
        this.pushParts(object);
        if (stack.length > before) continue;
      }
      stack.pop();
      this.#write(object);
    }
  }

  #write(object: object): void {
    const at = this.offset;
    this.record(object);
    if (this.#later.size > 0 && this.#later.delete(object)) this.versions.push(this.marks.get(object), at);
    else this.marks.set(object, at);
  }

  /** Notes a value for {@link ensure}. */
  protected push(value: Value): void {
    if (typeof value !== "object" || value === null) return;
    const mark = this.marks.get(value);
    if (mark > 1) return;
    if (mark === 1) {
      // A cycle: what is being written needs a number now.
      this.marks.set(value, this.offset);
      this.#later.add(value);
      this.out.byte(TAG.later);
      return;
    }
    if (value instanceof Pair || value instanceof Closure) this.#stack.push(value);
    else if (value instanceof Frame) {
      if (value !== BOTTOM) this.#stack.push(nearest(value));
    } else if (!isImmediate(value) && !this.takeOutside(value)) this.#stack.push(value);
  }

  /** Pushes what an object refers to. */
  protected pushParts(object: object): void {
    if (object instanceof Pair) {
      this.push(object.car);
      this.push(object.cdr);
    } else if (object instanceof Closure) {
      this.pushNode(object.template.body);
      this.pushEnv(object.captured);
    } else if (object instanceof Box) this.push(object.value);
    else if (Array.isArray(object)) for (const item of object) this.push(item);
    else if (!(object instanceof Text || object instanceof Uint8Array || isName(object) || this.pushHost(object))) {
      const fields = object as Record<string, Value>;
      for (const key of shapeOf(object)?.keys ?? Object.keys(object)) this.push(fields[key]);
    }
  }

  /** The frames from `top` down that have no record. */
  #chain(top: Frame): Chain {
    const frames = [top];
    for (let { next } = top; next !== BOTTOM; { next } = nearest(next)) {
      const mark = this.marks.get(next);
      if (mark === 1) this.push(next);
      if (mark > 0) break;
      const frame = nearest(next);
      this.marks.set(frame, 1);
      frames.push(frame);
    }
    return new Chain(frames);
  }

  /** Writes the frames of a chain, the lowest first, as far as what they refer to has records. Returns whether it is done. */
  #writeChain(chain: Chain): boolean {
    const { frames } = chain;
    const before = this.#stack.length;
    for (; chain.left > 0; chain.left--) {
      const frame = frames[chain.left - 1] as Frame;
      if (this.#later.size === 0 && this.#writePlain(frame)) continue;
      if (!chain.isPushed) {
        this.#pushFrame(frame);
        chain.isPushed = this.#stack.length > before;
        if (chain.isPushed) return false;
      }
      chain.isPushed = false;
      this.#write(frame);
    }
    return true;
  }

  /**
   * Writes a frame that refers to no object but the one beneath it, with small numbers only: most of a deep stack. What
   * {@link record} writes, in one go. Returns whether it is such a frame.
   */
  #writePlain(frame: Frame): boolean {
    const { env, values, node, next } = frame;
    const number = this.nodeNumber(node);
    if (number < 0 || !isPlain(frame)) return false;
    const { length } = env;
    const { out } = this;
    out.reserve(PLAIN_BYTES);
    const { buffer } = out;
    const start = out.length;
    buffer[start] = TAG.frame;
    let at = putSmall(buffer, start + 1, number);
    buffer[at++] = frame.index + 3;
    const distance = next === BOTTOM ? 0 : this.base + at - this.marks.get(next);
    if (distance > 0x7fff_ffff) return false;
    at = putSmall(buffer, at, distance);
    buffer[at++] = length + 1;
    for (let slot = 1; slot < length; slot++) at = putValue(buffer, at, env[slot]);
    // The environment around it is empty, or there is none.
    if (length > 0) buffer[at++] = env[0] === undefined ? 0 : 1;
    out.length = putValue(buffer, at, values);
    this.marks.set(frame, this.base + start);
    return true;
  }

  #pushFrame(frame: Frame): void {
    const { values } = frame;
    this.pushNode(frame.node);
    this.pushEnv(frame.env);
    if (typeof values !== "object" || values === null) return;
    if (isOperands(frame)) for (const item of values as Env) this.push(item);
    else this.push(values);
  }

  /** Pushes what an environment refers to. */
  protected pushEnv(env: Env): void {
    for (let here: Value = env; here !== undefined; here = (here as Env)[0]) {
      const { length } = here as Env;
      for (let slot = 1; slot < length; slot++) {
        const value = (here as Env)[slot];
        if (typeof value === "object") this.push(value);
      }
    }
  }

  /** Writes a value whose objects have records. */
  value(value: Value): void {
    const { out } = this;
    if (typeof value === "number") {
      if (value >= 0 && value < 128 && Number.isInteger(value)) out.byte(128 | value);
      else this.#number(value);
    } else if (typeof value === "object" && value !== null) this.#reference(value);
    else if (value === undefined) out.byte(TAG.unspecified);
    else if (typeof value === "boolean") out.byte(value ? TAG.true : TAG.false);
    else if (typeof value === "bigint") {
      out.byte(value < 0n ? TAG.bigNegative : TAG.bigPositive);
      out.text((value < 0n ? -value : value).toString(16));
    } else if (typeof value === "string") {
      out.byte(TAG.text);
      out.text(value);
    } else throw new TypeError(`a ${typeof value} in a state`);
  }

  #number(value: number): void {
    const { out } = this;
    if (Number.isSafeInteger(value)) {
      out.byte(value < 0 ? TAG.negative : TAG.positive);
      out.varint(value < 0 ? -value : value);
    } else {
      out.byte(TAG.double);
      out.double(value);
    }
  }

  #reference(value: object): void {
    const { out } = this;
    const mark = this.marks.get(value);
    if (value instanceof Frame) {
      if (value === BOTTOM) out.byte(TAG.bottom);
      else {
        out.byte(TAG.frameRef);
        out.varint(this.offset - mark);
        out.varint(value.depth);
      }
    } else if (mark >= FIRST_OFFSET) {
      out.byte(TAG.ref);
      out.varint(this.offset - mark);
    } else if (mark > 1) {
      out.byte(TAG.pin);
      out.varint(mark);
    } else this.#immediate(value);
  }

  #immediate(value: object): void {
    const { out } = this;
    if (value === NIL) out.byte(TAG.nil);
    else if (value === EOF) out.byte(TAG.eof);
    else if (value === UNASSIGNED) out.byte(TAG.unassigned);
    else if (value === UNBOUND) out.byte(TAG.unbound);
    else if (value instanceof Char) {
      out.byte(TAG.char);
      out.varint(value.code);
    } else if (value instanceof Flonum) {
      out.byte(TAG.flonum);
      out.double(value.value);
    } else if (value instanceof Ratio) {
      out.byte(TAG.ratio);
      this.value(value.numerator);
      this.value(value.denominator);
    } else throw new TypeError(`a ${value.constructor.name} without a record`);
  }

  /** Writes what an object holds now. */
  protected record(object: object): void {
    const { out } = this;
    if (object instanceof Frame) this.#frame(object);
    else if (object instanceof Pair) {
      out.byte(TAG.pair);
      this.value(object.car);
      this.value(object.cdr);
    } else if (object instanceof Closure) {
      out.byte(TAG.closure);
      this.template(object.template);
      this.env(object.captured);
    } else if (object instanceof Box) {
      out.byte(TAG.box);
      this.value(object.value);
    } else if (Array.isArray(object)) {
      out.byte(TAG.vector);
      this.list(object);
    } else if (object instanceof Text) {
      out.byte(TAG.string);
      out.text(object.text);
    } else if (object instanceof Uint8Array) {
      out.byte(TAG.bytes);
      out.block(object);
    } else if (isName(object)) {
      out.byte(object.constructor.name === "Keyword" ? TAG.keyword : TAG.symbol);
      out.text(object.name);
    } else if (!this.hostRecord(object)) this.#fields(object);
  }

  /** Values with their number before them. */
  protected list(items: readonly Value[]): void {
    this.out.varint(items.length);
    for (const item of items) this.value(item);
  }

  #fields(object: object): void {
    const { out } = this;
    const shape = shapeOf(object);
    const keys = shape?.keys ?? Object.keys(object);
    if (shape !== undefined) {
      out.byte(TAG.instance);
      out.byte(shape.index);
    } else {
      if (object.constructor !== Object) throw new TypeError(`a ${object.constructor.name} in a state`);
      out.byte(TAG.plain);
      out.text(keys.join(" "));
    }
    const fields = object as Record<string, Value>;
    for (const key of keys) this.value(fields[key]);
  }

  #frame(frame: Frame): void {
    const { out } = this;
    const { node, next } = frame;
    out.byte(TAG.frame);
    if (node.op === 83) {
      out.varint(0);
      out.text((node.value as Resumption).name);
    } else this.node(node);
    out.varint(frame.index + 3);
    // The distance to the frame beneath; 0 when that is the bottom.
    out.varint(next === BOTTOM ? 0 : this.offset - this.marks.get(next));
    this.env(frame.env);
    if (isOperands(frame)) {
      out.byte(TAG.numbers);
      this.list(frame.values as Env);
    } else this.value(frame.values);
  }

  /** Writes an environment with those around it. They are never changed, so each place may have its own copy. */
  protected env(env: Env): void {
    const { out } = this;
    for (let here: Value = env; ; here = (here as Env)[0]) {
      if (here === undefined) {
        out.byte(0);
        return;
      }
      const { length } = here as Env;
      out.varint(length + 1);
      for (let slot = 1; slot < length; slot++) this.value((here as Env)[slot]);
      if (length === 0) return;
    }
  }
}
