/**
 * A record of steps: each one its time and the cells that it changed. Steps that follow each other cost
 * two bytes beside their cells.
 */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** What stands before the steps. */
export interface StepsHeader {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** The step before the first; `undefined` when that is the last one of the record before. */
  readonly parent: number | undefined;
  /** Milliseconds since the Unix epoch, of the first step. */
  readonly timeMs: number;
}

/** One step of a record. */
export interface StepEntry {
  readonly step: number;
  readonly timeMs: number;
  /** Changed cells. */
  readonly cells: number;
  /** Where they begin and end in the record, each as number, length, content. */
  readonly at: number;
  readonly end: number;
}

/** Collects steps for a record. */
export class StepsWriter {
  readonly #entries = new ByteWriter(2 ** 17);
  readonly #head = new ByteWriter(64);
  #first = 0;
  #last = 0;
  #count = 0;
  #parent: number | undefined;
  #firstMs = 0;
  #lastMs = 0;

  get bytes(): number {
    return this.#entries.length;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Begins a step.
   *
   * @param parent - given when the step does not follow the one before; only for the first of a record.
   */
  add(step: number, timeMs: number, parent: number | undefined, cells: number, content: Uint8Array): void {
    if (this.#count === 0) {
      this.#first = step;
      this.#parent = parent;
      this.#firstMs = timeMs;
      this.#lastMs = timeMs;
      this.#last = step - 1;
    }
    const gap = step - this.#last - 1;
    this.#entries.varint(cells * 2 + (gap > 0 ? 1 : 0));
    if (gap > 0) this.#entries.varint(gap);
    this.#entries.varint(Math.max(0, timeMs - this.#lastMs));
    this.#entries.bytes(content);
    this.#lastMs = Math.max(timeMs, this.#lastMs);
    this.#last = step;
    this.#count++;
  }

  /** The header of what was collected. */
  get header(): StepsHeader {
    return { first: this.#first, last: this.#last, count: this.#count, parent: this.#parent, timeMs: this.#firstMs };
  }

  /** The record's content in pieces, valid until the next step is added; begins a new one. */
  take(): readonly Uint8Array[] {
    const head = this.#head;
    head.clear();
    head.varint(this.#first);
    head.varint(this.#last - this.#first);
    head.varint(this.#count);
    head.varint(this.#parent === undefined ? 0 : this.#parent + 1);
    head.f64(this.#firstMs);
    const steps = this.#entries.view();
    this.#entries.clear();
    this.#count = 0;
    return [head.view(), steps];
  }
}

/** Reads what stands before the steps, and leaves `input` at the first of them. */
export function readStepsHeader(input: ByteReader): StepsHeader {
  const first = input.varint();
  const last = first + input.varint();
  const count = input.varint();
  const parent = input.varint();
  return { first, last, count, parent: parent === 0 ? undefined : parent - 1, timeMs: input.f64() };
}

/** Takes the cells of steps. */
export interface CellSink {
  /**
   * Called for each changed cell in its order.
   *
   * @param at - where its length stands in the record.
   */
  set(cell: number, at: number): void;
}

/** Goes over the steps of a record; its fields are those of the step it stands at. */
export class StepCursor implements StepEntry {
  readonly header: StepsHeader;
  readonly #input: ByteReader;
  #left: number;
  step: number;
  timeMs: number;
  cells = 0;
  at = 0;
  end = 0;

  constructor(content: Uint8Array) {
    this.#input = new ByteReader(content);
    this.header = readStepsHeader(this.#input);
    this.step = this.header.first - 1;
    this.timeMs = this.header.timeMs;
    this.#left = this.header.count;
  }

  /** Goes to the next step. False when there is none, or it is after `until`; the cursor stays where it is then. */
  next(until = Infinity, sink?: CellSink): boolean {
    if (this.#left === 0) return false;
    const input = this.#input;
    const start = input.at;
    const code = input.varint();
    const step = this.step + 1 + (code & 1 ? input.varint() : 0);
    if (step > until) {
      input.at = start;
      return false;
    }
    this.#left--;
    this.step = step;
    this.timeMs += input.varint();
    this.cells = Math.floor(code / 2);
    this.at = input.at;
    for (let n = 0; n < this.cells; n++) {
      const cell = input.varint();
      sink?.set(cell, input.at);
      const length = input.varint();
      input.at += length;
    }
    this.end = input.at;
    return true;
  }
}
