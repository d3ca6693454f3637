/**
 * Reads the slots of a step's containers, a page at a time and in few large reads: the pages of a leaf of the table
 * mostly lie side by side, since a keyframe has written them together.
 */
import { type Cell, Header, Reference } from "./cell-codec.ts";
import type { Awaitable } from "./driver.ts";
import { EMPTY } from "./graph-node.ts";
import type { Primitive } from "./kind.ts";
import { FANOUT } from "./page-table.ts";
import type { Slices } from "./turn.ts";
import type { Version } from "./version.ts";

/** What a slot holds that is no container. */
export type SlotContent = Primitive | Uint8Array | typeof EMPTY;

/** Gives what stands for a container. */
export type Refer<C> = (id: number) => Awaitable<C>;

/** Reads slots, and remembers the pages. */
export class SlotReader {
  readonly #version: Version;
  readonly #slices: Slices | undefined;
  /** True when nearly all pages will be needed. */
  readonly #isWhole: boolean;
  readonly #pages = new Map<number, readonly Cell[]>();

  /** @param isWhole - true when nearly all pages will be needed. */
  constructor(version: Version, isWhole: boolean, slices?: Slices) {
    this.#version = version;
    this.#isWhole = isWhole;
    this.#slices = slices;
  }

  /** What the first cell of a container says. */
  header(id: number): Awaitable<Header> {
    const cells = this.#cells(id, 1);
    if (cells instanceof Promise) return cells.then((cells) => this.#version.headerOf(id, cells));
    return this.#version.headerOf(id, cells);
  }

  /**
   * Reads the cells from `start` on into slots. It waits only where it must: most containers are small, and a
   * promise for each would cost more than they do.
   *
   * @param refer - asked for each container that a slot holds.
   */
  read<C>(start: number, count: number, slots: (C | SlotContent)[], at: number, refer: Refer<C>): Awaitable<void> {
    const version = this.#version;
    for (let i = 0; i < count;) {
      const cells = this.#cells(start + i, count - i);
      if (cells instanceof Promise) return this.#goOn(cells, start + i, count - i, slots, at + i, refer);
      const until = Math.min(count, i + FANOUT - ((start + i) % FANOUT));
      for (; i < until; i++) {
        const cell = version.cellOver(cells, start + i);
        if (typeof cell !== "object" || cell === null) {
          slots[at + i] = cell;
        } else if (cell instanceof Reference) {
          const container = refer(cell.id);
          if (container instanceof Promise) return this.#goOn(container, start + i, count - i, slots, at + i, refer);
          slots[at + i] = container;
        } else {
          slots[at + i] = cell instanceof Header ? EMPTY : cell;
        }
      }
      if (this.#slices?.isOver) return this.#goOn(this.#slices.pause(), start + i, count - i, slots, at + i, refer);
    }
  }

  /** Reads on when what was missing is there. */
  async #goOn<C>(
    missing: Promise<unknown>,
    start: number,
    count: number,
    slots: (C | SlotContent)[],
    at: number,
    refer: Refer<C>,
  ): Promise<void> {
    await missing;
    await this.read(start, count, slots, at, refer);
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
