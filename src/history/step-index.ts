/**
 * Finds steps in the log with little memory: a mark every 32 KB of log, one line for each run of steps
 * that follow each other, and the keyframes. It grows with the bytes of the log (about 1 byte in 1,000)
 * and with the number of branch points, not with the number of steps.
 */

/** Log bytes between two marks. */
const MARK_BYTES = 32 * 1024;

/** Steps in a row, each the child of the one before. */
export interface Line {
  readonly first: number;
  /** The step before the first; 0 when there is none. */
  readonly parent: number;
  readonly position: number;
}

/** A version that is there as a whole. */
export interface Keyframe {
  readonly step: number;
  /** Of the record. */
  readonly position: number;
  /** Of what comes after it. */
  readonly end: number;
}

/** Columns of numbers in the order of `steps`, which only rise. */
class Columns {
  readonly steps: number[] = [];
  readonly one: number[] = [];
  readonly other: number[] = [];

  add(step: number, one: number, other: number): void {
    this.steps.push(step);
    this.one.push(one);
    this.other.push(other);
  }

  /** The last row with a step of at most `step`; -1 when there is none. */
  find(step: number): number {
    let low = -1;
    let high = this.steps.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.steps[middle] ?? 0) <= step) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The first position in the first column that belongs to a step after `step`. */
  after(step: number): number {
    return this.one[this.find(step) + 1] ?? Infinity;
  }

  cutAfter(step: number): void {
    const length = this.find(step) + 1;
    for (const column of [this.steps, this.one, this.other]) column.length = length;
  }
}

/** Where the steps are. */
export class StepIndex {
  readonly #marks = new Columns();
  readonly #lines = new Columns();
  readonly #keyframes = new Columns();
  #markAt = -Infinity;
  /** The first and the last step; 0 when there is none. */
  first = 0;
  last = 0;
  /** Steps that are there. */
  count = 0;

  /** Notes a record of steps. */
  addSteps(first: number, last: number, count: number, parent: number | undefined, position: number): void {
    if (this.first === 0) this.first = first;
    this.last = last;
    this.count += count;
    if (parent !== undefined) this.#lines.add(first, parent, position);
    if (position - this.#markAt >= MARK_BYTES || parent !== undefined) {
      this.#marks.add(first, position, 0);
      this.#markAt = position;
    }
  }

  addKeyframe({ step, position, end }: Keyframe): void {
    this.#keyframes.add(step, position, end);
    // The next steps are found without reading what comes before.
    this.#markAt = -Infinity;
  }

  /** The line of a step. */
  line(step: number): Line | undefined {
    const at = this.#lines.find(step);
    return at < 0 ? undefined : this.#lineAt(at);
  }

  /** The lines that begin at a step's line or after. */
  *lines(): Generator<Line> {
    for (let at = 0; at < this.#lines.steps.length; at++) yield this.#lineAt(at);
  }

  #lineAt(at: number): Line {
    const { steps, one, other } = this.#lines;
    return { first: steps[at] ?? 0, parent: one[at] ?? 0, position: other[at] ?? 0 };
  }

  /** The last keyframe at or before a step, among those from `first` on that end at `end` or before. */
  keyframe(step: number, first: number, end: number): Keyframe | undefined {
    const { steps, one, other } = this.#keyframes;
    let at = this.#keyframes.find(step);
    // A keyframe that the storage has not taken is no help.
    while ((other[at] ?? 0) > end) at--;
    const found = steps[at];
    if (found === undefined || found < first) return undefined;
    return { step: found, position: one[at] ?? 0, end: other[at] ?? 0 };
  }

  /** A position where a record begins, not before the end of the one with `step`. */
  after(step: number): number {
    return Math.min(this.#marks.after(step), this.#keyframes.after(step));
  }

  /** The position of a record of steps at or before the one with `step`. */
  mark(step: number): number | undefined {
    return this.#marks.one[this.#marks.find(step)];
  }

  /** Forgets keyframes of steps that were lost. */
  cutAfterLast(): void {
    this.#keyframes.cutAfter(this.last);
  }
}
