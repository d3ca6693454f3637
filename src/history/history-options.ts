/**
 * How a history is opened: where it lies, how much memory it may take, and what a program promises.
 */
import type { ByteBudget } from "../base/byte-budget.ts";
import type { SizeInput } from "../base/bytes.ts";
import type { HistoryDriver } from "./driver.ts";

/** How a history is opened. */
export interface HistoryOptions {
  /** Where it lies. */
  readonly driver: HistoryDriver;
  /**
   * Memory for the newest state, for what is not written yet and for the cache: a size, or a budget that
   * others share. Default: 32 MB.
   */
  readonly memory?: SizeInput | ByteBudget;
  /** True for somebody who reads what another process writes. Default: false. */
  readonly readOnly?: boolean;
  /**
   * True when an object that was saved is never changed afterwards: saving a state then costs what is new in
   * it, and not a walk over all of it. Default: false.
   */
  readonly immutable?: boolean;
  /** Bytes of a file of the log, after which the next one is begun. Default: 8 MB. */
  readonly segmentBytes?: number;
  /**
   * Bytes of log after which a keyframe is written even if it is large, which bounds what a restore reads.
   * Default: 1 MB.
   */
  readonly keyframeBytes?: number;
  /** Reads the time of a step, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly now?: () => number;
}
