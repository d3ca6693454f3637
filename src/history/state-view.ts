/**
 * A look into one step: a path is followed cell by cell, and only what it leads to is made. The slots of
 * a large map are found through the newest state, where they usually still are, else by reading its keys.
 */
import { Header, Reference } from "./cell-codec.ts";
import { EMPTY, type GraphNode, type SlotValue } from "./graph-node.ts";
import type { Graph } from "./graph.ts";
import { readGraph } from "./graph-reader.ts";
import { KIND, type Path } from "./kind.ts";
import { FANOUT } from "./page-table.ts";
import { toValue } from "./state-reader.ts";
import type { Version } from "./version.ts";

/** Pages of keys that are read at a time. */
const KEY_PAGES = 8;

/** A look into one step. */
export interface StateView {
  /**
   * The value at a path.
   *
   * @param path - keys from the root, or one key of the root; keys of a Map that are objects cannot be looked up. Default: the whole state.
   * @returns `undefined` when there is nothing.
   * @throws PlimsollError `ERR_PLIMSOLL_NO_STEP` or `ERR_PLIMSOLL_HISTORY_DAMAGED`.
   */
  get(path?: unknown): Promise<unknown>;
}

/** One step, opened when it is first looked into. */
export class StepView implements StateView {
  readonly #open: () => Promise<Version>;
  readonly #newest: Graph;
  #version: Promise<Version> | undefined;

  constructor(open: () => Promise<Version>, newest: Graph) {
    this.#open = open;
    this.#newest = newest;
  }

  async get(path: unknown = []): Promise<unknown> {
    this.#version ??= this.#open();
    const version = await this.#version;
    try {
      if (!version.isRetired) return await this.#read(version, path);
    } catch (error) {
      if (!version.isRetired) throw error;
    }
    // A compacted log has taken the place of the one that this step was opened in.
    this.#version = this.#open();
    return this.#read(await this.#version, path);
  }

  async #read(version: Version, path: unknown): Promise<unknown> {
    if (version.step === 0) return undefined;
    let cell = await version.cell(1);
    for (const key of Array.isArray(path) ? (path as Path) : [path]) {
      if (!(cell instanceof Reference)) return undefined;
      cell = await this.#step(version, cell.id, key);
    }
    if (!(cell instanceof Reference)) return cell instanceof Header || cell === EMPTY ? undefined : cell;
    const nodes = await readGraph(version, cell.id);
    return toValue(nodes.get(cell.id));
  }

  async #step(version: Version, id: number, key: unknown): Promise<Reference | SlotValue | Header> {
    const node = await version.open(id);
    if (node.kind === KIND.array) {
      const index = Number(key);
      if (!Number.isInteger(index) || index < 0) return key === "length" ? version.cell(node.valueCell(0)) : EMPTY;
      return index + 1 < node.capacity ? version.cell(node.valueCell(index + 1)) : EMPTY;
    }
    if (!node.keyed) return EMPTY;
    const wanted = (node.kind === KIND.map || node.kind === KIND.set ? key : String(key)) as SlotValue;
    const slot = this.#newest.nodeAt(id)?.find(wanted);
    if (slot !== undefined && slot < node.capacity && isKey(await version.cell(node.keyCell(slot)), wanted)) {
      return node.valued ? version.cell(node.valueCell(slot)) : wanted;
    }
    const found = await findKey(version, node, wanted);
    if (found === undefined) return EMPTY;
    return node.valued ? version.cell(node.valueCell(found)) : wanted;
  }
}

/** The slot of a key, found by reading the keys. */
async function findKey(version: Version, node: GraphNode, wanted: SlotValue): Promise<number | undefined> {
  for (const { start, capacity, firstSlot } of node.runs) {
    const end = start + capacity;
    for (let cell = start; cell < end;) {
      const first = Math.floor(cell / FANOUT);
      const count = Math.min(KEY_PAGES, FANOUT - (first % FANOUT), Math.ceil(end / FANOUT) - first);
      for (const [at, cells] of (await version.pageCells(first, count)).entries()) {
        const until = Math.min(end, (first + at + 1) * FANOUT);
        for (; cell < until; cell++) if (isKey(version.cellOver(cells, cell), wanted)) return firstSlot + cell - start;
      }
    }
  }
  return undefined;
}

function isKey(cell: unknown, wanted: unknown): boolean {
  return (
    Object.is(cell, wanted) || (cell === 0 && wanted === 0) || (typeof cell === "number" && String(cell) === wanted)
  );
}
