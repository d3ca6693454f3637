/**
 * The watcher's own black box: once a second it appends to an NDJSON file what is new in the
 * recording, so that even a watcher that is killed leaves everything up to the last second behind.
 * The first line is the whole recording, each later one a difference. When the differences outgrow
 * the recording (which is thinned, hence bounded) the file is written anew and renamed over the old
 * one: a week of watching stays at a few megabytes.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PlimsollError } from "../../base/errors.ts";
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

/** Differences may take this much before the file is written anew, or as much as the recording itself. */
const ROTATE_BYTES = 1 << 20;

/** Short lists that change seldom travel whole, and only when they have changed. */
const SELDOM_OF_PROCESS = ["regions", "modules", "allocator", "experiments"] as const;
const SELDOM_OF_THREAD = ["heap"] as const;

interface FirstLine {
  readonly schema: "plimsoll.journal/1";
  /** The watcher, to tell a run that goes on from one that was cut off. */
  readonly watcherPid: number;
  readonly recording: Recording;
}

/** What is new in one thread; scalars come along whenever the thread has anything new. */
type ThreadChange = Omit<Partial<ThreadRecording>, "threadId"> & Pick<ThreadRecording, "threadId">;
type ProcessChange = Omit<Partial<ProcessRecording>, "threads" | "pid"> &
  Pick<ProcessRecording, "pid" | "startedAtMs"> & { readonly threads?: ThreadChange[] };

interface Change {
  readonly limit: RecordedLimit;
  readonly endedAtMs?: number;
  readonly exit?: ExitRecord;
  readonly oom?: OomAccount;
  readonly crash?: string;
  readonly own: Recording["own"];
  readonly processes: ProcessChange[];
}

/** What a journal holds. */
export interface JournalContent {
  readonly recording: Recording;
  /** The watcher's process id. */
  readonly watcherPid: number;
}

/** Writes what is new in a {@link Recording}. A full disk stops nothing: see {@link Journal.failure}. */
export class Journal implements Disposable {
  readonly #file: string;
  readonly #recording: Recording;
  #descriptor: number | undefined;
  #firstBytes = 0;
  #changeBytes = 0;
  #torn = false;
  /** Times of the newest written entry of each list, by list. */
  readonly #marks = new Map<string, number>();
  /** Why the last write failed; `undefined` when it succeeded. */
  failure: Error | undefined;

  private constructor(file: string, recording: Recording) {
    this.#file = file;
    this.#recording = recording;
  }

  /**
   * Opens a journal and writes the recording so far; an older journal in the folder is replaced.
   *
   * @param dir - an existing folder.
   * @param recording - the live recording; it is read at every {@link Journal.write}.
   */
  static open(dir: string, recording: Recording): Journal {
    const journal = new Journal(join(dir, JOURNAL_FILE), recording);
    journal.#attempt(() => journal.#writeWhole());
    return journal;
  }

