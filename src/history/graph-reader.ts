/**
 * Makes the graph of a step, or of what a container of it holds, in few large reads: the pages of a leaf of the
 * table mostly lie side by side, since a keyframe has written them together.
 */
import { type Cell, Header, Reference } from "./cell-codec.ts";
import type { Awaitable } from "./driver.ts";
import { EMPTY, type GraphNode, type SlotValue } from "./graph-node.ts";
import { FANOUT } from "./page-table.ts";
import type { Slices } from "./turn.ts";
import type { Version } from "./version.ts";

/** Makes one graph. */
class GraphReader {
  readonly #version: Version;
  readonly #slices: Slices | undefined;
  /** True when all pages will be needed. */
  readonly #isWhole: boolean;
  readonly #pages = new Map<number, readonly Cell[]>();
  readonly nodes = new Map<number, GraphNode>();
  readonly #queue: GraphNode[] = [];

  constructor(version: Version, isWhole: boolean, slices: Slices | undefined) {
    this.#version = version;
    this.#isWhole = isWhole;
    this.#slices = slices;
  }

  async read(id: number): Promise<void> {
    await this.#open(id);
    for (let node = this.#queue.pop(); node; node = this.#queue.pop()) {
      const { keyed, valued, runs, capacity } = node;
      if (keyed) node.keys = new Array<SlotValue>(capacity);
      if (valued) node.values = new Array<SlotValue>(capacity);
      for (const { start, capacity, firstSlot } of runs) {
        if (keyed) await this.#readSlots(start, capacity, firstSlot, node.keys);
        if (valued) await this.#readSlots(start + (keyed ? capacity : 0), capacity, firstSlot, node.values);
      }
      trim(node);
    }
  }

  async #readSlots(start: number, count: number, firstSlot: number, slots: SlotValue[]): Promise<void> {
    const version = this.#version;
    for (let i = 0; i < count;) {
      const found = this.#cells(start + i, count - i);
      const cells = found instanceof Promise ? await found : found;
      const until = Math.min(count, i + FANOUT - ((start + i) % FANOUT));
      for (; i < until; i++) {
        const cell = version.cellOver(cells, start + i);
        if (typeof cell !== "object" || cell === null) {
          slots[firstSlot + i] = cell;
        } else if (cell instanceof Reference) {
          const node = this.nodes.get(cell.id) ?? this.#open(cell.id);
          slots[firstSlot + i] = node instanceof Promise ? await node : node;
        } else {
          slots[firstSlot + i] = cell instanceof Header ? EMPTY : cell;
        }
      }
      if (this.#slices?.isOver) await this.#slices.pause();
    }
  }

  /** Makes a container, whose slots are read later. */
  #open(id: number): Awaitable<GraphNode> {
    const cells = this.#cells(id, 1);
    if (cells instanceof Promise) return cells.then((cells) => this.#make(id, cells));
    return this.#make(id, cells);
  }

  #make(id: number, cells: readonly Cell[]): GraphNode {
    const node = this.#version.container(id, this.#version.cellOver(cells, id));
    this.nodes.set(id, node);
    this.#queue.push(node);
    return node;
  }

  /** The cells of the page that a cell is on; `count` of them are wanted, which may lie on more pages. */
  #cells(cell: number, count: number): Awaitable<readonly Cell[]> {
    const page = Math.floor(cell / FANOUT);
    return this.#pages.get(page) ?? this.#load(page, Math.floor((cell + count - 1) / FANOUT));
  }

  async #load(page: number, last: number): Promise<readonly Cell[]> {
    const leaf = page - (page % FANOUT);
    const from = this.#isWhole ? leaf : page;
    const to = this.#isWhole ? leaf + FANOUT : Math.min(leaf + FANOUT, last + 1);
    const found = await this.#version.pageCells(from, to - from);
    for (const [at, cells] of found.entries()) this.#pages.set(from + at, cells);
    return found[page - from] ?? [];
  }
}

/**
 * A container of a step and all below it, by their cells.
 *
 * @param id - the cell of its header; 0 for the whole state.
 */
export async function readGraph(version: Version, id: number, slices?: Slices): Promise<Map<number, GraphNode>> {
  const reader = new GraphReader(version, id === 0, slices);
  await reader.read(id);
  return reader.nodes;
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
