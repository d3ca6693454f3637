/**
 * Opens a log: finds its generation, reads every record once, and cuts off what a crash has left
 * unfinished at the end. Damage before the end is noted and kept: what does not need it can be read.
 */
import { PlimsollError } from "../base/errors.ts";
import { ByteReader } from "./byte-reader.ts";
import type { HistoryStorage, StoredFile } from "./driver.ts";
import { readTrailer } from "./keyframe.ts";
import { Names } from "./names.ts";
import {
  FORMAT,
  HEADER_BYTES,
  type LogRecord,
  openRecord,
  parseSegmentName,
  positionOf,
  RECORD,
  sealRecord,
} from "./record.ts";
import { StepIndex } from "./step-index.ts";
import { readStepsHeader } from "./steps-record.ts";

/** The file that names the generation in use. */
export const MANIFEST = "manifest";
const WINDOW_BYTES = 2 ** 20;

/** Bytes that are not what was written. */
export interface Damage {
  /** The file, as the driver calls it. */
  readonly file: string;
  /** First byte. */
  readonly offset: number;
  /** How many are no whole record. */
  readonly bytes: number;
  /** The last whole step before; 0 when there is none. */
  readonly afterStep: number;
}

/** What a log holds. */
export class LogContent {
  readonly index = new StepIndex();
  readonly names = new Names();
  readonly damages: Damage[] = [];
  readonly generation: number;
  /** Where the next record goes, or is expected. */
  end = 0;
  #segments = 0;

  constructor(generation: number) {
    this.generation = generation;
  }

  /** Reads on from {@link end}. Returns how many bytes of the last segment are no whole records. */
  async read(
    storage: HistoryStorage,
    where: string,
  ): Promise<{ readonly file: string; readonly from: number } | undefined> {
    const files = segmentsOf(await storage.list(), this.generation);
    let torn: { readonly file: string; readonly from: number } | undefined;
    for (const [at, { name, bytes }] of files.entries()) {
      const segment = parseSegmentName(name)?.segment ?? 0;
      if (segment < this.#segments) continue;
      const from = this.end >= positionOf(segment, 0) ? this.end - positionOf(segment, 0) : 0;
      const wholeTo = await this.#readSegment(storage, where, name, segment, from, bytes);
      this.end = positionOf(segment, wholeTo);
      if (wholeTo < bytes && at === files.length - 1) torn = { file: name, from: wholeTo };
      this.#segments = segment;
    }
    this.index.cutAfterLast();
    return torn;
  }

  async #readSegment(
    storage: HistoryStorage,
    where: string,
    name: string,
    segment: number,
    from: number,
    size: number,
  ): Promise<number> {
    let at = from;
    let window = WINDOW_BYTES;
    let skipping: number | undefined;
    while (at < size) {
      const bytes = await storage.read(name, at, Math.min(window, size - at));
      let taken = 0;
      let larger = 0;
      while (taken < bytes.length) {
        const record = openRecord(bytes, taken, positionOf(segment, at + taken));
        if (record) {
          if (skipping !== undefined) this.#note(name, skipping, at + taken - skipping);
          skipping = undefined;
          this.#take(record, where, name);
          taken = record.end - positionOf(segment, at);
          continue;
        }
        const needed = taken + HEADER_BYTES <= bytes.length ? HEADER_BYTES + lengthAt(bytes, taken) : HEADER_BYTES;
        const isCutByWindow = taken + needed > bytes.length && at + taken + needed <= size && isRecord(bytes, taken);
        if (isCutByWindow && (taken > 0 || window < needed)) {
          larger = needed;
          break;
        }
        // No record begins here. Another one may begin later: damage in the middle loses only itself.
        skipping ??= at + taken;
        taken++;
        while (taken < bytes.length && !isRecord(bytes, taken)) taken++;
      }
      at += taken;
      window = Math.max(WINDOW_BYTES, larger);
    }
    return skipping ?? size;
  }

  #note(file: string, offset: number, bytes: number): void {
    this.damages.push({ file, offset, bytes, afterStep: this.index.last });
  }

  #take({ type, content, position, end }: LogRecord, where: string, file: string): void {
    if (type === RECORD.start) {
      const format = content[0];
      if (format !== FORMAT) {
        throw new PlimsollError(
          "ERR_PLIMSOLL_HISTORY_FORMAT",
          `${file} in ${where} has format ${format}; this version reads format ${FORMAT}. Read it with the version that wrote it.`,
          { details: { format, supported: FORMAT } },
        );
      }
    } else if (type === RECORD.steps) {
      const { first, last, count, parent } = readStepsHeader(new ByteReader(content));
      this.index.addSteps(first, last, count, parent, position);
      this.names.move(last);
    } else if (type === RECORD.keyframe) {
      const trailer = readTrailer(content);
      if (trailer) this.index.addKeyframe({ step: trailer.step, position, end });
    } else if (type === RECORD.names) {
      this.names.apply(content);
    }
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return new ByteReader(bytes, at + 4).u32();
}

/** A quick look before a checksum is computed: a known type. */
function isRecord(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at + 8];
  return type === undefined || (type >= RECORD.start && type <= RECORD.names);
}

/** The segments of a generation in their order. */
export function segmentsOf(files: readonly StoredFile[], generation: number): StoredFile[] {
  return files
    .filter(({ name }) => parseSegmentName(name)?.generation === generation)
    .sort((one, other) => (parseSegmentName(one.name)?.segment ?? 0) - (parseSegmentName(other.name)?.segment ?? 0));
}

/**
 * The generation in use; 0 when there is none.
 *
 * @param mayCut - true for the writer, who cuts off an entry that a crash has left unfinished.
 */
export async function readGeneration(storage: HistoryStorage, mayCut: boolean): Promise<number> {
  const files = await storage.list();
  const size = files.find(({ name }) => name === MANIFEST)?.bytes ?? 0;
  const bytes = await storage.read(MANIFEST, 0, size);
  let generation = 0;
  let at = 0;
  for (let record = openRecord(bytes, at, at); record; record = openRecord(bytes, at, at)) {
    generation = new ByteReader(record.content).varint();
    at = record.end;
  }
  if (mayCut && at < bytes.length) await storage.truncate(MANIFEST, at);
  return generation;
}

/** Makes a generation the one in use. */
export async function writeGeneration(storage: HistoryStorage, generation: number): Promise<void> {
  const content = new Uint8Array(4);
  let rest = generation;
  for (let i = 0; i < 4; i++) {
    content[i] = (rest & 127) | (i < 3 ? 128 : 0);
    rest >>>= 7;
  }
  await storage.append(MANIFEST, sealRecord(RECORD.start, [content]));
  await storage.sync();
}

/** Removes what an unfinished compaction has left. */
export async function removeOthers(storage: HistoryStorage, generation: number): Promise<void> {
  for (const { name } of await storage.list()) {
    const parsed = parseSegmentName(name);
    if (parsed && parsed.generation !== generation) await storage.remove(name);
  }
}
