/**
 * By what number a history knows an object. Objects that there are many of carry it themselves, since a table of weak keys is slow to
 * ask and to collect; the others are in one.
 */
import { Box, Condition, LispPromise, Pair, RecordValue, Text } from "../data/values.ts";
import { Cell } from "../expander/binding.ts";
import { Closure, Continuation, Frame, nearest } from "../machine/procedures.ts";

/** Numbers by object. 0 is none, 1 that it is being written. */
export interface Marks {
  /** The number of an object. */
  get(object: object): number;
  /** Gives it one. */
  set(object: object, mark: number): void;
}

/** An object that carries its number; a negative one says that it has changed since it was written. */
export type Marked = Pair | Closure | Frame | Box | Text | RecordValue | Continuation | Cell | LispPromise | Condition;

/** True for objects that carry their number. */
export function isMarked(object: object): object is Marked {
  return (
    object instanceof Pair ||
    object instanceof Closure ||
    object instanceof Frame ||
    object instanceof Box ||
    object instanceof Text ||
    object instanceof RecordValue ||
    object instanceof Continuation ||
    object instanceof Cell ||
    object instanceof LispPromise ||
    object instanceof Condition
  );
}

/** The numbers of a running history. */
export class LiveMarks implements Marks {
  readonly #others = new WeakMap<object, number>();

  get(object: object): number {
    if (object instanceof Frame) return object.mark;
    if (isMarked(object)) return object.mark < 0 ? -object.mark : object.mark;
    return this.#others.get(object) ?? 0;
  }

  set(object: object, mark: number): void {
    if (object instanceof Frame) object.mark = mark;
    else if (isMarked(object)) object.mark = mark;
    else this.#others.set(object, mark);
  }
}

/** The numbers of an image that is being written, beside those that a history has given. */
export class ImageMarks implements Marks {
  readonly #marks = new Map<object, number>();

  get(object: object): number {
    return this.#marks.get(itself(object)) ?? 0;
  }

  set(object: object, mark: number): void {
    this.#marks.set(itself(object), mark);
  }
}

function itself(object: object): object {
  return object instanceof Frame ? nearest(object) : object;
}
