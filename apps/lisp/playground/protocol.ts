/**
 * What the page and the worker tell each other. All of it is plain data.
 */

/** A variable as the page shows it. */
export interface VariableView {
  readonly name: string;
  /** Its value, as `write` shows it, cut short. */
  readonly text: string;
  /** The scope: `local`, `captured`, or the name of a namespace. */
  readonly scope: string;
  /** True when it may be asked who holds the value. */
  readonly isHeld: boolean;
}

/** A part of the text in the editor, in UTF-16 code units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Memory: what the program keeps alive, and what is kept of its past. */
export interface MemoryView {
  /** Objects that the program keeps alive. */
  readonly objects: number;
  /** The most frequent kinds among them. */
  readonly kinds: string;
  /** False when there are more than were counted. */
  readonly isComplete: boolean;
  /** Bytes of the history. */
  readonly history: number;
  /** How many forms have code. */
  readonly code: number;
  /** Frames of the continuation. */
  readonly depth: number;
}

/** Everything that the page shows of a session. */
export interface SessionView {
  readonly isRunning: boolean;
  /** True when a form is under way, or more are to come. */
  readonly isUnfinished: boolean;
  readonly step: number;
  readonly firstStep: number;
  readonly headStep: number;
  readonly branch: string;
  readonly branches: readonly string[];
  /** The form that comes next, when it is in the editor. */
  readonly span: Span | undefined;
  /** The form that comes next, or the value that is returned. */
  readonly doing: string;
  readonly variables: readonly VariableView[];
  /** Where the innermost frames go on. */
  readonly frames: readonly string[];
  readonly memory: MemoryView;
  /** Where the session is kept, and whether that has been done. */
  readonly storage: string;
}

/** A line of the transcript. */
export interface OutputLine {
  readonly kind: "output" | "value" | "error" | "input" | "note";
  readonly text: string;
  readonly step: number;
  readonly branch: string;
}

/** What the page asks for. */
export type Request =
  | { readonly kind: "run"; readonly text: string }
  | { readonly kind: "ask"; readonly text: string }
  | { readonly kind: "continue" }
  | { readonly kind: "pause" }
  | { readonly kind: "step"; readonly by: number }
  | { readonly kind: "goto"; readonly target: number | string }
  | { readonly kind: "branch"; readonly name: string }
  | { readonly kind: "why"; readonly name: string; readonly scope: string }
  | { readonly kind: "save" }
  | { readonly kind: "open"; readonly bytes: Uint8Array }
  | { readonly kind: "clear" };

/** What the worker answers. */
export type Answer =
  | { readonly kind: "view"; readonly view: SessionView }
  | { readonly kind: "output"; readonly lines: readonly OutputLine[] }
  | { readonly kind: "why"; readonly name: string; readonly paths: readonly (readonly string[])[] }
  | { readonly kind: "saved"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: "opened"; readonly text: string; readonly lines: readonly OutputLine[] }
  | { readonly kind: "failed"; readonly message: string };
