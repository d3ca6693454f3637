/**
 * Writes a history anew with some of its steps: a second log grows beside the first while the program goes
 * on, in slices of a few milliseconds, and takes its place at once. A kept step gets what the steps that
 * went before it had changed.
 */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Graph } from "./graph.ts";
import type { LogBuilder } from "./log-builder.ts";
import type { LogReader } from "./log-reader.ts";
import { FANOUT } from "./page-table.ts";
import { RECORD } from "./record.ts";
import { StepCursor, type StepEntry } from "./steps-record.ts";
import { Slices } from "./turn.ts";
import { loadNewest, loadTable, type LogView, openVersion } from "./version-loader.ts";

/** More changed cells than this are not remembered one by one, but by their pages. */
const MAX_CELLS = 4096;

/** Which steps stay. */
export type IsKept = (step: number) => boolean;

/** A step that was saved while others were copied. */
export interface NewestStep {
  readonly step: number;
  readonly timeMs: number;
  readonly parent: number;
  readonly cells: number;
  readonly content: Uint8Array;
}

/** What changed since the last kept step of the line. */
class Pending {
  /** Cell to its entry in the log; `undefined` when there are too many. */
  cells: Map<number, Uint8Array> | undefined = new Map();
  readonly pages = new Set<number>();

  note(cell: number, entry: Uint8Array): void {
    this.pages.add(Math.floor(cell / FANOUT));
    this.cells?.set(cell, entry.slice());
    if (this.cells && this.cells.size > MAX_CELLS) this.cells = undefined;
  }
}

/** Copies kept steps from one log to another. */
export class Compaction {
  readonly #builder: LogBuilder;
  readonly #reader: LogReader;
  readonly #isKept: IsKept;
  readonly #slices = new Slices();
  readonly #out = new ByteWriter();
  /** The kept step that the newest one read is, or comes from; 0 when there is none. */
  #base = 0;
  #pending = new Pending();
  /** Kept ancestors of steps that lines began at. */
  readonly #bases = new Map<number, number>();
  readonly #dirty = new Set<number>();
  /** The newest step that was read. */
  reached = 0;

  /** @param reader - of the log that is built. */
  constructor(builder: LogBuilder, reader: LogReader, isKept: IsKept) {
    this.#builder = builder;
    this.#reader = reader;
    this.#isKept = isKept;
  }

