/**
 * The one error class of Plimsoll. Callers branch on `code`, people read `message`: what happened,
 * the numbers, and what to do next.
 */

/** Every code that a {@link PlimsollError} can carry. */
export type PlimsollErrorCode =
  | "ERR_PLIMSOLL_BAD_OPTION"
  | "ERR_PLIMSOLL_BAD_SIZE"
  | "ERR_PLIMSOLL_BAD_REPORT"
  | "ERR_PLIMSOLL_CAPTURE_FAILED"
  | "ERR_PLIMSOLL_CAPTURE_REFUSED"
  | "ERR_PLIMSOLL_GC_UNAVAILABLE"
  | "ERR_PLIMSOLL_LEAK"
  | "ERR_PLIMSOLL_MISSING_PEER"
  | "ERR_PLIMSOLL_NO_REPORT"
  | "ERR_PLIMSOLL_OVER_BUDGET"
  | "ERR_PLIMSOLL_OVER_LIMIT"
  | "ERR_PLIMSOLL_START_FAILED"
  | "ERR_PLIMSOLL_RELEASED"
  | "ERR_PLIMSOLL_RELEASE_FAILED"
  | "ERR_PLIMSOLL_SCOPE_ENDED"
  | "ERR_PLIMSOLL_SCOPE_HELD"
  | "ERR_PLIMSOLL_SNAPSHOT_CORRUPT"
  | "ERR_PLIMSOLL_SPILL_CLOSED"
  | "ERR_PLIMSOLL_SPILL_CORRUPT"
  | "ERR_PLIMSOLL_SPILL_FAILED"
  | "ERR_PLIMSOLL_TREE_CYCLE"
  | "ERR_PLIMSOLL_TREE_TOO_LARGE"
  | "ERR_PLIMSOLL_UNKNOWN_VALUE"
  | "ERR_PLIMSOLL_UNWRITABLE"
  | "ERR_PLIMSOLL_UNSAVABLE"
  | "ERR_PLIMSOLL_BAD_PATCH"
  | "ERR_PLIMSOLL_HANDOFF_REFUSED"
  | "ERR_PLIMSOLL_HISTORY_LOCKED"
  | "ERR_PLIMSOLL_HISTORY_DAMAGED"
  | "ERR_PLIMSOLL_HISTORY_FORMAT"
  | "ERR_PLIMSOLL_HISTORY_BACKLOG"
  | "ERR_PLIMSOLL_NO_STEP"
  | "ERR_PLIMSOLL_USAGE";

/** Figures and names that belong to an error, for machines; never secrets. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** An error that says what happened, with the numbers, and what to do next. */
export class PlimsollError extends Error {
  /** Always `PlimsollError`. */
  override readonly name = "PlimsollError";
  /** Stable identifier, safe to branch on. */
  readonly code: PlimsollErrorCode;
  /** The figures behind the message. Default: an empty object. */
  readonly details: ErrorDetails;

  constructor(code: PlimsollErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** True when `error` is a {@link PlimsollError}, with this `code` where one is given. */
  static is(error: unknown, code?: PlimsollErrorCode): error is PlimsollError {
    return error instanceof PlimsollError && (code === undefined || error.code === code);
  }
}
