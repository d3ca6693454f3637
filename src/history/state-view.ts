/**
 * A look into one step: a path is followed cell by cell, and only what it leads to is made. The slots of
 * a large map are found through the newest state, where they usually still are, else by reading its keys.
 */
import { type Cell, Header, Reference } from "./cell-codec.ts";
import type { Awaitable } from "./driver.ts";
import { EMPTY, type Run, type SlotValue } from "./graph-node.ts";
import type { Graph } from "./graph.ts";
import { hasKeys, hasValues, KIND, type Path } from "./kind.ts";
import { FANOUT } from "./page-table.ts";
import { readValue } from "./value-reader.ts";
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
    const keys: Path = Array.isArray(path) ? path : [path];
    for (const key of keys) {
      if (!(cell instanceof Reference)) return undefined;
      cell = await this.#step(version, cell.id, key);
    }
    if (!(cell instanceof Reference)) return cell instanceof Header || cell === EMPTY ? undefined : cell;
    return readValue(version, cell.id, keys.length === 0);
  }

  async #step(version: Version, id: number, key: unknown): Promise<Cell> {
    const { kind, runs } = await version.header(id);
    const valueAt = (slot: number): Awaitable<Cell> => {
      const run = runs.find(({ firstSlot, capacity }) => slot < firstSlot + capacity);
      if (!run) return EMPTY;
      return version.cell(id + run.start + (hasKeys(kind) ? run.capacity : 0) + slot - run.firstSlot);
    };
    if (kind === KIND.array) {
      const index = Number(key);
      if (!Number.isInteger(index) || index < 0) return key === "length" ? valueAt(0) : EMPTY;
      return valueAt(index + 1);
    }
    if (!hasKeys(kind)) return EMPTY;
    const wanted = (kind === KIND.map || kind === KIND.set ? key : String(key)) as SlotValue;
    const slot = await findKey(version, id, runs, wanted, this.#newest.nodeAt(id)?.find(wanted));
    if (slot === undefined) return EMPTY;
    return hasValues(kind) ? valueAt(slot) : wanted;
  }
}

/**
 * The slot of a key.
 *
 * @param likely - where it is in the newest state.
 */
async function findKey(
  version: Version,
  id: number,
  runs: readonly Run[],
  wanted: SlotValue,
  likely: number | undefined,
): Promise<number | undefined> {
  const run = runs.find(({ firstSlot, capacity }) => (likely ?? Infinity) < firstSlot + capacity);
  if (run && likely !== undefined) {
    const cell = version.cell(id + run.start + likely - run.firstSlot);
    if (isKey(cell instanceof Promise ? await cell : cell, wanted)) return likely;
  }
  for (const { start, capacity, firstSlot } of runs) {
    const end = id + start + capacity;
    for (let cell = id + start; cell < end;) {
      const first = Math.floor(cell / FANOUT);
      const count = Math.min(KEY_PAGES, FANOUT - (first % FANOUT), Math.ceil(end / FANOUT) - first);
      for (const [at, cells] of (await version.pageCells(first, count)).entries()) {
        const until = Math.min(end, (first + at + 1) * FANOUT);
        for (; cell < until; cell++) {
          if (isKey(version.cellOver(cells, cell), wanted)) return firstSlot + cell - id - start;
        }
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
