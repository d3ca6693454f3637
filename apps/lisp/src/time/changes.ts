/**
 * The write barrier of a history: which objects have changed since the last keyframe, and what those of the code and the library
 * held before they first did.
 */
import type { Cell } from "../expander/binding.ts";
import type { HistoryWriter } from "./history-codec.ts";
import { FIRST_OFFSET } from "./log.ts";
import { isMarked, type Marked, type Marks } from "./marks.ts";
import type { Registry } from "./registry.ts";

/** Shorter vectors are written whole. */
const FEW = 32;

/** Elements of a vector that have changed, each once. */
class Elements {
  readonly indices: number[] = [];
  readonly #isChanged: Uint8Array;
  constructor(length: number) {
    this.#isChanged = new Uint8Array(length);
  }

  clear(): void {
    for (const index of this.indices) this.#isChanged[index] = 0;
    this.indices.length = 0;
  }

  add(index: number): void {
    if (this.#isChanged[index] !== 0) return;
    this.#isChanged[index] = 1;
    this.indices.push(index);
  }
}

/** The changes since the last keyframe. */
export class Changes {
  /** Where the first content is of objects that live outside of the log: by number. */
  readonly origins = new Map<number, number>();
  readonly #marks: Marks;
  readonly #registry: Registry;
  readonly #writer: HistoryWriter;
  /** Objects that carry their number; it is negative while they are here. */
  readonly #marked: Marked[] = [];
  /** Others: of vectors the elements; `undefined` when all may have changed. */
  readonly #others = new Map<object, Elements | undefined>();
  readonly #known = new WeakMap<object, Elements>();
  #vector: object | undefined;
  #elements: Elements | undefined;

  constructor(marks: Marks, registry: Registry, writer: HistoryWriter) {
    this.#marks = marks;
    this.#registry = registry;
    this.#writer = writer;
  }

  /** To be called before an object changes. */
  note(object: object, index: number | undefined): void {
    if (object === this.#vector && index !== undefined) {
      this.#elements?.add(index);
      return;
    }
    if (isMarked(object)) {
      const { mark } = object;
      if (mark < 2) return;
      if (mark < FIRST_OFFSET) this.#origin(object, mark);
      object.mark = -mark;
      this.#marked.push(object);
      return;
    }
    this.#noteOther(object, index);
  }

  #noteOther(object: object, index: number | undefined): void {
    const mark = this.#marks.get(object);
    if (mark < 2) return;
    if (mark < FIRST_OFFSET) this.#origin(object, mark);
    let elements = this.#others.get(object);
    if (index === undefined || !Array.isArray(object) || object.length < FEW) this.#others.set(object, undefined);
    else {
      if (elements === undefined && !this.#others.has(object))
        this.#others.set(object, (elements = this.#elementsOf(object)));
      elements?.add(index);
      this.#vector = object;
      this.#elements = elements;
    }
  }

  /** Kept with the vector, since a large one would ask for much memory at each keyframe. */
  #elementsOf(vector: readonly unknown[]): Elements {
    const known = this.#known.get(vector);
    if (known !== undefined) return known;
    const made = new Elements(vector.length);
    this.#known.set(vector, made);
    return made;
  }

  /** To be called before a global variable gets another value. */
  noteCell(cell: Cell): void {
    const { mark } = cell;
    if (mark < 0) return;
    if (mark === 0) this.#registry.add(cell);
    this.note(cell, undefined);
  }

  #origin(object: object, id: number): void {
    if (!this.origins.has(id)) this.origins.set(id, this.#writer.writeOrigin(object));
  }

  /** Writes everything that has changed. `newest` says where the newest content of an object is. */
  write(newest: (id: number) => number): void {
    for (const object of this.#marked) {
      object.mark = -object.mark;
      this.#writer.writeChanged(object, undefined, 0);
    }
    for (const [object, elements] of this.#others)
      this.#writer.writeChanged(object, elements?.indices, newest(this.#marks.get(object)));
    this.#marked.length = 0;
    this.#forgetOthers();
  }

  /** Forgets the changes: the objects belong to another time now. */
  clear(): void {
    for (const object of this.#marked) object.mark = -object.mark;
    this.#marked.length = 0;
    this.#forgetOthers();
  }

  #forgetOthers(): void {
    for (const elements of this.#others.values()) elements?.clear();
    this.#others.clear();
    this.#vector = undefined;
    this.#elements = undefined;
  }
}
