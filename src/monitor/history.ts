/** The readings of a monitor: the thinning ring, and exact extremes since the start beside it. */
import { Ring, type RingValue } from "./ring.ts";
import { MEMORY_COLUMNS, type MemoryColumn, type MemorySample, type MemorySizes, mapSizes } from "./sample.ts";
import type { TrendPoint } from "./trend.ts";

/** Lowest, highest and newest value of a size, in bytes. */
export interface ColumnStats {
  /** Lowest since the start. */
  readonly min: number;
  /** Highest since the start. */
  readonly max: number;
  /** Of the newest reading. */
  readonly last: number;
}

/** Which past readings are meant. */
export interface SnapshotOptions {
  /** Only from this time on. Default: all. */
  readonly sinceMs?: number;
  /** Where several old readings were merged: the last of them, or the lowest or highest of each size. Default: `last`. */
  readonly value?: RingValue;
}

/** Keeps readings. */
export class History {
  readonly #ring = new Ring<MemoryColumn>({ columns: MEMORY_COLUMNS });
  #first: MemorySample;
  #last: MemorySample;
  readonly #min: Record<MemoryColumn, number>;
  readonly #max: Record<MemoryColumn, number>;
  #count = 0;

  /** @param first - the first reading. */
  constructor(first: MemorySample) {
    this.#first = this.#last = first;
    this.#min = mapSizes((column) => first[column]);
    this.#max = mapSizes((column) => first[column]);
    this.add(first);
  }

  /** The first reading. */
  get first(): MemorySample {
    return this.#first;
  }

  /** The newest reading. */
  get last(): MemorySample {
    return this.#last;
  }

  /** Largest value of each size so far. */
  get max(): MemorySizes {
    return mapSizes((column) => this.#max[column]);
  }

  /** Readings so far. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the ring. */
  get byteLength(): number {
    return this.#ring.byteLength;
  }

  /** Adds a reading. */
  add(sample: MemorySample): void {
    this.#ring.push(sample.timeMs, sample);
    this.#count += 1;
    this.#last = sample;
    for (const column of MEMORY_COLUMNS) {
      const value = sample[column];
      if (value < this.#min[column]) this.#min[column] = value;
      else if (value > this.#max[column]) this.#max[column] = value;
    }
  }

  /** Lowest, highest and newest value of one size. */
  stats(column: MemoryColumn): ColumnStats {
    return { min: this.#min[column], max: this.#max[column], last: this.#last[column] };
  }

  /** One size as a series of its lowest values. */
  floors(column: MemoryColumn, sinceMs: number): TrendPoint[] {
    return this.#ring.points(column, "min", sinceMs);
  }

  /** Past readings, oldest first. */
  snapshots({ sinceMs, value = "last" }: SnapshotOptions = {}): MemorySample[] {
    return Array.from(this.#ring.buckets(sinceMs), (bucket) => ({ timeMs: bucket.endMs, ...bucket[value] }));
  }
}
