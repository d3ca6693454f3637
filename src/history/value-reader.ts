/**
 * Makes a program's values straight from a step's cells. A whole state is ten thousand slots and more: it comes
 * into being once, in pieces, and nothing but it is left.
 */
import type { Header } from "./cell-codec.ts";
import { fillEmpty, isMadeWhole, makeEmpty, makeWhole } from "./container.ts";
import type { Awaitable } from "./driver.ts";
import type { Run } from "./graph-node.ts";
import { hasKeys, hasValues, KIND, type Kind } from "./kind.ts";
import { SlotReader } from "./slot-reader.ts";
import type { Version } from "./version.ts";

/** Slots that are filled at a time. */
const PIECE = 256;

interface Job {
  readonly id: number;
  readonly kind: Kind;
  readonly runs: readonly Run[];
  readonly made: object;
}

/** Makes the values of one container. */
class ValueReader {
  readonly #reader: SlotReader;
  readonly #made = new Map<number, object>();
  readonly #queue: Job[] = [];

  constructor(version: Version, isWhole: boolean) {
    this.#reader = new SlotReader(version, isWhole);
  }

  async read(id: number): Promise<object> {
    const result = await this.#refer(id);
    const keys: unknown[] = [];
    const values: unknown[] = [];
    for (let job = this.#queue.pop(); job; job = this.#queue.pop()) {
      const { kind, made } = job;
      const keyed = hasKeys(kind);
      const valued = hasValues(kind);
      for (const { start, capacity, firstSlot } of job.runs) {
        const first = job.id + start;
        for (let at = 0; at < capacity; at += PIECE) {
          const count = Math.min(PIECE, capacity - at);
          const keysRead = keyed ? this.#reader.read(first + at, count, keys, 0, this.#refer) : undefined;
          if (keysRead instanceof Promise) await keysRead;
          const from = first + at + (keyed ? capacity : 0);
          const valuesRead = valued ? this.#reader.read(from, count, values, 0, this.#refer) : undefined;
          if (valuesRead instanceof Promise) await valuesRead;
          fillEmpty(made, kind === KIND.sparseArray, keys, values, firstSlot + at, count);
        }
      }
    }
    return result;
  }

  readonly #refer = (id: number): Awaitable<object> => {
    const known = this.#made.get(id);
    if (known) return known;
    const header = this.#reader.header(id);
    return header instanceof Promise ? header.then((header) => this.#make(id, header)) : this.#make(id, header);
  };

  #make(id: number, { kind, runs }: Header): Awaitable<object> {
    if (isMadeWhole(kind)) return this.#makeWhole(id, kind, runs);
    const made = makeEmpty(kind);
    this.#made.set(id, made);
    this.#queue.push({ id, kind, runs, made });
    return made;
  }

  async #makeWhole(id: number, kind: Kind, runs: readonly Run[]): Promise<object> {
    const slots: unknown[] = [];
    for (const { start, capacity, firstSlot } of runs) {
      await this.#reader.read(id + start, capacity, slots, firstSlot, this.#refer);
    }
    const made = makeWhole(kind, slots);
    this.#made.set(id, made);
    return made;
  }
}

/**
 * The value of a container, with all below it.
 *
 * @param isWhole - true when it is all of the state, or nearly.
 */
export function readValue(version: Version, id: number, isWhole: boolean): Promise<object> {
  return new ValueReader(version, isWhole).read(id);
}
