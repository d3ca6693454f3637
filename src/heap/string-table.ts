/**
 * The strings of a snapshot: where each begins in the file. The text is read when somebody asks, so that a table of
 * hundreds of megabytes costs eight bytes a string.
 */
import { bytesAt, numbersAt, type Workspace } from "./kernels.ts";
import { CARRY_BYTES, PIECE_BYTES } from "./memory-plan.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import { corrupt } from "./snapshot-layout.ts";

const STRINGS = '"strings":[';
const DIGIT_FIRST = 0x80000000;
/** No name in a report is longer. */
const MOST_CHARACTERS = 1024;
/** A character is at most six bytes of JSON: a backslash, u and four digits; twice that for one beyond 16 bits. */
const MOST_BYTES = 12 * MOST_CHARACTERS;

/** Where strings stand. */
export class StringTable {
  /** Strings. */
  readonly size: number;
  readonly #file: SnapshotFile;
  readonly #places: Float64Array;
  readonly #beginsWithDigit: Uint8Array;

  private constructor(file: SnapshotFile, places: Float64Array, beginsWithDigit: Uint8Array, size: number) {
    this.#file = file;
    this.#places = places;
    this.#beginsWithDigit = beginsWithDigit;
    this.size = size;
  }

  /** Strings whose places are known already. */
  static at(file: SnapshotFile, places: Float64Array): StringTable {
    return new StringTable(file, places, new Uint8Array(), places.length);
  }

  /** Where each begins in the file. */
  get places(): Float64Array {
    return this.#places;
  }

  /**
   * Finds the strings of a file.
   *
   * @param from - a place behind the edges.
   * @throws PlimsollError `ERR_PLIMSOLL_SNAPSHOT_CORRUPT` when the table is missing or does not end.
   */
  static find(file: SnapshotFile, workspace: Workspace, from: number): StringTable {
    const head = file.find(STRINGS, from);
    if (head === undefined)
      throw corrupt(file, file.sizeBytes, "it ends before its strings; nodes and edges were read");
    const { plan, functions } = workspace;
    const state = numbersAt(workspace, plan.result, 3);
    state.fill(0);
    const piece = bytesAt(workspace, plan.text, CARRY_BYTES + PIECE_BYTES + 1);
    let places = new Float64Array(1 << 16);
    let digits = new Uint8Array(1 << 16);
    let size = 0;
    for (let at = head + STRINGS.length; state[2] !== 1; at += PIECE_BYTES) {
      const read = file.readInto(piece, at);
      if (read === 0)
        throw corrupt(file, file.sizeBytes, `it ends within its strings, after ${size}; nodes and edges were read`);
      piece.fill(0, read);
      const count = functions.scanStrings(
        plan.text,
        plan.text + Math.min(read, PIECE_BYTES),
        plan.result,
        plan.predecessors,
      );
      if (size + count > places.length) {
        places = grown(places, size + count, (length) => new Float64Array(length));
        digits = grown(digits, size + count, (length) => new Uint8Array(length));
      }
      for (const found of numbersAt(workspace, plan.predecessors, count)) {
        places[size] = at + (found & ~DIGIT_FIRST);
        digits[size] = found >>> 31;
        size++;
      }
    }
    return new StringTable(file, places.slice(0, size), digits.slice(0, size), size);
  }

  /** True when the string's first character is a digit. */
  beginsWithDigit(index: number): boolean {
    return this.#beginsWithDigit[index] === 1;
  }

  /** The text, at most 1024 characters of it. */
  text(index: number): string {
    const at = this.#places[index];
    if (at === undefined) return "";
    const next = this.#places[index + 1] ?? this.#file.sizeBytes;
    const raw = this.#file.read(at, Math.min(next - at, MOST_BYTES)).toString("utf8");
    const end = closingQuote(raw);
    return parseLiteral(end === undefined ? raw.slice(0, MOST_CHARACTERS) : raw.slice(0, end + 1)).slice(
      0,
      MOST_CHARACTERS,
    );
  }
}

function grown<T extends Float64Array | Uint8Array>(old: T, least: number, make: (length: number) => T): T {
  const larger = make(Math.max(least, old.length * 2));
  larger.set(old);
  return larger;
}

function closingQuote(raw: string): number | undefined {
  for (let at = 1; at < raw.length; at++) {
    if (raw[at] === "\\") at++;
    else if (raw[at] === '"') return at;
  }
  return undefined;
}

/** A literal that was cut may end within an escape. */
function parseLiteral(raw: string): string {
  const candidates = raw.endsWith('"')
    ? [raw]
    : [raw, ...[1, 2, 3, 4, 5].map((cut) => raw.slice(0, -cut))].map((cut) => `${cut}"`);
  for (const candidate of candidates) {
    try {
      const text: unknown = JSON.parse(candidate);
      if (typeof text === "string") return text;
    } catch {
      // One character less may do.
    }
  }
  return "";
}
