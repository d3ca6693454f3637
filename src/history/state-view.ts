/**
 * A look into one step: a path is followed cell by cell, and only what it leads to is made. The slots of
 * a large map are found through the newest state, where they usually still are, else by reading its keys.
 */
import { Header, Reference } from "./cell-codec.ts";
import { EMPTY, type SlotValue } from "./graph-node.ts";
import type { Graph } from "./graph.ts";
import { KIND, type Path } from "./kind.ts";
import { toValue } from "./state-reader.ts";
import type { Version } from "./version.ts";

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
    const nodes = await version.graph(cell.id);
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
    for (let slot = 0; slot < node.capacity; slot++) {
      const cell = version.cell(node.keyCell(slot));
      if (!isKey(cell instanceof Promise ? await cell : cell, wanted)) continue;
      return node.valued ? version.cell(node.valueCell(slot)) : wanted;
    }
    return EMPTY;
  }
}

function isKey(cell: unknown, wanted: unknown): boolean {
  return (
    Object.is(cell, wanted) || (cell === 0 && wanted === 0) || (typeof cell === "number" && String(cell) === wanted)
  );
}
