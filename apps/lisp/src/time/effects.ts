/**
 * What a program learns from outside and does to it: time, chance, input, files, the environment, answers of a host's procedures. Each
 * answer is written down when it is first given, and given again when the same steps are taken again; output is then not repeated.
 */
import { failure, LispError } from "../data/errors.ts";
import { Bytes, Cursor } from "./bytes.ts";

/** What an effect may answer. */
export type Answer = undefined | boolean | number | string | Uint8Array | readonly Answer[];

const KIND = { none: 0, false: 1, true: 2, number: 3, text: 4, bytes: 5, list: 6, error: 7 } as const;

/** The record of effects. */
export class Effects {
  /** What happened since the last keyframe. */
  readonly #recent = new Bytes();
  #replay: Cursor | undefined;

  /** True while steps are taken again. */
  get isReplaying(): boolean {
    return this.#replay !== undefined;
  }

  /** What happened since this was called before. */
  take(): Uint8Array {
    const bytes = this.#recent.take();
    this.#recent.clear();
    return bytes;
  }

  /** True when something happened since the last keyframe. */
  get hasRecent(): boolean {
    return this.#recent.length > 0;
  }

  /** From now on answers come from `bytes`. */
  replay(bytes: Uint8Array): void {
    this.#recent.clear();
    this.#replay = new Cursor(bytes);
  }

  /** From now on what happens is written down. */
  record(): void {
    this.#replay = undefined;
  }

  /** The answer of `ask`, or the one that it gave when this step was taken first. @throws Error what `ask` threw then. */
  perform<T extends Answer>(ask: () => T): T {
    if (this.#replay !== undefined) return readAnswer(this.#replay) as T;
    let answer: T;
    try {
      answer = ask();
    } catch (error) {
      this.#recent.byte(KIND.error);
      this.#recent.text(error instanceof LispError ? error.message : messageOf(error));
      throw error;
    }
    writeAnswer(answer, this.#recent);
    return answer;
  }

  /** Code that the program makes while it runs: its number, and what else is to be known about it. Nothing in it is an effect. */
  compile(make: () => readonly [number, number]): readonly [number, number] {
    if (this.#replay !== undefined) {
      const [isMade, ...numbers] = [readAnswer(this.#replay), readAnswer(this.#replay), readAnswer(this.#replay)];
      const [id, position] = numbers;
      // What could not be compiled then is refused again.
      return isMade === true ? [Number(id), Number(position)] : make();
    }
    const before = this.#recent.length;
    let made: readonly [number, number] | undefined;
    try {
      made = make();
      return made;
    } finally {
      this.#recent.length = before;
      for (const answer of [made !== undefined, made?.[0] ?? 0, made?.[1] ?? 0]) writeAnswer(answer, this.#recent);
    }
  }

  /** Does something outside whose outcome the program does not see; not again when steps are taken again. */
  emit(act: () => void): void {
    if (this.#replay === undefined) act();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function writeAnswer(answer: Answer, out: Bytes): void {
  if (answer === undefined) out.byte(KIND.none);
  else if (typeof answer === "boolean") out.byte(answer ? KIND.true : KIND.false);
  else if (typeof answer === "number") {
    out.byte(KIND.number);
    out.double(answer);
  } else if (typeof answer === "string") {
    out.byte(KIND.text);
    out.text(answer);
  } else if (answer instanceof Uint8Array) {
    out.byte(KIND.bytes);
    out.block(answer);
  } else {
    out.byte(KIND.list);
    out.varint(answer.length);
    for (const item of answer) writeAnswer(item, out);
  }
}

function readAnswer(cursor: Cursor): Answer {
  if (cursor.at >= cursor.bytes.length)
    throw failure("time", "the program asks for something that it did not ask for when it took these steps first");
  switch (cursor.byte()) {
    case KIND.none:
      return undefined;
    case KIND.false:
      return false;
    case KIND.true:
      return true;
    case KIND.number:
      return cursor.double();
    case KIND.text:
      return cursor.text();
    case KIND.bytes:
      return cursor.block().slice();
    case KIND.list:
      return Array.from({ length: cursor.varint() }, () => readAnswer(cursor));
    default:
      throw new Error(cursor.text());
  }
}
