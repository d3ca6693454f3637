/**
 * The part of a queue that is on disk: segments that are only appended to, read in order, and removed as soon as they are read. In a
 * folder of its own it can be opened again, and has then what was flushed, up to the first record that is short or wrong.
 */
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DurableFolder } from "./durable-folder.ts";
import { FRAME_HEADER_BYTES } from "./frame.ts";
import { type FlushedPlaces, type QueuePlace, ReadCursor } from "./read-cursor.ts";
import { RecordBlock } from "./record-block.ts";
import { spillCorrupt } from "./spill-errors.ts";
import { SpillFile } from "./spill-file.ts";

/** What was found in a folder that was used before. */
export interface QueueRecovery {
  /** Records that are there. */
  readonly records: number;
  /** Bytes behind the last flush that are no whole record, as a crash leaves them in the middle of a write. */
  readonly cutBytes: number;
  /** Files with what was flushed and is no more what was written, and with everything behind it. Default: none. */
  readonly damaged: readonly string[];
}

/** A block read from the log, and where it begins. */
export interface LoadedBlock {
  readonly block: RecordBlock;
  readonly place: QueuePlace;
}

/** Where a log lies. */
export interface QueueLogOptions {
  /** For files that do not outlive the process. Default: the system's folder for temporary files. */
  readonly directory: string | undefined;
  /** A folder of its own, to be opened again. Default: none. */
  readonly folder: string | undefined;
  /** A segment is closed at this size. */
  readonly segmentBytes: number;
}

interface Segment {
  readonly id: number;
  readonly file: SpillFile;
  read: number;
  /** False once the disk has everything. */
  dirty: boolean;
}

const SUFFIX = ".queue";
const SCAN_BYTES = 256 * 1024;

/** Segments, oldest first. */
export class QueueLog implements Disposable {
  /** What was there at the start. */
  readonly recovery: QueueRecovery;
  readonly #options: QueueLogOptions;
  readonly #folder: DurableFolder | undefined;
  readonly #cursor: ReadCursor | undefined;
  readonly #segments: Segment[] = [];
  /** Read, and to be removed once the cursor is safe behind them. */
  #finished: Segment[] = [];
  #nextId = 1;
  #namesChanged = false;

