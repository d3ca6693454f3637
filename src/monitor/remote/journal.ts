/**
 * The watcher's own black box: once a second it appends to an NDJSON file what is new in the
 * recording, so that even a watcher that is killed leaves everything up to the last second behind.
 * The first line is the whole recording, each later one a difference. When the differences outgrow
 * the recording (which is thinned, hence bounded) the file is written anew and renamed over the old
 * one: a week of watching stays at a few megabytes.
 */
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FirstLine, JOURNAL_FILE } from "./journal-lines.ts";
import { JournalMarks } from "./journal-marks.ts";
import type { Recording } from "./recording.ts";

/** Differences may take this much before the file is written anew, or as much as the recording itself. */
const ROTATE_BYTES = 1 << 20;

/** Writes what is new in a {@link Recording}. A full disk stops nothing: see {@link Journal.failure}. */
export class Journal implements Disposable {
  readonly #file: string;
  readonly #recording: Recording;
  #descriptor: number | undefined;
  #firstBytes = 0;
  #changeBytes = 0;
  #torn = false;
  readonly #marks = new JournalMarks();
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
    this.#marks.commit(this.#recording);
  }

  #append(): void {
    if (this.#descriptor === undefined) return;
    // A line that a full disk cut short is closed by a newline; its content comes again, as marks move only on success.
    const line = `${this.#torn ? "\n" : ""}${JSON.stringify(this.#marks.difference(this.#recording))}\n`;
    this.#torn = true;
    writeFileSync(this.#descriptor, line);
    this.#torn = false;
    this.#changeBytes += line.length;
    this.#marks.commit(this.#recording);
  }
}
