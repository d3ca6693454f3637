/**
 * Reads a journal back, also one whose watcher was killed in the middle of a line: the first line is the
 * recording, each later one is folded into it. The file is bounded by its writer.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PlimsollError } from "../../base/errors.ts";
import { type Change, type FirstLine, JOURNAL_FILE, keyOf, type ProcessChange } from "./journal-lines.ts";
import type { ProcessRecording, Recording, ThreadRecording } from "./recording.ts";

/** What a journal holds. */
export interface JournalContent {
  /** Up to the last whole line. */
  readonly recording: Recording;
  /** The watcher's process id. */
  readonly watcherPid: number;
}

/**
 * Folds a journal back into the recording. Lines that were cut short are passed over.
 *
 * @param dir - the report folder.
 * @throws PlimsollError `ERR_PLIMSOLL_NO_REPORT` when the folder holds no journal or one without a first line.
 */
export function readJournal(dir: string): JournalContent {
  const file = join(dir, JOURNAL_FILE);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw noJournal(file, "there is no such file");
  const [first, ...changes] = readFileSync(file, "utf8").split("\n").map(parseLine);
  if (!isFirstLine(first)) throw noJournal(file, "its first line is not that of a journal");
  const { recording, watcherPid } = first;
  for (const change of changes) if (isChange(change)) apply(recording, change);
  return { recording, watcherPid };
}

function noJournal(file: string, why: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_NO_REPORT", `No journal can be read from ${file}: ${why}.`);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isFirstLine(value: unknown): value is FirstLine {
  const line = value as Partial<FirstLine> | null | undefined;
  return line?.schema === "plimsoll.journal/1" && Array.isArray(line.recording?.processes);
}

function isChange(value: unknown): value is Change {
  return Array.isArray((value as Partial<Change> | null | undefined)?.processes);
}

function apply(recording: Recording, { processes, ...scalars }: Change): void {
  Object.assign(recording, scalars);
  for (const change of processes) {
    const known = recording.processes.find((one) => keyOf(one) === keyOf(change));
    if (known) applyToProcess(known, change);
    // A process that is new comes complete.
    else recording.processes.push(change as ProcessRecording);
  }
}

function applyToProcess(known: ProcessRecording, { resident, threads, ...scalars }: ProcessChange): void {
  Object.assign(known, scalars);
  known.resident.push(...(resident ?? []));
  for (const change of threads ?? []) {
    const thread = known.threads.find(({ threadId }) => threadId === change.threadId);
    if (!thread) {
      known.threads.push(change as ThreadRecording);
      continue;
    }
    const { samples, majors, profiles, troubles, ...rest } = change;
    Object.assign(thread, rest);
    thread.samples.push(...(samples ?? []));
    thread.majors.push(...(majors ?? []));
    thread.profiles.push(...(profiles ?? []));
    thread.troubles.push(...(troubles ?? []));
  }
}
