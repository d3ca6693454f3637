/**
 * Sorts more than fits into memory: sorted runs on disk, merged as they are read. Knuth, The Art of Computer Programming, volume 3,
 * section 5.4. Equal values keep their order. What fits is never written, and the files have no name, so nothing is
 * left behind however it ends.
 */
import { PlimsollError } from "../../base/errors.ts";
import { yieldTurn } from "../../scope/yield-turn.ts";
import { untilAborted } from "../abortable-source.ts";
import { memoryAtHand, openLease, type StoreMemory } from "../open-lease.ts";
import { type Codec, structuredCodec } from "./codec.ts";
import { SortedRuns } from "./sorted-runs.ts";

/** Options of {@link sortExternal}; either `key` or `compare`. */
export interface SortExternalOptions<T> {
  /** Sorts by this number, ascending: much the faster way. Whole numbers of 32 bits are fastest. */
  readonly key?: (value: T) => number;
  /** Sorts as `Array.prototype.sort` would. */
  readonly compare?: (a: T, b: T) => number;
  /** Bytes to hold in memory, or a budget to lend them from. Default: 64 MiB. */
  readonly memory?: StoreMemory;
  /** Default: {@link structuredCodec}. */
  readonly codec?: Codec<T>;
  /** Where the files go. Default: the system's folder for temporary files. */
  readonly directory?: string;
  /** Ends it, at any time. */
  readonly signal?: AbortSignal;
}

const DEFAULT_MEMORY = "64mb";
const MOST_FROM_BUDGET = 64 * 1024 * 1024;
const LEAST_BYTES = 64 * 1024;
/** Values between two looks at the signal and the clock. */
const STRIDE = 256;

/**
 * Gives the values of `source` in order. It is read whole before the first comes.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` at once without one of `key` and `compare`; while it is read
 * `ERR_PLIMSOLL_SPILL_FAILED` when the disk takes no more, `ERR_PLIMSOLL_SPILL_CORRUPT` when it gives back something else; the
 * signal's reason when it is aborted.
 */
export function sortExternal<T>(
  source: Iterable<T> | AsyncIterable<T>,
  options: SortExternalOptions<T>,
): AsyncGenerator<T, void, undefined> {
  if ((options.key === undefined) === (options.compare === undefined)) {
    throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", "sortExternal takes key or compare, one of both.");
  }
  return sort(source, options);
}

async function* sort<T>(source: Iterable<T> | AsyncIterable<T>, options: SortExternalOptions<T>): AsyncGenerator<T> {
  const { memory = DEFAULT_MEMORY, signal } = options;
  using lease = openLease(memory, { name: "sort", shrink: () => 0 });
  const wanted = Math.max(
    LEAST_BYTES,
    Math.min(typeof memory === "object" ? MOST_FROM_BUDGET : Infinity, memoryAtHand(memory)),
  );
  lease.tryResize(wanted);
  using runs = new SortedRuns(wanted, { ...options, codec: options.codec ?? structuredCodec<T>() });
  let count = 0;
  const pause = async (): Promise<void> => {
    signal?.throwIfAborted();
    await yieldTurn();
  };
  if (Symbol.iterator in source) {
    for (const value of source) {
      runs.add(value);
      if ((count += 1) % STRIDE === 0) await pause();
    }
  } else {
    for await (const value of untilAborted(source, signal)) {
      runs.add(value);
      if ((count += 1) % STRIDE === 0) await pause();
    }
  }
  await pause();
  for (const value of runs.values()) {
    yield value;
    if ((count += 1) % STRIDE === 0) await pause();
  }
}