  /** Appends what is new. Call it about once a second; it never throws. */
  write(): void {
    this.#attempt(() => {
      if (this.#descriptor === undefined || this.#changeBytes > Math.max(ROTATE_BYTES, this.#firstBytes)) {
        this.#writeWhole();
      } else this.#append();
    });
  }

  /** Appends what is new, and closes the file. */
  close(): void {
    this.write();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Removes the file, once a report says the same. */
  remove(): void {
    this.close();
    rmSync(this.#file, { force: true });
  }

  #attempt(write: () => void): void {
    try {
      write();
      this.failure = undefined;
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  #writeWhole(): void {
    const first: FirstLine = { schema: "plimsoll.journal/1", watcherPid: process.pid, recording: this.#recording };
    const line = `${JSON.stringify(first)}\n`;
    const fresh = `${this.#file}.new`;
    const descriptor = openSync(fresh, "w", 0o600);
    try {
      writeFileSync(descriptor, line);
      renameSync(fresh, this.#file);
    } catch (error) {
      closeSync(descriptor);
      rmSync(fresh, { force: true });
      throw error;
    }
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#firstBytes = line.length;
    this.#changeBytes = 0;
    this.#torn = false;
    this.#marks.clear();
    commit(this.#marks, this.#recording);
  }

  #append(): void {
    if (this.#descriptor === undefined) return;
    // A line that a full disk cut short is closed by a newline; its content comes again, as marks move only on success.
    const line = `${this.#torn ? "\n" : ""}${JSON.stringify(this.#difference())}\n`;
    this.#torn = true;
    writeFileSync(this.#descriptor, line);
    this.#torn = false;
    this.#changeBytes += line.length;
    commit(this.#marks, this.#recording);
  }

  #difference(): Change {
    const { limit, endedAtMs, exit, oom, crash, own } = this.#recording;
    const processes = this.#recording.processes.map((one) => this.#processChange(one));
    return {
      limit,
      ...(endedAtMs === undefined ? {} : { endedAtMs }),
      ...(exit === undefined ? {} : { exit }),
      ...(oom === undefined ? {} : { oom }),
      ...(crash === undefined ? {} : { crash }),
      own,
      processes: processes.filter((change) => change !== undefined),
    };
  }

  #processChange(one: ProcessRecording): ProcessChange | undefined {
    const key = keyOf(one);
    const resident = this.#fresh(`${key} resident`, one.resident);
    const threads = one.threads
      .map((thread) => this.#threadChange(key, thread))
      .filter((change) => change !== undefined);
    const isEnded = one.endedAtMs !== undefined && !this.#marks.has(`${key} ended`);
    const { change, isNew } = this.#withoutOld(key, { ...one, resident, threads }, SELDOM_OF_PROCESS);
    if (resident.length === 0 && threads.length === 0 && !isNew && !isEnded && this.#marks.has(key)) return undefined;
    return change;
  }

  #threadChange(processKey: string, thread: ThreadRecording): ThreadChange | undefined {
    const key = `${processKey} ${thread.threadId}`;
    const samples = this.#fresh(`${key} samples`, thread.samples);
    const majors = this.#fresh(`${key} majors`, thread.majors);
    const profiles = this.#fresh(`${key} profiles`, thread.profiles);
    const troubles = thread.troubles.slice(this.#marks.get(`${key} troubles`) ?? 0);
    const isEnded = thread.endedAtMs !== undefined && !this.#marks.has(`${key} ended`);
    const count = samples.length + majors.length + profiles.length + troubles.length;
    const news = { ...thread, samples, majors, profiles, troubles };
    const { change, isNew } = this.#withoutOld(key, news, SELDOM_OF_THREAD);
    if (count === 0 && !isNew && !isEnded && this.#marks.has(key)) return undefined;
    return change;
  }

  #withoutOld<T extends object>(key: string, change: T, names: readonly (keyof T & string)[]) {
    let isNew = false;
    for (const name of names) {
      const isOld = this.#marks.get(`${key} ${name}`) === stampOf(change[name]);
      if (isOld) delete change[name];
      isNew ||= !isOld;
    }
    return { change, isNew };
  }

  #fresh<T extends { readonly timeMs: number }>(key: string, list: readonly T[]): T[] {
    const mark = this.#marks.get(key) ?? Number.NEGATIVE_INFINITY;
    let from = list.length;
    while (from > 0 && (list[from - 1]?.timeMs ?? mark) > mark) from--;
    return list.slice(from);
  }
}

/** Tells one state of a short list from the next; `undefined` where there is none. */
function stampOf(list: unknown): number | undefined {
  if (!Array.isArray(list)) return undefined;
  const last = list.at(-1) as { readonly timeMs?: number; readonly rssBytes?: number } | undefined;
  return last?.timeMs ?? list.length + (last?.rssBytes ?? 0);
}

/** Remembers how far each list was written. */
function commit(marks: Map<string, number>, recording: Recording): void {
  const mark = (key: string, list: readonly { readonly timeMs: number }[]): void => {
    const newest = list.at(-1);
    if (newest) marks.set(key, newest.timeMs);
  };
  const stamp = <T extends object>(key: string, holder: T, names: readonly (keyof T & string)[]): void => {
    for (const name of names) {
      const newest = stampOf(holder[name]);
      if (newest !== undefined) marks.set(`${key} ${name}`, newest);
    }
  };
  for (const one of recording.processes) {
    const key = keyOf(one);
    marks.set(key, 1);
    if (one.endedAtMs !== undefined) marks.set(`${key} ended`, 1);
    mark(`${key} resident`, one.resident);
    stamp(key, one, SELDOM_OF_PROCESS);
    for (const thread of one.threads) {
      const threadKey = `${key} ${thread.threadId}`;
      marks.set(threadKey, 1);
      if (thread.endedAtMs !== undefined) marks.set(`${threadKey} ended`, 1);
      mark(`${threadKey} samples`, thread.samples);
      stamp(threadKey, thread, SELDOM_OF_THREAD);
      mark(`${threadKey} majors`, thread.majors);
      mark(`${threadKey} profiles`, thread.profiles);
      marks.set(`${threadKey} troubles`, thread.troubles.length);
    }
  }
}

/** A pid alone may come again. */
function keyOf(one: Pick<ProcessRecording, "pid" | "startedAtMs">): string {
  return `${one.pid}@${one.startedAtMs}`;
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
