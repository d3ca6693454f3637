/**
 * The one error of the application. Its message says what happened, with the name of the node and the numbers, and what to do next.
 */

/** What went wrong. */
export type WorkflowErrorCode =
  /** The graph is none that can run. */
  | "ERR_WORKFLOW_GRAPH"
  /** A value does not fit the schema of its node. */
  | "ERR_WORKFLOW_SCHEMA"
  /** A node has failed; the cause says why. */
  | "ERR_WORKFLOW_NODE"
  /** An option or an argument is out of range. */
  | "ERR_WORKFLOW_OPTION"
  /** The file of a workflow cannot be loaded. */
  | "ERR_WORKFLOW_FILE"
  /** A run cannot go on: there is none, or its workflow has changed. */
  | "ERR_WORKFLOW_RESUME"
  /** What has to be kept cannot be written or read. */
  | "ERR_WORKFLOW_STORAGE"
  /** The model gave no answer that can be used; another time it may. */
  | "ERR_WORKFLOW_MODEL"
  /** The model's endpoint refuses the request as it is. */
  | "ERR_WORKFLOW_REFUSED"
  /** Stopped from outside. */
  | "ERR_WORKFLOW_STOPPED";

/** An error with a code that programs can test. */
export class WorkflowError extends Error {
  override readonly name = "WorkflowError";
  /** What went wrong. */
  readonly code: WorkflowErrorCode;
  /** The figures behind the message. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: WorkflowErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  /** True for an error of this class, also where another copy of the application made it. */
  static is(error: unknown, code?: WorkflowErrorCode): error is WorkflowError {
    const isOne = error instanceof Error && error.name === "WorkflowError" && "code" in error;
    return isOne && (code === undefined || error.code === code);
  }
}

/** The words of whatever was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
