/**
 * The one error of this program: bad input, a limit that would not hold, a place that cannot be
 * written. Of its own rather than Plimsoll's, because loading that costs memory which a run of 60 MB
 * can do without.
 */

/** What went wrong; the command's exit code follows from it. */
export type UnminifyErrorCode =
  | "BAD_USAGE"
  | "BAD_INPUT"
  | "BAD_MAP"
  | "OVER_MEMORY"
  | "NOT_EQUIVALENT"
  | "UNWRITABLE"
  | "OVER_COST"
  | "MODEL_FAILED"
  | "STOPPED";

/** An error that says what happened, with the numbers, and what to do next. */
export class UnminifyError extends Error {
  /** Always `UnminifyError`. */
  override readonly name = "UnminifyError";
  /** Stable identifier. */
  readonly code: UnminifyErrorCode;

  constructor(code: UnminifyErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
