/**
 * Why a running program was not entered: a word for code, a sentence for people that says what would
 * help. Refusing is the ordinary outcome of many programs, hence a result and no error.
 */

/** What stood in the way. */
export type RefusalReason =
  /** There is no `/proc` to find the inspector's port in. */
  | "no-proc"
  /** The process has ended, before or meanwhile. */
  | "ended"
  /** Not Node.js: SIGUSR1 would end most other programs. */
  | "not-node"
  /** A thread's number, not a process's. */
  | "thread"
  /** Another user's, who could not reach the watcher's socket; root's own exception does not help. */
  | "other-user"
  /** Another container's, by process numbers or by network. */
  | "other-namespace"
  /** The program does not see the directory with the watcher's socket. */
  | "other-files"
  /** Suspended by SIGSTOP or a terminal. */
  | "stopped"
  /** The inspector cannot be started: `--disable-sigusr1`, `--permission`, a build without it. */
  | "disabled"
  /** The program's own handler would get the signal. */
  | "own-handler"
  /** It cannot be told whether there is such a handler. */
  | "unknown-handler"
  /** Somebody else listens on the inspector's port. */
  | "port-taken"
  /** Another attach has not ended yet. */
  | "busy"
  /** The program has not answered in time. */
  | "no-answer"
  /** Another watcher is on board. */
  | "already-watched"
  /** The inspector has answered, but the agent could not be loaded. */
  | "failed";

/** A polite no. */
export interface Refusal {
  /** Which of the reasons. */
  readonly refused: RefusalReason;
  /** One sentence: what stands in the way, and what would help. */
  readonly message: string;
  /**
   * Resolves when nothing of the attempt is left in the program: no open port, no awaited signal. It is there at once but
   * for `no-answer`: Node acts on the signal whenever the program comes to itself, and the port is closed then, as
   * long as this process lives (at most 10 minutes). Never rejects.
   */
  readonly portClosed: Promise<void>;
}

/** Makes a {@link Refusal}. */
export function refuse(reason: RefusalReason, message: string, portClosed = Promise.resolve()): Refusal {
  return { refused: reason, message, portClosed };
}

/** Tells a refusal from a success. */
export function isRefusal(outcome: object): outcome is Refusal {
  return "refused" in outcome;
}
