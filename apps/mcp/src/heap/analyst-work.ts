/** What the analyst can be asked, as messages between the server and its child. */
import type { NativeHeapWalk, Unavailable } from "plimsoll/diagnose/remote";
import type { ClassCount, ClassGrowth, NodeSheet, Suspect } from "plimsoll/heap";

/** One snapshot in figures. */
export interface SnapshotSheet {
  readonly objects: number;
  readonly bytes: number;
  readonly suspects: readonly Suspect[];
  readonly classes: readonly ClassCount[];
}

/** Two or three compared. */
export interface ComparisonSheet {
  readonly suspects: readonly Suspect[];
  readonly classes: readonly ClassGrowth[];
  readonly grewBytes: number;
  readonly newCount: number;
}

/** One object; `text` only where that was asked for, and it is a string. */
export interface ObjectSheet {
  readonly sheet: NodeSheet;
  readonly text?: string;
}

/** Strings that are there several times. */
export interface DuplicateSheet {
  readonly count: number;
  readonly wastedBytes: number;
  readonly exampleId: number;
  readonly text?: string;
}

/** Each question with its answer. */
export interface AnalystWork {
  readonly summary: { readonly ask: { readonly file: string }; readonly answer: SnapshotSheet };
  readonly object: {
    readonly ask: { readonly file: string; readonly id: number; readonly showsText: boolean };
    readonly answer: ObjectSheet;
  };
  readonly compare: { readonly ask: { readonly files: readonly string[] }; readonly answer: ComparisonSheet };
  readonly duplicates: {
    readonly ask: { readonly file: string; readonly showsText: boolean };
    readonly answer: readonly DuplicateSheet[];
  };
  readonly native: { readonly ask: { readonly pid: number }; readonly answer: NativeHeapWalk | Unavailable };
}

/** Names of questions. */
export type AnalystTask = keyof AnalystWork;

/** To the child. */
export interface AnalystRequest {
  readonly id: number;
  readonly task: AnalystTask;
  readonly ask: AnalystWork[AnalystTask]["ask"];
}

/** From the child: how far it is, what it found, or why not. */
export type AnalystReply =
  | { readonly id: number; readonly stage: string }
  | { readonly id: number; readonly answer: AnalystWork[AnalystTask]["answer"] }
  | { readonly id: number; readonly error: string; readonly next: string };
