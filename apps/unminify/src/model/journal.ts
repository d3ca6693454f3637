/**
 * Answers on disk, each call's as one line as soon as it is there, so that a killed run asks nothing
 * twice. A line begins with its checksum (CRC-32): a half-written last one is cut off. The first line
 * says what was asked about, in the form of a hash.
 */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { UnminifyError } from "../unminify-error.ts";
import type { Answer } from "./question.ts";

const CHUNK_BYTES = 64 * 1024;
const CHECKSUM_LENGTH = 8;
const NEW_LINE = 0x0a;

/** Answers of one input and model. */
export class Journal implements Disposable {
  readonly #file: number;
  /** Where it is. */
  readonly path: string;
  /** Calls whose answers it holds. */
  calls = 0;

  private constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Opens a journal, or begins one.
   *
   * @param key - of what is asked about; a journal of something else is refused.
   * @param onAnswers - told what it holds.
   * @throws UnminifyError `BAD_USAGE` when it belongs to something else, `UNWRITABLE` when it cannot be opened.
   */
  static open(path: string, key: string, onAnswers: (answers: readonly Answer[]) => void): Journal {
    const journal = new Journal(path, openFile(path));
    let lines = 0;
    const good = readLines(journal.#file, (line) => {
      if (lines++ === 0) return line === JSON.stringify({ key });
      onAnswers(JSON.parse(line) as Answer[]);
      journal.calls++;
      return true;
    });
    if (good === 0 && lines > 0) {
      closeSync(journal.#file);
      throw new UnminifyError(
        "BAD_USAGE",
        `${path} holds answers for another input or model: remove it, or leave out --resume.`,
      );
    }
    ftruncateSync(journal.#file, good);
    if (good === 0) journal.#write(JSON.stringify({ key }));
    return journal;
  }

  /** Adds the answers of a call. @throws UnminifyError `UNWRITABLE` when the disk is full. */
  add(answers: readonly Answer[]): void {
    this.#write(JSON.stringify(answers));
    this.calls++;
  }

  /** Closes the file, which stays where it holds anything. */
  [Symbol.dispose](): void {
    closeSync(this.#file);
    if (this.calls === 0) rmSync(this.path, { force: true });
  }

  #write(line: string): void {
    const bytes = Buffer.from(`${checksum(line)} ${line}\n`);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UnminifyError("UNWRITABLE", `${this.path} cannot be written: ${reason}.`, error);
    }
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, "a+", 0o600);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnminifyError("UNWRITABLE", `${path} cannot be written: ${reason}.`, error);
  }
}

function checksum(line: string): string {
  return crc32(line).toString(16).padStart(CHECKSUM_LENGTH, "0");
}

/** Reads lines while they are whole and taken; returns the bytes of these. */
function readLines(file: number, take: (line: string) => boolean): number {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let good = 0;
  for (let at = 0; ;) {
    const length = readSync(file, chunk, 0, CHUNK_BYTES, at);
    if (length === 0) return good;
    at += length;
    let bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
    for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE)) {
      const text = bytes.subarray(0, end).toString("utf8");
      const line = text.slice(CHECKSUM_LENGTH + 1);
      if (text.slice(0, CHECKSUM_LENGTH) !== checksum(line) || !take(line)) return good;
      good += end + 1;
      bytes = bytes.subarray(end + 1);
    }
    rest = Buffer.from(bytes);
  }
}
