/**
 * Which containers have cells on which page: what a page is written from, and how it is known that nothing is left
 * on one.
 */
import { EMPTY, type GraphNode, type SlotValue } from "./graph-node.ts";
import { FANOUT } from "./page-table.ts";

/** Called for a cell; the container is given for its first cell. */
export type VisitCell = (cell: number, header: GraphNode | undefined, value: SlotValue) => void;

const NOBODY: readonly GraphNode[] = [];

/** The containers by page, one entry for each piece that lies on it. */
export class PageOwners {
  readonly #onPage = new Map<number, GraphNode[]>();

  /** The containers on a page. */
  on(page: number): readonly GraphNode[] {
    return this.#onPage.get(page) ?? NOBODY;
  }

  /** Every container. */
  all(): Set<GraphNode> {
    return new Set([...this.#onPage.values()].flat());
  }

  /** Gives cells to a container. */
  own(start: number, cells: number, node: GraphNode): void {
    for (let page = Math.floor(start / FANOUT); page * FANOUT < start + cells; page++) {
      const nodes = this.#onPage.get(page);
      if (nodes) nodes.push(node);
      else this.#onPage.set(page, [node]);
    }
  }

  /** Takes cells from a container; their pages become dirty. */
  disown(start: number, cells: number, node: GraphNode, dirtyPages: Set<number>): void {
    for (let page = Math.floor(start / FANOUT); page * FANOUT < start + cells; page++) {
      const nodes = this.#onPage.get(page);
      const at = nodes?.indexOf(node) ?? -1;
      if (!nodes || at < 0) continue;
      nodes.splice(at, 1);
      dirtyPages.add(page);
      if (nodes.length === 0) this.#onPage.delete(page);
    }
  }

  /** Visits every cell of a page that belongs to a container. */
  eachCell(page: number, visit: VisitCell): void {
    const first = page * FANOUT;
    for (const node of new Set(this.on(page))) {
      if (node.id >= first && node.id < first + FANOUT) visit(node.id, node, EMPTY);
      for (const { start, capacity, firstSlot } of node.runs) {
        if (node.keyed) visitSlots(start, capacity, first, firstSlot, node.keys, visit);
        if (!node.valued) continue;
        visitSlots(start + (node.keyed ? capacity : 0), capacity, first, firstSlot, node.values, visit);
      }
    }
  }
}

/** Visits the cells of some slots that lie on the page beginning with the cell `first`. */
function visitSlots(
  start: number,
  capacity: number,
  first: number,
  firstSlot: number,
  slots: readonly SlotValue[],
  visit: VisitCell,
): void {
  const end = Math.min(start + capacity, first + FANOUT);
  for (let cell = Math.max(start, first); cell < end; cell++) {
    const slot = firstSlot + cell - start;
    visit(cell, undefined, slot < slots.length ? slots[slot] : EMPTY);
  }
}
