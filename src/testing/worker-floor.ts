/** The reading that a worker sends to the reporter with each test file's results. */

/** Where it lies in the file's `meta`. */
export const FLOORS_KEY = "plimsollFloor";

/** The heap of a worker after a test file. */
export interface WorkerFloor {
  /** Which worker; different for each process and thread. */
  readonly worker: string;
  /** How many files it has run, this one included. */
  readonly order: number;
  /** Heap in use, garbage included, in bytes. */
  readonly usedBytes: number;
  /** Heap after a full collection, in bytes. Default: none was made, because nothing can have grown much or the budget was spent. */
  readonly floorBytes: number | undefined;
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
    typeof value.usedBytes === "number"
  );
}
