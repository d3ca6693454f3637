/**
 * A history of fixed size that never forgets: new readings are kept one by one, older ones are merged
 * two by two, so that a bucket is about as long as 1/256 of its age. Each bucket keeps the smallest,
 * the largest and the last value of every column: peaks and floors survive any thinning. Typed arrays,
 * one level after the other as needed; 5 columns of a week at 10 Hz (6 million readings) take 0.6 MB.
 */
import type { TrendPoint } from "./trend.ts";

/** What a {@link Ring} keeps and how much of it. */
export interface RingOptions<Column extends string> {
  /** Names of the values of a reading. */
  readonly columns: readonly Column[];
  /** Buckets in each level; a level's buckets are twice as long as those of the level before. Default: 256. */
  readonly bucketsPerLevel?: number;
  /** Default: 16, which at 10 Hz and 256 buckets a level is 19 days before the oldest level is thinned in itself. */
  readonly levels?: number;
}

/** One or more consecutive readings. `NaN` stands for a value that was not there. */
export interface RingBucket<Column extends string> {
  readonly startMs: number;
  readonly endMs: number;
  readonly min: Readonly<Record<Column, number>>;
  readonly max: Readonly<Record<Column, number>>;
  /** Values of the last reading. */
  readonly last: Readonly<Record<Column, number>>;
}

/** Which of a bucket's values is meant. */
export type RingValue = "min" | "max" | "last";

const VALUES = ["min", "max", "last"] as const;

/** A fixed-size history of readings that merges old ones instead of dropping them. */
export class Ring<Column extends string> {
  readonly #columns: readonly Column[];
  readonly #size: number;
  readonly #levelCount: number;
  readonly #levels: Level[] = [];

  /**
   * @param options - its columns and size.
   * @throws RangeError when there are fewer than 4 buckets a level or no level.
   */
  constructor(options: RingOptions<Column>) {
    const { columns, bucketsPerLevel = 256, levels = 16 } = options;
    if (bucketsPerLevel < 4 || levels < 1) throw new RangeError("a ring needs at least 4 buckets and 1 level");
    this.#columns = columns;
    // Even, as the last level is halved in pairs.
    this.#size = bucketsPerLevel + (bucketsPerLevel % 2);
    this.#levelCount = levels;
  }

  /** Buckets held. */
  get length(): number {
    return this.#levels.reduce((sum, level) => sum + level.count, 0);
  }

  /** Bytes of its typed arrays; grows level by level up to a fixed most. */
  get byteLength(): number {
    return this.#levels.reduce((sum, level) => sum + level.data.byteLength, 0);
  }

  /**
   * Adds a reading.
   *
   * @param timeMs - not before the last one's time.
   * @param values - one value a column; a missing one counts as `NaN`.
   */
  push(timeMs: number, values: Readonly<Partial<Record<Column, number>>>): void {
    const level = this.#levelWithRoom(0);
    const { data } = level;
    let at = level.offset(level.count++);
    data[at++] = timeMs;
    data[at++] = timeMs;
    for (const column of this.#columns) {
      const value = values[column] ?? Number.NaN;
      data[at++] = value;
      data[at++] = value;
      data[at++] = value;
    }
  }

  /**
   * All buckets, oldest first.
   *
   * @param sinceMs - only those that end at this time or later. Default: all.
   */
  *buckets(sinceMs = Number.NEGATIVE_INFINITY): Generator<RingBucket<Column>> {
    for (const [data, at] of this.#records(sinceMs)) {
      const pick = (value: RingValue): Record<Column, number> => {
        const picked: Partial<Record<Column, number>> = {};
        for (const column of this.#columns) picked[column] = data[at + this.#field(column, value)] ?? Number.NaN;
        return picked as Record<Column, number>;
      };
      yield {
        startMs: data[at] ?? 0,
        endMs: data[at + 1] ?? 0,
        min: pick("min"),
        max: pick("max"),
        last: pick("last"),
      };
    }
  }

  /**
   * One column as a series, oldest first; missing values are left out.
   *
   * @param column - which.
   * @param value - `last` is dated at a bucket's end, `min` and `max` at its middle. Default: `last`.
   * @param sinceMs - only buckets that end at this time or later. Default: all.
   */
  points(column: Column, value: RingValue = "last", sinceMs = Number.NEGATIVE_INFINITY): TrendPoint[] {
    const field = this.#field(column, value);
    const points: TrendPoint[] = [];
    for (const [data, at] of this.#records(sinceMs)) {
      const bytes = data[at + field] ?? Number.NaN;
      const [startMs = 0, endMs = 0] = [data[at], data[at + 1]];
      if (!Number.isNaN(bytes)) points.push({ timeMs: value === "last" ? endMs : (startMs + endMs) / 2, bytes });
    }
    return points;
  }

  *#records(sinceMs: number): Generator<[Float64Array, number]> {
    for (const level of this.#levels.toReversed()) {
      for (let index = 0; index < level.count; index++) {
        const at = level.offset(index);
        if ((level.data[at + 1] ?? 0) >= sinceMs) yield [level.data, at];
      }
    }
  }

  #field(column: Column, value: RingValue): number {
    return 2 + this.#columns.indexOf(column) * VALUES.length + VALUES.indexOf(value);
  }

  /** The level, after moving its two oldest buckets on where it is full. */
  #levelWithRoom(index: number): Level {
    const level = (this.#levels[index] ??= new Level(this.#size, 2 + this.#columns.length * VALUES.length));
    if (level.count < this.#size) return level;
    if (index + 1 < this.#levelCount) {
      const next = this.#levelWithRoom(index + 1);
      level.merge(0, next, next.count++);
      level.dropOldest(2);
    } else {
      for (let pair = 0; pair < this.#size / 2; pair++) level.merge(pair * 2, level, pair);
      level.count = this.#size / 2;
    }
    return level;
  }
}

/** A circular array of records: start, end, then min, max, last of each column. */
class Level {
  readonly data: Float64Array;
  count = 0;
  #first = 0;
  readonly #size: number;
  readonly #width: number;

  constructor(size: number, width: number) {
    this.#size = size;
    this.#width = width;
    this.data = new Float64Array(size * width);
  }

  offset(index: number): number {
    return ((this.#first + index) % this.#size) * this.#width;
  }

  dropOldest(count: number): void {
    this.#first = (this.#first + count) % this.#size;
    this.count -= count;
  }

  /** Writes the union of records `from` and `from + 1` as record `to` of `target`. */
  merge(from: number, target: Level, to: number): void {
    const { data } = this;
    const left = this.offset(from);
    const right = this.offset(from + 1);
    const out = target.offset(to);
    target.data[out] = data[left] ?? 0;
    target.data[out + 1] = data[right + 1] ?? 0;
    for (let field = 2; field < this.#width; field += VALUES.length) {
      target.data[out + field] = smaller(data[left + field], data[right + field]);
      target.data[out + field + 1] = -smaller(negate(data[left + field + 1]), negate(data[right + field + 1]));
      target.data[out + field + 2] = data[right + field + 2] ?? Number.NaN;
    }
  }
}

function negate(value = Number.NaN): number {
  return -value;
}

/** The smaller of two; a `NaN` yields to the other. */
function smaller(a = Number.NaN, b = Number.NaN): number {
  return a < b || Number.isNaN(b) ? a : b;
}
