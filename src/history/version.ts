/**
 * One step, ready to be read: the pages of the keyframe before it, and over them the cells that were
 * written since, known by their place and decoded when they are asked for.
 */
import { ByteReader } from "./byte-reader.ts";
import { type Cell, Header } from "./cell-codec.ts";
import { readCell } from "./cell-reader.ts";
import type { Awaitable } from "./driver.ts";
import { EMPTY } from "./graph-node.ts";
import type { LogReader, Window } from "./log-reader.ts";
import { Overlay } from "./overlay.ts";
import type { Page } from "./page.ts";
import { FANOUT, LEVELS, type Place } from "./page-table.ts";
import type { CellSink } from "./steps-record.ts";

const NO_CELLS: readonly Cell[] = new Array<Cell>(FANOUT).fill(EMPTY);

/** Reads the cells of one step. */
export class Version {
  readonly step: number;
  readonly #reader: LogReader;
  /** The place of the table; length 0 when there are no pages. */
  readonly root: Place;
  readonly #nextCell: number;
  /** Bytes of log over the keyframe. */
  logBytes = 0;
  /** Branch points between the keyframe and the step. */
  lines = 0;
  /** Cells to the places of their lengths, counted over all records. */
  readonly #written: Overlay;
  readonly #records: { readonly start: number; readonly content: Uint8Array }[] = [];
  #recordBytes = 0;
  /** A piece of the log that holds the table, or much of it. */
  readonly known: Window | undefined;
  #leafIndex = -1;
  #leaf: readonly (Place | undefined)[] = [];
  #pageNumber = -1;
  #page: Page | undefined;

  /** @param nextCell - the first cell that the keyframe does not know. */
  constructor(step: number, reader: LogReader, root: Place, nextCell: number, known?: Window) {
    this.step = step;
    this.#reader = reader;
    this.root = root;
    this.#nextCell = nextCell;
    this.known = known;
    this.#written = new Overlay(known?.bytes.length ?? 0);
  }

  /** The first cell that was never used. */
  get nextCell(): number {
    let next = this.#nextCell;
    for (const cell of this.#written.cells()) if (cell >= next) next = cell + 1;
    return next;
  }

  /** Pages that hold cells written since the keyframe. */
  get writtenPages(): Set<number> {
    const pages = new Set<number>();
    for (const cell of this.#written.cells()) pages.add(Math.floor(cell / FANOUT));
    return pages;
  }

  /** Lays a record over what is there: the cells that are given to what it returns. */
  lay(content: Uint8Array): CellSink {
    this.#records.push({ start: this.#recordBytes, content });
    this.#written.base = this.#recordBytes;
    this.#recordBytes += content.length;
    return this.#written;
  }

  /** The content of a cell. */
  cell(cell: number): Awaitable<Cell> {
    const place = this.#written.get(cell);
    if (place >= 0) return this.#decode(place);
    const page = this.#pageAt(Math.floor(cell / FANOUT));
    if (page instanceof Promise) return page.then((page) => (page ? page.cell(cell % FANOUT) : EMPTY));
    return page ? page.cell(cell % FANOUT) : EMPTY;
  }

  /** The content of a cell, when the cells of its page in the keyframe are known. */
  cellOver(cells: readonly Cell[], cell: number): Cell {
    const place = this.#written.get(cell);
    return place >= 0 ? this.#decode(place) : cells[cell % FANOUT];
  }

  /** The cells of some pages in the keyframe, all of one leaf of the table. */
  async pageCells(first: number, count: number): Promise<(readonly Cell[])[]> {
    const leaf = await this.#leafAt(Math.floor(first / FANOUT));
    const from = first % FANOUT;
    const pages = await this.#reader.pages(leaf.slice(from, from + count));
    return Array.from({ length: count }, (_, at) => pages[at]?.cells() ?? NO_CELLS);
  }

  /** True when its log was replaced by a compacted one. */
  get isRetired(): boolean {
    return this.#reader.isRetired;
  }

  /** What the first cell of a container says. */
  async header(id: number): Promise<Header> {
    const found = this.cell(id);
    return this.#checkHeader(id, found instanceof Promise ? await found : found);
  }

  /** The same, when the cells of its page in the keyframe are known. */
  headerOf(id: number, cells: readonly Cell[]): Header {
    return this.#checkHeader(id, this.cellOver(cells, id));
  }

  #checkHeader(id: number, cell: Cell): Header {
    if (cell instanceof Header) return cell;
    throw new RangeError(`cell ${id} of step ${this.step} is no header`);
  }

  #decode(place: number): Cell {
    let low = 0;
    let high = this.#records.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#records[middle]?.start ?? 0) <= place) low = middle;
      else high = middle;
    }
    const record = this.#records[low];
    if (!record) return EMPTY;
    const { content, start } = record;
    const at = place - start;
    const short = content[at] ?? 0;
    if (short < 128) return readCell(content, at + 1, at + 1 + short);
    const input = new ByteReader(content, at);
    const length = input.varint();
    return readCell(content, input.at, input.at + length);
  }

  #pageAt(page: number): Awaitable<Page | undefined> {
    if (page === this.#pageNumber) return this.#page;
    const leafIndex = Math.floor(page / FANOUT);
    const leaf = leafIndex === this.#leafIndex ? this.#leaf : this.#leafAt(leafIndex);
    if (leaf instanceof Promise) return leaf.then((leaf) => this.#pageIn(leaf, page));
    return this.#pageIn(leaf, page);
  }

  #pageIn(leaf: readonly (Place | undefined)[], page: number): Awaitable<Page | undefined> {
    const place = leaf[page % FANOUT];
    const found = place && this.#reader.page(place, this.known);
    return found instanceof Promise ? found.then((found) => this.#keep(page, found)) : this.#keep(page, found);
  }

  /** The places of 64 pages. */
  async #leafAt(index: number): Promise<readonly (Place | undefined)[]> {
    let place: Place | undefined = this.root.length > 0 ? this.root : undefined;
    let leaf: readonly (Place | undefined)[] = [];
    for (let level = LEVELS - 1; level >= 0 && place; level--) {
      const found = this.#reader.page(place, this.known);
      const { places } = found instanceof Promise ? await found : found;
      if (level === 0) leaf = places;
      else place = places[Math.floor(index / FANOUT ** (level - 1)) % FANOUT];
    }
    this.#leafIndex = index;
    this.#leaf = leaf;
    return leaf;
  }

  #keep(number: number, page: Page | undefined): Page | undefined {
    this.#pageNumber = number;
    this.#page = page;
    return page;
  }
}
