/**
 * The bounds of a run: how deep recursion may go, how many bytes the process may use, and how long a text may become in one step.
 * Passing one raises a condition. The first two leave some room for its handler; passing them again within that room ends the run.
 */
import { failure, type LispError, wrongType } from "../data/errors.ts";
import type { Value } from "../data/values.ts";
import { Cell } from "../expander/binding.ts";

/** What a run may use. */
export interface Limits {
  /** How many frames there may be. Default: 4,000,000, some 700 MB. */
  readonly maxDepth?: number;
  /** How many bytes may be in use. Default: no limit. */
  readonly maxBytes?: number;
  /** The bytes in use now, as the host counts them. Asked every 8,192 steps. Default: none are counted. */
  readonly usedBytes?: () => number;
  /** How many characters `write` and its like may make of one value. Default: 67,108,864. */
  readonly maxTextLength?: number;
}

/** The default of {@link Limits.maxTextLength}. */
export const DEFAULT_TEXT_LENGTH = 2 ** 26;

const DEFAULT_DEPTH = 4_000_000;
/** Handlers and the dialogue need some. */
const MIN_DEPTH = 100;
/** How many frames a handler of the condition may use beyond the limit. */
export const SPARE_FRAMES = 10_000;
const SPARE_RATIO = 1.25;

/** Says when a run has passed a limit. */
export class LimitWatch {
  /** `*max-recursion*`: how many frames there may be. A part of the program's state, which a program may assign. */
  readonly maxRecursion = new Cell("*max-recursion*");
  readonly #limits: Limits;
  /** Above so many bytes the condition is raised. A part of the state. */
  alarmBytes: number;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.maxRecursion.value = limits.maxDepth ?? DEFAULT_DEPTH;
    this.alarmBytes = limits.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  /** How many frames there may be. */
  get depth(): number {
    const { value } = this.maxRecursion;
    return typeof value === "number" ? value : DEFAULT_DEPTH;
  }

  /** To be called before a global variable is assigned. @throws `LispError` of kind `type` for a limit that is none. */
  willAssign(cell: Cell, value: Value): void {
    if (cell === this.maxRecursion && (typeof value !== "number" || value < MIN_DEPTH))
      throw wrongType(`a number of frames, ${MIN_DEPTH} at least`, value);
  }

  /** Called now and then. @throws `LispError` of kind `memory`. */
  check(): void {
    const { maxBytes, usedBytes } = this.#limits;
    if (maxBytes === undefined || usedBytes === undefined) return;
    const used = usedBytes();
    if (used <= maxBytes) this.alarmBytes = maxBytes;
    if (used <= this.alarmBytes) return;
    this.alarmBytes = Math.max(this.alarmBytes, used) * SPARE_RATIO;
    throw failure("memory", `${used} bytes are in use; the limit is ${maxBytes}`);
  }

  /** The error of recursion that went too deep. */
  tooDeep(): LispError {
    return failure("depth", `recursion is deeper than ${this.depth} frames`);
  }
}
