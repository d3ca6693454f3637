/**
 * One container of a state, as the store sees it: an object, a map, a typed array. Its slots lie in
 * numbered cells: first a header, then runs of cells that double in size, so that a slot never moves and
 * a changed slot is one changed cell. Cell numbers are never used twice: pages of dead cells vanish.
 */
import { hasKeys, hasValues, type Kind, type Primitive } from "./kind.ts";

/** A slot that holds nothing: a hole of an array, a deleted entry. */
export const EMPTY = Symbol("empty");

/** What a slot can hold. Bytes are a piece of a buffer's content. */
export type SlotValue = Primitive | GraphNode | Uint8Array | typeof EMPTY;

/** Cells in a row that hold the slots from `firstSlot` on: first the keys, if there are any, then the values. */
export interface Run {
  readonly start: number;
  readonly capacity: number;
  readonly firstSlot: number;
}

/** Slots of the first run that grows; later runs double what there is. */
const MIN_RUN = 8;

/** Keys of a small container are gone through: an index of its own would be larger than it. */
const MAX_SCANNED = 16;

/** One container. */
export class GraphNode {
  /** The cell of its header, which is its name in other cells. */
  readonly id: number;
  readonly kind: Kind;
  readonly keyed: boolean;
  readonly valued: boolean;
  runs: Run[] = [];
  keys: SlotValue[] = [];
  values: SlotValue[] = [];
  /** Slots that are not empty; counted for keyed kinds. */
  live = 0;
  /** Slots of other containers that hold this one. */
  references = 0;
  /** The save that has changed it last. */
  version = 0;
  isFreed = false;
  /** True until the step that has made it ends: it is written as a whole. */
  isNew = true;
  #slots: Map<SlotValue, number> | undefined;

  constructor(id: number, kind: Kind) {
    this.id = id;
    this.kind = kind;
    this.keyed = hasKeys(kind);
    this.valued = hasValues(kind);
  }

  /** Slots in use, empty ones among them. */
  get used(): number {
    return this.valued ? this.values.length : this.keys.length;
  }

  /** Slots that the runs have room for. */
  get capacity(): number {
    const last = this.runs.at(-1);
    return last ? last.firstSlot + last.capacity : 0;
  }

  /** Slots that the next run should have. */
  get nextCapacity(): number {
    return Math.max(MIN_RUN, this.used);
  }

  /** Cells that a run of so many slots takes. */
  cellsOf(capacity: number): number {
    return capacity * ((this.keyed ? 1 : 0) + (this.valued ? 1 : 0));
  }

  #runOf(slot: number): Run {
    for (let i = this.runs.length - 1; i >= 0; i--) {
      const run = this.runs[i];
      if (run && run.firstSlot <= slot) return run;
    }
    throw new RangeError(`slot ${slot} of ${this.id} has no cell`);
  }

  keyCell(slot: number): number {
    const run = this.#runOf(slot);
    return run.start + slot - run.firstSlot;
  }

  valueCell(slot: number): number {
    const run = this.#runOf(slot);
    return run.start + (this.keyed ? run.capacity : 0) + slot - run.firstSlot;
  }

  /** The slot of a key. */
  find(key: SlotValue): number | undefined {
    if (key === EMPTY) return undefined;
    if (this.keys.length <= MAX_SCANNED) {
      // A key is what a Map takes for the same: -0 is 0, and NaN is NaN.
      const at = Number.isNaN(key) ? this.keys.findIndex(Number.isNaN) : this.keys.indexOf(key);
      return at < 0 ? undefined : at;
    }
    if (!this.#slots) {
      this.#slots = new Map();
      for (let slot = 0; slot < this.keys.length; slot++) {
        const key = this.keys[slot];
        if (key !== EMPTY) this.#slots.set(key, slot);
      }
    }
    return this.#slots.get(key);
  }

  /** Keeps {@link find} right when a slot's key changes. */
  noteKey(slot: number, before: SlotValue, now: SlotValue): void {
    if (before !== EMPTY) {
      this.live--;
      this.#slots?.delete(before);
    }
    if (now !== EMPTY) {
      this.live++;
      this.#slots?.set(now, slot);
    }
  }

  /** Forgets what {@link find} has learned. */
  forgetKeys(): void {
    this.#slots = undefined;
  }
}

/** True when two slots hold the same: NaN is NaN, and 0 is not -0. */
export function isSame(one: SlotValue, other: SlotValue): boolean {
  if (Object.is(one, other)) return true;
  if (!(one instanceof Uint8Array && other instanceof Uint8Array) || one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