  /** @throws PlimsollError `ERR_PLIMSOLL_SPILL_CLOSED`, `ERR_PLIMSOLL_SPILL_FAILED` */
  constructor(options: QueueLogOptions) {
    this.#options = options;
    this.recovery = { records: 0, cutBytes: 0, damaged: [] };
    if (options.folder === undefined) return;
    this.#folder = new DurableFolder(options.folder);
    try {
      this.#cursor = new ReadCursor(join(this.#folder.path, "cursor"));
      this.recovery = this.#recover(this.#folder.path, this.#cursor.places);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** True when it can be opened again. */
  get isDurable(): boolean {
    return this.#folder !== undefined;
  }

  /** Bytes that wait to be read. */
  get unreadBytes(): number {
    return this.#segments.reduce((sum, { file, read }) => sum + file.size - read, 0);
  }

  /** True when nothing waits to be read. */
  get isEmpty(): boolean {
    return this.#segments.every(({ file, read }) => read >= file.size);
  }

  /** Writes records at the end. @throws PlimsollError `ERR_PLIMSOLL_SPILL_FAILED` */
  append(records: Uint8Array): void {
    let last = this.#segments.at(-1);
    if (!last || (last.file.size > 0 && last.file.size + records.length > this.#options.segmentBytes)) {
      last = this.#addSegment();
    }
    last.file.append(records);
    last.dirty = true;
  }

  /** The next records, about `bytes` of them, in `spare` where they fit. @throws PlimsollError `ERR_PLIMSOLL_SPILL_CORRUPT` */
  take(bytes: number, spare?: RecordBlock): LoadedBlock | undefined {
    for (let segment = this.#segments[0]; segment; segment = this.#segments[0]) {
      const loaded = loadBlock(segment, bytes, spare);
      if (loaded) return loaded;
      if (this.isDurable && this.#segments.length === 1) return undefined; // goes on being written
      this.#segments.shift();
      if (this.isDurable) this.#finished.push(segment);
      else segment.file.remove();
    }
    return undefined;
  }

  /** Where reading goes on. */
  get place(): QueuePlace {
    const segment = this.#segments[0];
    return segment ? { segment: segment.id, offset: segment.read } : { segment: this.#nextId, offset: 0 };
  }

  /** The file of a segment. */
  pathOf(id: number): string {
    return [...this.#segments, ...this.#finished].find((segment) => segment.id === id)?.file.path ?? `segment ${id}`;
  }

  /** Makes durable what was appended, and that everything before `place` was taken. */
  async flush(place: QueuePlace): Promise<void> {
    const cursor = this.#cursor;
    if (!cursor) return;
    cursor.write({ taken: place, written: this.#end });
    const written = this.#segments.filter(({ dirty }) => dirty);
    for (const segment of written) segment.dirty = false;
    const finished = this.#finished.filter(({ id }) => id < place.segment);
    this.#finished = this.#finished.filter(({ id }) => id >= place.segment);
    const namesChanged = this.#namesChanged;
    this.#namesChanged = false;
    try {
      await Promise.all([...written.map(({ file }) => file.sync()), cursor.sync()]);
      if (namesChanged) await this.#folder?.sync();
    } catch (error) {
      for (const segment of written) segment.dirty = true;
      this.#namesChanged ||= namesChanged;
      this.#finished.unshift(...finished);
      throw error;
    }
    for (const { file } of finished) file.remove();
  }

  /** The same at the end, and blocks. */
  flushNow(place: QueuePlace): void {
    for (const { file, dirty } of this.#segments) if (dirty) file.syncNow();
    this.#cursor?.write({ taken: place, written: this.#end });
    for (const { file, id } of this.#finished) if (id < place.segment) file.remove();
    this.#finished = [];
  }

  /** Closes its files; those without a name are gone. */
  [Symbol.dispose](): void {
    for (const { file } of [...this.#segments, ...this.#finished]) file[Symbol.dispose]();
    this.#segments.length = 0;
    this.#cursor?.[Symbol.dispose]();
    this.#folder?.[Symbol.dispose]();
  }

  get #end(): QueuePlace {
    const last = this.#segments.at(-1);
    return last ? { segment: last.id, offset: last.file.size } : { segment: this.#nextId, offset: 0 };
  }

  #addSegment(): Segment {
    const id = this.#nextId;
    const file = this.#folder
      ? SpillFile.named(segmentPath(this.#folder.path, id), "wx+")
      : SpillFile.scratch(this.#options.directory);
    const segment: Segment = { id, file, read: 0, dirty: true };
    this.#nextId += 1;
    this.#namesChanged = true;
    this.#segments.push(segment);
    return segment;
  }

  #recover(folder: string, { taken, written }: FlushedPlaces): QueueRecovery {
    const ids = readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
    this.#nextId = Math.max(taken.segment, written.segment, ids.at(-1) ?? 0) + 1;
    let records = 0;
    let cutBytes = 0;
    const damaged: string[] = [];
    for (const id of ids) {
      const path = segmentPath(folder, id);
      if (damaged.length > 0) {
        damaged.push(setAside(path));
        continue;
      }
      const file = SpillFile.named(path, "r+");
      if (id < taken.segment) {
        file.remove();
        continue;
      }
      const start = id === taken.segment ? Math.min(taken.offset, file.size) : 0;
      const found = scan(file, start);
      records += found.records;
      const promised = id < written.segment ? file.size : id === written.segment ? written.offset : 0;
      if (found.end < Math.min(promised, file.size)) damaged.push(keepRest(file, found.end));
      else cutBytes += file.size - found.end;
      file.truncate(found.end);
      this.#segments.push({ id, file, read: start, dirty: true });
    }
    return { records, cutBytes, damaged };
  }
}

function segmentPath(folder: string, id: number): string {
  return join(folder, `${String(id).padStart(10, "0")}${SUFFIX}`);
}

function loadBlock(segment: Segment, bytes: number, spare?: RecordBlock): LoadedBlock | undefined {
  const { file, read, id } = segment;
  const unread = file.size - read;
  if (unread <= 0) return undefined;
  const load = (block: RecordBlock): RecordBlock => {
    block.fill((target) => file.read(target, read));
    return block;
  };
  let block = load(spare ?? new RecordBlock(bytes));
  const needed = Math.max(block.neededForNext(), FRAME_HEADER_BYTES);
  if (needed > unread)
    throw spillCorrupt(file.path, read, `a record of ${needed} bytes cannot be in the ${unread} left`);
  if (needed > block.remaining) block = load(new RecordBlock(needed));
  const loaded = { block, place: { segment: id, offset: read } };
  segment.read += block.trim();
  return loaded;
}

/** Counts the whole records from `start` on. */
function scan(file: SpillFile, start: number): { records: number; end: number } {
  const segment: Segment = { id: 0, file, read: start, dirty: false };
  let records = 0;
  let end = start;
  try {
    for (let loaded = loadBlock(segment, SCAN_BYTES); loaded; loaded = loadBlock(segment, SCAN_BYTES)) {
      const { block } = loaded;
      for (let length = block.peekLength(); length !== undefined; length = block.peekLength()) {
        if (!block.isNextWhole(length)) return { records, end };
        block.skip(length);
        records += 1;
        end = loaded.place.offset + block.start;
      }
    }
  } catch {
    // the last record is short
  }
  return { records, end };
}

function keepRest(file: SpillFile, from: number): string {
  const rest = Buffer.alloc(file.size - from);
  file.read(rest, from);
  const path = `${file.path}.damaged`;
  writeFileSync(path, rest, { mode: 0o600 });
  return path;
}

function setAside(path: string): string {
  renameSync(path, `${path}.damaged`);
  return `${path}.damaged`;
}
