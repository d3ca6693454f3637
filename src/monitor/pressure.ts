/**
 * How near the limit is, in three words. A level is entered at its threshold and left only when the use
 * has fallen clearly below it, so that use that hovers around a threshold does not flap.
 */
import { PlimsollError } from "../base/errors.ts";

/** How near the limit is. */
export type PressureLevel = "low" | "high" | "critical";

/** Shares of the limit, 0..1, at which the level changes. */
export interface PressureThresholds {
  /** Default: 0.8. */
  readonly highRatio?: number;
  /** Default: 0.92. */
  readonly criticalRatio?: number;
  /** How far use must fall below a threshold to leave its level. Default: 0.05. */
  readonly hysteresisRatio?: number;
}

const ORDER: readonly PressureLevel[] = ["low", "high", "critical"];

/** Turns the used share of a limit into a level. */
export class PressureGauge {
  readonly #thresholds: readonly number[];
  readonly #hysteresis: number;
  #level: PressureLevel = "low";
  /** The band in which the level stays. */
  #stayFrom = Number.NEGATIVE_INFINITY;
  #stayBelow: number;

  /**
   * @param thresholds - where the levels begin.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` unless 0 < high < critical and 0 <= hysteresis < high.
   */
  constructor(thresholds: PressureThresholds = {}) {
    const { highRatio = 0.8, criticalRatio = 0.92, hysteresisRatio = 0.05 } = thresholds;
    if (!(highRatio > 0 && criticalRatio > highRatio && hysteresisRatio >= 0 && hysteresisRatio < highRatio)) {
      throw new PlimsollError(
        "ERR_PLIMSOLL_BAD_OPTION",
        `pressure thresholds ${highRatio}, ${criticalRatio} with hysteresis ${hysteresisRatio} are out of order: ` +
          "high must be below critical, and the hysteresis below high.",
        { details: { highRatio, criticalRatio, hysteresisRatio } },
      );
    }
    this.#thresholds = [Number.NEGATIVE_INFINITY, highRatio, criticalRatio];
    this.#hysteresis = hysteresisRatio;
    this.#stayBelow = highRatio;
  }

  /** The present level. */
  get level(): PressureLevel {
    return this.#level;
  }

  /**
   * Takes in a reading.
   *
   * @param usedRatio - used share of the limit, 0..1 and above.
   * @returns true when the level changed.
   */
  update(usedRatio: number): boolean {
    if (usedRatio >= this.#stayFrom && usedRatio < this.#stayBelow) return false;
    const before = ORDER.indexOf(this.#level);
    const entered = this.#thresholds.findLastIndex((threshold) => usedRatio >= threshold);
    const kept = this.#thresholds.findLastIndex((threshold) => usedRatio >= threshold - this.#hysteresis);
    const next = entered > before ? entered : Math.min(before, kept);
    this.#level = ORDER[next] ?? "low";
    this.#stayFrom = (this.#thresholds[next] ?? 0) - this.#hysteresis;
    this.#stayBelow = this.#thresholds[next + 1] ?? Number.POSITIVE_INFINITY;
    return next !== before;
  }
}
