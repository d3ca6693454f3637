/**
 * When to act, as a state machine without clock, memory or callbacks: three levels with hysteresis, so that use
 * which hovers around a line does not flap, and rounds of shedding that are no closer together than the cool-down.
 * From `hard` there is no way back: a drain that has begun is carried through.
 */
import { PlimsollError } from "../base/errors.ts";

/** How serious it is. */
export type GuardLevel = "clear" | "soft" | "hard";

/** What a reading asks for. */
export type GuardOrder =
  /** Begin a round of shedding. */
  | "shed"
  /** Give back what was taken away: memory is clear again. */
  | "restore"
  /** Drain, once. */
  | "drain";

/** How the machine is set. */
export interface GuardMachineOptions {
  /** How far use must fall below the soft line to be clear again, as a share of it. */
  readonly hysteresisRatio: number;
  /** Between two rounds of shedding. */
  readonly coolDownMs: number;
}

/** Turns readings into orders. */
export class GuardMachine {
  readonly #options: GuardMachineOptions;
  #level: GuardLevel = "clear";
  #isShedding = false;
  #hasShed = false;
  #dueMs = Number.NEGATIVE_INFINITY;

  /** @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` unless 0 <= hysteresis < 1 and 0 <= cool-down. */
  constructor(options: GuardMachineOptions) {
    const { hysteresisRatio, coolDownMs } = options;
    if (!(hysteresisRatio >= 0 && hysteresisRatio < 1 && coolDownMs >= 0)) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_BAD_OPTION",
        `hysteresisRatio is ${hysteresisRatio} and coolDownMs ${coolDownMs}: give a share from 0 to below 1, and milliseconds.`,
        { details: { hysteresisRatio, coolDownMs } },
      );
    }
    this.#options = options;
  }

  /** How serious it is, as of the last reading. */
  get level(): GuardLevel {
    return this.#level;
  }

  /**
   * Takes in a reading.
   *
   * @param softRatio - the greatest of all uses as a share of their soft lines.
   * @param hardRatio - the same of their hard lines.
   * @returns what to do now, if anything.
   */
  update(nowMs: number, softRatio: number, hardRatio: number): GuardOrder | undefined {
    if (this.#level === "hard") return undefined;
    if (hardRatio >= 1) {
      this.#level = "hard";
      return "drain";
    }
    if (softRatio >= 1) this.#level = "soft";
    else if (softRatio < 1 - this.#options.hysteresisRatio) {
      this.#level = "clear";
      if (!this.#hasShed || this.#isShedding) return undefined;
      this.#hasShed = false;
      return "restore";
    }
    if (softRatio < 1 || this.#isShedding || nowMs < this.#dueMs) return undefined;
    this.#isShedding = true;
    this.#hasShed = true;
    return "shed";
  }

  /** The round of shedding is over: the cool-down begins. */
  finishRound(nowMs: number): void {
    this.#isShedding = false;
    this.#dueMs = nowMs + this.#options.coolDownMs;
  }
}
