/** What a worker sends to the reporter with each test file's results: its heap before the file, when the ones before it were gone. */

/** Where it lies in the file's `meta`. */
export const FLOORS_KEY = "plimsollFloor";
/** Set to 1 in the environment of workers that collect before every file. */
export const EVERY_FILE_VARIABLE = "PLIMSOLL_EVERY_FILE";

/** The heap of a worker before a test file: what the files before it keep beyond their end. */
export interface WorkerFloor {
  /** Which worker; different for each process and thread. */
  readonly worker: string;
  /** How many files it has begun, this one included. */
  readonly order: number;
  /** Heap in use, garbage included, in bytes. */
  readonly usedBytes: number;
  /** Heap after a full collection, in bytes. Default: none was made, because nothing can have grown much or the budget was spent. */
  readonly floorBytes: number | undefined;
  /** Who holds most of the heap, in the words of the source. Empty: it has not grown much, or nobody stands out. */
  readonly holders: readonly string[];
  /** Time spent on collections in this worker so far, in milliseconds. */
  readonly spentMs: number;
}

/** Reads it from a file's `meta`. Default: it holds none. */
export function floorFrom(meta: object): WorkerFloor | undefined {
  const found: unknown = FLOORS_KEY in meta ? meta[FLOORS_KEY] : undefined;
  return isFloor(found) ? found : undefined;
}

function isFloor(value: unknown): value is WorkerFloor {
  return (
    typeof value === "object" &&
    value !== null &&
    "worker" in value &&
    typeof value.worker === "string" &&
    "order" in value &&
    typeof value.order === "number" &&
    "usedBytes" in value &&
    typeof value.usedBytes === "number" &&
    "holders" in value &&
    Array.isArray(value.holders)
  );
}