  /** Copies the steps up to `until`. */
  async copy(view: LogView, until: number): Promise<void> {
    const parents = new Set([...view.index.lines()].map(({ parent }) => parent));
    const from = view.index.mark(Math.max(this.reached + 1, view.index.first));
    if (from === undefined) return;
    for await (const { type, content } of view.reader.records(from, view.end)) {
      if (type !== RECORD.steps) continue;
      const cursor = new StepCursor(content);
      const { first, parent } = cursor.header;
      if (first > until) break;
      while (cursor.next(until)) {
        const { step } = cursor;
        if (step <= this.reached) continue;
        if (step === first && parent !== undefined) await this.#beginLine(view, parent);
        await this.#take(view, cursor, content);
        this.reached = step;
        if (parents.has(step)) this.#bases.set(step, this.#base);
        if (this.#slices.isOver) await this.#slices.pause();
      }
    }
  }

  /** Prepares for steps that follow `step`, and makes sure that the storage has taken everything so far. */
  async standAt(view: LogView, step: number): Promise<void> {
    if (step !== this.#builder.last) await this.#beginLine(view, step);
    this.#builder.seal();
    await this.#builder.log.settle();
    if (this.#builder.log.failure) throw this.#builder.log.failure;
  }

  /** Adds a step that was saved while others were copied. */
  addNewest({ step, timeMs, parent, cells, content }: NewestStep): void {
    this.#add(step, timeMs, parent, cells, content);
    this.reached = step;
  }

  /** Makes the new log the one that `graph`, the state of its newest step, goes on in. */
  handOver(graph: Graph): void {
    graph.dirtyPages.clear();
    for (const page of this.#dirty) graph.dirtyPages.add(page);
    for (const page of this.#builder.table.pages()) if (!graph.hasPage(page)) graph.dirtyPages.add(page);
  }

  async #beginLine(view: LogView, parent: number): Promise<void> {
    this.#base = this.#isKept(parent) || parent === 0 ? parent : (this.#bases.get(parent) ?? 0);
    this.#pending = new Pending();
    if (parent !== this.#base) {
      this.#pending.cells = undefined;
      await notePages(view, this.#base, parent, this.#pending.pages);
    }
    if (this.#base === this.#builder.last && this.#base !== 0) return;
    // The table of the step that the line begins at; what was written since its keyframe is dirty.
    this.#dirty.clear();
    this.#builder.seal();
    const newView = { index: this.#builder.content.index, reader: this.#reader, end: this.#builder.log.end };
    await this.#builder.log.settle();
    const version = await openVersion(newView, this.#base);
    const table = await loadTable(version, this.#reader);
    for (const page of version.writtenPages) this.#dirty.add(page);
    this.#builder.table = table;
    this.#builder.logBytes = version.logBytes;
    this.#builder.lines = version.lines;
  }

  async #take(view: LogView, { step, timeMs, cells, at, end }: StepEntry, content: Uint8Array): Promise<void> {
    const isKept = this.#isKept(step);
    if (isKept && this.#pending.pages.size === 0) {
      this.#add(step, timeMs, this.#base, cells, content.subarray(at, end));
    } else {
      const input = new ByteReader(content, at, end);
      for (let i = 0; i < cells; i++) {
        const start = input.at;
        const cell = input.varint();
        input.take(input.varint());
        this.#pending.note(cell, content.subarray(start, input.at));
      }
      if (!isKept) return;
      this.#out.clear();
      const written = this.#pending.cells ? this.#writeCells() : await this.#writePages(view, step);
      this.#add(step, timeMs, this.#base, written, this.#out.view());
      this.#pending = new Pending();
    }
    this.#base = step;
    if (this.#builder.isKeyframeDue(this.#dirty.size)) await this.#addKeyframe(view, step);
  }

  #writeCells(): number {
    for (const entry of this.#pending.cells?.values() ?? []) this.#out.bytes(entry);
    return this.#pending.cells?.size ?? 0;
  }

  async #writePages(view: LogView, step: number): Promise<number> {
    const { graph } = await loadNewest(await openVersion(view, step), view.reader, this.#slices);
    let cells = 0;
    for (const page of this.#pending.pages) cells += graph.writeCells(this.#out, page);
    return cells;
  }

  async #addKeyframe(view: LogView, step: number): Promise<void> {
    const { graph } = await loadNewest(await openVersion(view, step), view.reader, this.#slices);
    this.handOver(graph);
    this.#dirty.clear();
    await this.#builder.addKeyframeIn(this.#slices, graph);
  }

  #add(step: number, timeMs: number, parent: number, cells: number, content: Uint8Array): void {
    const input = new ByteReader(content);
    for (let i = 0; i < cells; i++) {
      this.#dirty.add(Math.floor(input.varint() / FANOUT));
      input.take(input.varint());
    }
    this.#builder.add(step, timeMs, parent, cells, content);
  }
}

/** The pages that were changed after `from`, on the way to `to`. */
async function notePages(view: LogView, from: number, to: number, pages: Set<number>): Promise<void> {
  const note = { set: (cell: number): void => void pages.add(Math.floor(cell / FANOUT)) };
  for (let at = to; at > from;) {
    const line = view.index.line(at);
    if (!line) return;
    const until = at;
    const start = from >= line.first ? (view.index.mark(from) ?? line.position) : line.position;
    for await (const { type, content } of view.reader.records(start, view.end)) {
      if (type !== RECORD.steps) continue;
      const cursor = new StepCursor(content);
      if (cursor.header.first > until) break;
      while (cursor.next(Math.min(until, Math.max(from, line.first - 1)))) continue;
      while (cursor.next(until, note)) continue;
      if (cursor.step === until) break;
    }
    if (from >= line.first) return;
    at = line.parent;
  }
}
