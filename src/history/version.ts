/**
 * One step, ready to be read: the pages of the keyframe before it, and over them the cells that were
 * written since, known by their place and decoded when they are asked for.
 */
import { ByteReader } from "./byte-reader.ts";
import { type Cell, Header, readCell, Reference } from "./cell-codec.ts";
import type { Awaitable } from "./driver.ts";
import { EMPTY, GraphNode, type Run, type SlotValue } from "./graph-node.ts";
import type { LogReader } from "./log-reader.ts";
import type { Page } from "./page.ts";
import type { Slices } from "./turn.ts";
import { FANOUT, LEVELS, type Place } from "./page-table.ts";

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
  /** Cell to the place of its length, counted over all records. */
  readonly #written = new Map<number, number>();
  readonly #records: { readonly start: number; readonly content: Uint8Array }[] = [];
  #recordBytes = 0;
  #leafIndex = -1;
  #leaf: readonly (Place | undefined)[] = [];
  #pageNumber = -1;
  #page: Page | undefined;

  /** @param nextCell - the first cell that the keyframe does not know. */
  constructor(step: number, reader: LogReader, root: Place, nextCell: number) {
    this.step = step;
    this.#reader = reader;
    this.root = root;
    this.#nextCell = nextCell;
  }

  /** The first cell that was never used. */
  get nextCell(): number {
    let next = this.#nextCell;
    for (const cell of this.#written.keys()) if (cell >= next) next = cell + 1;
    return next;
  }

  /** Pages that hold cells written since the keyframe. */
  get writtenPages(): Set<number> {
    return new Set([...this.#written.keys()].map((cell) => Math.floor(cell / FANOUT)));
  }

  /** Lays a record over what is there; `onCell` takes its cells. */
  lay(content: Uint8Array): (cell: number, at: number) => void {
    const start = this.#recordBytes;
    this.#records.push({ start, content });
    this.#recordBytes += content.length;
    return (cell, at) => void this.#written.set(cell, start + at);
  }

  /** The content of a cell. */
  cell(cell: number): Awaitable<Cell> {
    const place = this.#written.get(cell);
    if (place !== undefined) return this.#decode(place);
    const page = this.#pageAt(Math.floor(cell / FANOUT));
    if (page instanceof Promise) return page.then((page) => (page ? page.cell(cell % FANOUT) : EMPTY));
    return page ? page.cell(cell % FANOUT) : EMPTY;
  }

  /** True when its log was replaced by a compacted one. */
  get isRetired(): boolean {
    return this.#reader.isRetired;
  }

  /** Everything that a container holds, and all below it, as a graph. */
  async graph(id: number, slices?: Slices): Promise<Map<number, GraphNode>> {
    const nodes = new Map<number, GraphNode>();
    const first = await this.open(id);
    nodes.set(id, first);
    const queue = [first];
    for (let node = queue.pop(); node; node = queue.pop()) {
      for (const run of node.runs) {
        if (node.keyed) await this.#readSlots(run, run.start, node.keys, nodes, queue);
        if (node.valued) {
          await this.#readSlots(run, run.start + (node.keyed ? run.capacity : 0), node.values, nodes, queue);
        }
      }
      trim(node);
      if (slices?.isOver) await slices.pause();
    }
    return nodes;
  }

  /** A container without its slots. */
  async open(id: number): Promise<GraphNode> {
    const found = this.cell(id);
    const header = found instanceof Promise ? await found : found;
    if (!(header instanceof Header)) throw new RangeError(`cell ${id} of step ${this.step} is no header`);
    const node = new GraphNode(id, header.kind);
    node.runs = header.runs.map((run) => ({ ...run, start: run.start + id }));
    return node;
  }

  async #readSlots(
    run: Run,
    start: number,
    slots: SlotValue[],
    nodes: Map<number, GraphNode>,
    queue: GraphNode[],
  ): Promise<void> {
    for (let i = 0; i < run.capacity; i++) {
      const found = this.cell(start + i);
      const cell = found instanceof Promise ? await found : found;
      if (cell instanceof Reference) {
        let node = nodes.get(cell.id);
        if (!node) {
          node = await this.open(cell.id);
          nodes.set(cell.id, node);
          queue.push(node);
        }
        slots.push(node);
      } else {
        slots.push(cell instanceof Header ? EMPTY : cell);
      }
    }
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
    const input = new ByteReader(record.content, place - record.start);
    const length = input.varint();
    return readCell(record.content, input.at, input.at + length);
  }

  #pageAt(page: number): Awaitable<Page | undefined> {
    if (page === this.#pageNumber) return this.#page;
    const leafIndex = Math.floor(page / FANOUT);
    if (leafIndex === this.#leafIndex) {
      const place = this.#leaf[page % FANOUT];
      const found = place && this.#reader.page(place);
      if (!(found instanceof Promise)) return this.#keep(page, found);
      return found.then((found) => this.#keep(page, found));
    }
    return this.#descend(page, leafIndex);
  }

  async #descend(page: number, leafIndex: number): Promise<Page | undefined> {
    let place: Place | undefined = this.root.length > 0 ? this.root : undefined;
    let leaf: readonly (Place | undefined)[] = [];
    for (let level = LEVELS - 1; level >= 0 && place; level--) {
      const found = this.#reader.page(place);
      const node = found instanceof Promise ? await found : found;
      if (level === 0) leaf = node.places;
      place = node.places[Math.floor(page / FANOUT ** level) % FANOUT];
    }
    this.#leafIndex = leafIndex;
    this.#leaf = leaf;
    const found = place && this.#reader.page(place);
    return this.#keep(page, found instanceof Promise ? await found : found);
  }

  #keep(number: number, page: Page | undefined): Page | undefined {
    this.#pageNumber = number;
    this.#page = page;
    return page;
  }
}

/** Drops the slots that were reserved and never used, and the values of deleted keys. */
function trim(node: GraphNode): void {
  const { keys, values } = node;
  if (node.keyed) {
    let used = keys.length;
    while (used > 0 && keys[used - 1] === EMPTY) used--;
    keys.length = used;
    if (node.valued) values.length = used;
    for (let slot = 0; slot < used; slot++) {
      if (keys[slot] !== EMPTY) node.live++;
      else if (node.valued) values[slot] = EMPTY;
    }
  } else {
    let used = values.length;
    while (used > 0 && values[used - 1] === EMPTY) used--;
    values.length = used;
  }
}
