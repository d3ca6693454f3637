/**
 * Reads a source map (ECMA-426) as a stream: of 17 MB of JSON, mostly the sources' text, only the names
 * and one segment at a time are ever in memory. Parsed at once, such a map costs 80 MB.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { UnminifyError } from "../unminify-error.ts";
import { SegmentDecoder, type OnSegment } from "./segment-decoder.ts";

const CHUNK_BYTES = 64 * 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const END = -1;
const [OBJECT, OBJECT_END, ARRAY, ARRAY_END, COMMA, COLON] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x3a];

/**
 * Reads a map; returns its names.
 *
 * @param onSegment - told every segment that has a name, in the order of the map.
 * @throws UnminifyError `BAD_MAP` when it cannot be read or is no source map.
 */
export function readMap(path: string, onSegment: OnSegment): string[] {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new UnminifyError("BAD_MAP", `${path} cannot be read${isMissing ? ": there is no such file" : ""}.`, error);
  }
  try {
    return new MapReader(file, onSegment).read();
  } catch (error) {
    const reason = error instanceof NotAMap ? error.message : "it cannot be read";
    throw new UnminifyError("BAD_MAP", `${path} is no source map that can be used: ${reason}.`, error);
  } finally {
    closeSync(file);
  }
}

/** What is wrong with the JSON or the mappings. */
export class NotAMap extends Error {
  override readonly name = "NotAMap";
}

class MapReader {
  readonly #file: number;
  readonly #onSegment: OnSegment;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #length = 0;
  #at = 0;

  constructor(file: number, onSegment: OnSegment) {
    this.#file = file;
    this.#onSegment = onSegment;
  }

  read(): string[] {
    let names: string[] = [];
    let hasMappings = false;
    // Some servers put a line before the JSON, so that it cannot be run as a script.
    let first = this.#token();
    while (first !== OBJECT && first !== END) first = this.#next();
    if (first === END) throw new NotAMap("it holds no JSON object");
    for (let byte = this.#token(); byte !== OBJECT_END; byte = this.#token()) {
      if (byte === COMMA) continue;
      if (byte !== QUOTE) throw new NotAMap(byte === END ? "it ends in the middle" : "it is not JSON");
      const key = this.#string();
      if (this.#token() !== COLON) throw new NotAMap("it is not JSON");
      const value = this.#token();
      if (key === "sections") throw new NotAMap("it is an index of several maps (`sections`): give one of these");
      if (key === "names") names = this.#names(value);
      else if (key === "mappings") {
        this.#mappings(value);
        hasMappings = true;
      } else this.#skip(value);
    }
    if (!hasMappings) throw new NotAMap("it has no `mappings`");
    return names;
  }

  #names(first: number): string[] {
    if (first !== ARRAY) throw new NotAMap("its `names` are no list");
    const names: string[] = [];
    for (let byte = this.#token(); byte !== ARRAY_END; byte = this.#token()) {
      if (byte === COMMA) continue;
      if (byte !== QUOTE) throw new NotAMap("its `names` are no list of texts");
      names.push(this.#string());
    }
    return names;
  }

  #mappings(first: number): void {
    if (first !== QUOTE) throw new NotAMap("its `mappings` are no text");
    const decoder = new SegmentDecoder(this.#onSegment);
    for (let byte = this.#needed(); byte !== QUOTE; byte = this.#needed())
      // `\/` is how some write a slash.
      if (byte !== BACKSLASH && !decoder.push(byte)) throw new NotAMap("its `mappings` hold something else");
    if (!decoder.end()) throw new NotAMap("its `mappings` hold something else");
  }

  /** The rest of a text whose first quote was read. */
  #string(): string {
    const bytes = [QUOTE];
    for (let byte = this.#needed(); byte !== QUOTE; byte = this.#needed()) {
      bytes.push(byte);
      if (byte === BACKSLASH) bytes.push(this.#needed());
    }
    bytes.push(QUOTE);
    try {
      return String(JSON.parse(Buffer.from(bytes).toString("utf8")));
    } catch {
      throw new NotAMap("it is not JSON");
    }
  }

  /** Passes over a value of any kind, whose first byte was read. */
  #skip(first: number): void {
    let depth = 0;
    for (let byte = first; ; byte = this.#needed()) {
      if (byte === END) throw new NotAMap("it ends in the middle");
      if (byte === QUOTE) this.#skipString();
      else if (byte === OBJECT || byte === ARRAY) depth++;
      else if (byte === OBJECT_END || byte === ARRAY_END) depth--;
      if (depth < 0) {
        this.#at--;
        return;
      }
      if (depth === 0) {
        const isWhole = byte === QUOTE || byte === OBJECT_END || byte === ARRAY_END;
        if (isWhole) return;
        if (byte === COMMA) return;
      }
    }
  }

  #skipString(): void {
    for (let byte = this.#needed(); byte !== QUOTE; byte = this.#needed()) if (byte === BACKSLASH) this.#needed();
  }

  #needed(): number {
    const byte = this.#next();
    if (byte === END) throw new NotAMap("it ends in the middle");
    return byte;
  }

  /** The next byte that is no white space. */
  #token(): number {
    let byte = this.#next();
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#next();
    return byte;
  }

  #next(): number {
    if (this.#at === this.#length) {
      this.#length = readSync(this.#file, this.#buffer, 0, CHUNK_BYTES, null);
      this.#at = 0;
      if (this.#length === 0) return END;
    }
    return this.#buffer[this.#at++] ?? END;
  }
}
