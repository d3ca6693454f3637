/**
 * The bounds of a run: how deep recursion may go and how many bytes the process may use. Passing one raises a condition, with some
 * room left for its handler; passing it again within that room ends the run.
 */
import { failure, type LispError } from "../data/errors.ts";

/** What a run may use. */
export interface Limits {
  /** How many frames there may be. Default: 4,000,000, some 700 MB. */
  readonly maxDepth?: number;
  /** How many bytes may be in use. Default: no limit. */
  readonly maxBytes?: number;
  /** The bytes in use now, as the host counts them. Asked every 65,536 steps. Default: none are counted. */
  readonly usedBytes?: () => number;
}

const DEFAULT_DEPTH = 4_000_000;
/** What a handler may use beyond the limit. */
const SPARE_FRAMES = 10_000;
const SPARE_RATIO = 1.25;

/** Says when a run has passed a limit. */
export class LimitWatch {
  readonly #limits: Limits;
  readonly #maxDepth: number;
  /** How many frames there may be just now. */
  depth: number;
  #alarmBytes: number;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#maxDepth = limits.maxDepth ?? DEFAULT_DEPTH;
    this.depth = this.#maxDepth;
    this.#alarmBytes = limits.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Called now and then. @throws `LispError` of kind `memory`. */
  check(depth: number): void {
    if (depth < this.#maxDepth) this.depth = this.#maxDepth;
    const { maxBytes, usedBytes } = this.#limits;
    if (maxBytes === undefined || usedBytes === undefined) return;
    const used = usedBytes();
    if (used <= maxBytes) this.#alarmBytes = maxBytes;
    if (used <= this.#alarmBytes) return;
    this.#alarmBytes = Math.max(this.#alarmBytes, used) * SPARE_RATIO;
    throw failure("memory", `${used} bytes are in use; the limit is ${maxBytes}`);
  }

  /** The error of recursion that went too deep. */
  tooDeep(depth: number): LispError {
    this.depth = depth + SPARE_FRAMES;
    return failure("depth", `recursion is deeper than ${this.#maxDepth} frames`);
  }
}
