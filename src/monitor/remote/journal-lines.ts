/**
 * What a journal consists of: a first line with the whole recording, then one line for each difference.
 * Processes and threads that are new come whole; of known ones only what was added to their lists, and all scalars.
 */
import type {
  ExitRecord,
  OomAccount,
  ProcessRecording,
  RecordedLimit,
  Recording,
  ThreadRecording,
} from "./recording.ts";

/** Base name of the journal inside a report folder. */
export const JOURNAL_FILE = "journal.ndjson";

/** The first line. */
export interface FirstLine {
  /** Of this form. */
  readonly schema: "plimsoll.journal/1";
  /** The watcher, to tell a run that goes on from one that was cut off. */
  readonly watcherPid: number;
  /** As it was when the file was begun. */
  readonly recording: Recording;
}

/** What is new in one thread; scalars come along whenever the thread has anything new. */
export type ThreadChange = Omit<Partial<ThreadRecording>, "threadId"> & Pick<ThreadRecording, "threadId">;
/** What is new in one process. */
export type ProcessChange = Omit<Partial<ProcessRecording>, "threads" | "pid"> &
  Pick<ProcessRecording, "pid" | "startedAtMs"> & { readonly threads?: ThreadChange[] };

/** Every other line. */
export interface Change {
  readonly limit: RecordedLimit;
  readonly endedAtMs?: number;
  readonly exit?: ExitRecord;
  readonly oom?: OomAccount;
  readonly crash?: string;
  readonly own: Recording["own"];
  readonly processes: ProcessChange[];
}

/** Names one process: a pid alone may come again. */
export function keyOf(one: Pick<ProcessRecording, "pid" | "startedAtMs">): string {
  return `${one.pid}@${one.startedAtMs}`;
}
