/**
 * The one error of the application. Its message says what is wrong, with the name of the parameter and its shape, and
 * what to do.
 */

/** What went wrong. */
export type BayesErrorCode =
  | "ERR_BAYES_CHECKPOINT"
  | "ERR_BAYES_SHAPE"
  | "ERR_BAYES_DATA"
  | "ERR_BAYES_MODEL"
  | "ERR_BAYES_OPTION"
  | "ERR_BAYES_START"
  | "ERR_BAYES_UNSUPPORTED"
  | "ERR_BAYES_WORKER";

/** An error with a code that programs can test. */
export class BayesError extends Error {
  override readonly name = "BayesError";
  /** What went wrong. */
  readonly code: BayesErrorCode;
  /** The figures behind the message. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: BayesErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  /** True for an error of this class, also where another copy of the application made it. */
  static is(error: unknown): error is BayesError {
    return error instanceof BayesError || (error instanceof Error && error.name === "BayesError" && "code" in error);
  }
}
