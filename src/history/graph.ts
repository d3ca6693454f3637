/**
 * The newest state as the store sees it: a graph of containers in numbered cells. Changes are collected,
 * so that a step can be written as the list of changed cells, or taken back when it fails half-way.
 * It holds the state once, with the texts of the program's own state shared.
 */
import type { ByteWriter } from "./byte-writer.ts";
import { writeCell, writeHeader } from "./cell-codec.ts";
import { EMPTY, GraphNode, isSame, type Run, type SlotValue } from "./graph-node.ts";
import { KIND, type Kind } from "./kind.ts";
import { PageOwners, type VisitCell } from "./page-owners.ts";
import { FANOUT } from "./page-table.ts";
import type { Slices } from "./turn.ts";

/** What was at a place before a change. */
type Change =
  | {
      readonly what: "key" | "value";
      readonly node: GraphNode;
      readonly slot: number;
      readonly before: SlotValue;
      readonly grew: boolean;
    }
  | { readonly what: "runs"; readonly node: GraphNode; readonly before: Run[] }
  | { readonly what: "slots"; readonly node: GraphNode; readonly keys: SlotValue[]; readonly values: SlotValue[] };

/** Bytes that a container takes here, its slots apart; estimated. */
const NODE_BYTES = 240;
const SLOT_BYTES = 16;

/** The containers of one state. */
export class Graph {
  /** The container of the state itself. */
  root: GraphNode;
  /** The first cell that was never used. */
  nextCell = 0;
  /** Estimated memory, texts included. */
  bytes = 0;
  /** Containers that are reachable or not known to be dead. */
  nodes = 0;
  readonly dirtyPages = new Set<number>();
  readonly #owners = new PageOwners();
  readonly #changes: Change[] = [];
  readonly #created: GraphNode[] = [];
  /** What a rollback leaves: the root of an empty state. */
  #keptChanges = 0;
  #keptCreated = 0;
  #orphans = new Set<GraphNode>();
  /** A run can stand in several changes of a step. */
  readonly #dropped = new WeakSet<Run>();

  /** A graph of what was read from the log, by cell. */
  static async of(nodes: ReadonlyMap<number, GraphNode>, nextCell: number, slices: Slices): Promise<Graph> {
    const graph = new Graph(nodes.get(0), nextCell);
    for (const node of nodes.values()) {
      graph.#adopt(node);
      if (slices.isOver) await slices.pause();
    }
    graph.root.references = 1;
    return graph;
  }

  /** @param root - of what was read from the log. Default: that of an empty state. */
  constructor(root?: GraphNode, nextCell = 0) {
    if (root) {
      this.nextCell = nextCell;
      this.root = root;
      return;
    }
    this.root = this.create(KIND.root, 1);
    this.root.references = 1;
    // A rollback leaves it.
    this.root.isNew = false;
    this.append(this.root, EMPTY, undefined);
    this.#keptChanges = this.#changes.length;
    this.#keptCreated = this.#created.length;
    this.#orphans.clear();
  }

  /** The container whose header is in a cell. */
  nodeAt(id: number): GraphNode | undefined {
    return this.#owners.on(Math.floor(id / FANOUT)).find((node) => node.id === id);
  }

  /** True when a page holds something. */
  hasPage(page: number): boolean {
    return this.#owners.on(page).length > 0;
  }

  /** A new container with room for `capacity` slots. */
  create(kind: Kind, capacity: number): GraphNode {
    const node = new GraphNode(this.nextCell++, kind);
    this.#owners.own(node.id, 1, node);
    this.#addRun(node, capacity);
    this.nodes++;
    this.bytes += NODE_BYTES;
    this.#created.push(node);
    this.#orphans.add(node);
    return node;
  }

  /** Takes over a container that was read from the log. */
  #adopt(node: GraphNode): void {
    node.isNew = false;
    this.#owners.own(node.id, 1, node);
    for (const run of node.runs) {
      const cells = node.cellsOf(run.capacity);
      this.#owners.own(run.start, cells, node);
      this.nextCell = Math.max(this.nextCell, run.start + cells);
    }
    this.nodes++;
    this.bytes += NODE_BYTES;
    for (const slots of [node.keys, node.values]) {
      for (const value of slots) {
        this.bytes += sizeOf(value);
        if (value instanceof GraphNode) value.references++;
      }
    }
  }

  /** Adds a slot at the end. */
  append(node: GraphNode, key: SlotValue, value: SlotValue): void {
    const slot = node.used;
    if (slot === node.capacity) {
      if (!node.isNew) this.#changes.push({ what: "runs", node, before: [...node.runs] });
      this.#addRun(node, node.nextCapacity);
    }
    if (node.keyed) this.#write("key", node, slot, key);
    if (node.valued) this.#write("value", node, slot, value);
  }

  /** Changes the value of a slot; it costs nothing when it is the same. */
  setValue(node: GraphNode, slot: number, value: SlotValue): void {
    if (!isSame(node.values[slot], value)) this.#write("value", node, slot, value);
  }

  /** Empties a slot. */
  clear(node: GraphNode, slot: number): void {
    if (node.keyed) this.#write("key", node, slot, EMPTY);
    if (node.valued) this.#write("value", node, slot, EMPTY);
  }

  /** Empties a container and gives it fresh cells: for another order of its keys. */
  reset(node: GraphNode, capacity: number): void {
    if (!node.isNew) this.#changes.push({ what: "slots", node, keys: node.keys, values: node.values });
    for (const slots of [node.keys, node.values]) for (const value of slots) this.#release(value);
    node.keys = [];
    node.values = [];
    node.live = 0;
    node.forgetKeys();
    if (node.isNew) for (const run of node.runs) this.#disownRun(node, run);
    else this.#changes.push({ what: "runs", node, before: node.runs });
    node.runs = [];
    this.#addRun(node, capacity);
  }

  /** Drops empty slots when they are more than half: nothing else would give their cells back. */
  tidy(node: GraphNode): void {
    const isArray = node.kind === KIND.array;
    if (!(node.keyed || isArray || node.kind === KIND.buffer) || node.used < 32) return;
    const live = node.keyed ? node.live : node.values.findLastIndex((value) => value !== EMPTY) + 1;
    if (live * 2 > node.used) return;
    const { keys, values } = node;
    this.reset(node, Math.max(8, live));
    if (node.keyed) {
      for (const [slot, key] of keys.entries()) if (key !== EMPTY) this.append(node, key, values[slot]);
    } else {
      for (const value of values.slice(0, live)) this.append(node, EMPTY, value);
    }
  }

  /**
   * Ends a step: writes every changed cell as number, length, content, and lets go of what nothing holds.
   *
   * @returns how many cells were written.
   */
  commit(out: ByteWriter): number {
    this.#freeOrphans();
    let cells = 0;
    for (const node of this.#created) if (!node.isFreed) cells += this.#logWhole(out, node);
    for (const change of this.#changes) {
      const { node } = change;
      if (change.what === "runs") this.#disownDropped(node, change.before);
      if (node.isFreed) continue;
      if (change.what === "key" && change.slot < node.keys.length) {
        cells += this.#log(out, node.keyCell(change.slot), undefined, node.keys[change.slot]);
      } else if (change.what === "value" && change.slot < node.values.length) {
        cells += this.#log(out, node.valueCell(change.slot), undefined, node.values[change.slot]);
      } else if (change.what === "runs") {
        cells += this.#log(out, node.id, node, EMPTY);
      }
    }
    // Emptied, not made anew: V8 would put new ones, of which the last one lives long, among the old objects.
    this.#changes.length = 0;
    this.#created.length = 0;
    this.#keptChanges = 0;
    this.#keptCreated = 0;
    return cells;
  }

  /** Takes every change since the last {@link commit} back. */
  rollback(nextCell: number): void {
    for (const change of this.#changes.splice(this.#keptChanges).reverse()) {
      const { node } = change;
      if (change.what === "runs") {
        for (const run of node.runs) if (!change.before.includes(run)) this.#disownRun(node, run);
        node.runs = change.before;
      } else if (change.what === "slots") {
        node.keys = change.keys;
        node.values = change.values;
        node.forgetKeys();
        node.live = node.keys.filter((key) => key !== EMPTY).length;
        for (const slots of [node.keys, node.values]) for (const value of slots) this.#hold(value);
      } else {
        this.#restore(change.what, node, change.slot, change.before);
        if (change.grew) (change.what === "key" ? node.keys : node.values).pop();
      }
    }
    for (const node of this.#created.splice(this.#keptCreated)) {
      for (const slots of [node.keys, node.values]) for (const value of slots) this.#release(value);
      this.#forget(node);
    }
    this.#orphans.clear();
    this.nextCell = nextCell;
  }

  /** Writes the cells of a page as a step does. Returns how many they are. */
  writeCells(out: ByteWriter, page: number): number {
    let cells = 0;
    this.eachCell(page, (cell, header, value) => (cells += this.#log(out, cell, header, value)));
    return cells;
  }

  /** Visits every cell that belongs to a container on a page; the header is given for a first cell. */
  eachCell(page: number, visit: VisitCell): void {
    this.#owners.eachCell(page, visit);
  }

  /** Writes the header of a container, and the slots of a new one. Returns how many cells they are. */
  #logWhole(out: ByteWriter, node: GraphNode): number {
    let cells = this.#log(out, node.id, node, EMPTY);
    if (!node.isNew) return cells;
    node.isNew = false;
    for (let slot = 0; slot < node.used; slot++) {
      if (node.keyed && node.keys[slot] !== EMPTY) {
        cells += this.#log(out, node.keyCell(slot), undefined, node.keys[slot]);
      }
      if (node.valued && node.values[slot] !== EMPTY) {
        cells += this.#log(out, node.valueCell(slot), undefined, node.values[slot]);
      }
    }
    return cells;
  }

  #log(out: ByteWriter, cell: number, header: GraphNode | undefined, value: SlotValue): number {
    this.dirtyPages.add(Math.floor(cell / FANOUT));
    out.varint(cell);
    // The length comes first: one byte is kept free for it, which is enough for nearly every cell.
    const at = out.length;
    out.u8(0);
    if (header) writeHeader(out, header);
    else writeCell(out, value);
    const length = out.length - at - 1;
    if (length < 128) {
      out.patchU8(at, length);
    } else {
      const content = out.take(at + 1);
      out.truncate(at);
      out.varint(length);
      out.bytes(content);
    }
    return 1;
  }

  #write(what: "key" | "value", node: GraphNode, slot: number, value: SlotValue): void {
    const slots = what === "key" ? node.keys : node.values;
    const grew = slot >= slots.length;
    if (!node.isNew) this.#changes.push({ what, node, slot, before: grew ? EMPTY : slots[slot], grew });
    this.#restore(what, node, slot, value);
  }

  #restore(what: "key" | "value", node: GraphNode, slot: number, value: SlotValue): void {
    const slots = what === "key" ? node.keys : node.values;
    const before = slot < slots.length ? slots[slot] : EMPTY;
    if (what === "key") node.noteKey(slot, before, value);
    this.#hold(value);
    this.#release(before);
    slots[slot] = value;
  }

  #hold(value: SlotValue): void {
    this.bytes += sizeOf(value);
    if (value instanceof GraphNode && value.references++ === 0) this.#orphans.delete(value);
  }

  #release(value: SlotValue): void {
    this.bytes -= sizeOf(value);
    if (value instanceof GraphNode && --value.references === 0) this.#orphans.add(value);
  }

  #freeOrphans(): void {
    if (this.#orphans.size === 0) return;
    const dead = [...this.#orphans];
    this.#orphans.clear();
    for (let node = dead.pop(); node; node = dead.pop()) {
      if (node.references > 0 || node.isFreed) continue;
      this.#forget(node);
      for (const slots of [node.keys, node.values]) {
        for (const value of slots) {
          this.bytes -= sizeOf(value);
          if (value instanceof GraphNode && --value.references === 0) dead.push(value);
        }
      }
    }
  }

  /** Lets go of containers that hold each other and that nothing else holds. */
  sweep(): void {
    const reached = new Set<GraphNode>([this.root]);
    for (const node of reached) {
      for (const slots of [node.keys, node.values]) {
        for (const value of slots) if (value instanceof GraphNode) reached.add(value);
      }
    }
    const all = this.#owners.all();
    for (const node of all) {
      if (reached.has(node)) continue;
      for (const slots of [node.keys, node.values]) {
        for (const value of slots) {
          this.bytes -= sizeOf(value);
          if (value instanceof GraphNode) value.references--;
        }
      }
      this.#forget(node);
    }
  }

  #forget(node: GraphNode): void {
    node.isFreed = true;
    this.nodes--;
    this.bytes -= NODE_BYTES;
    this.#owners.disown(node.id, 1, node, this.dirtyPages);
    for (const run of node.runs) this.#disownRun(node, run);
  }

  /** Gives the pages free of runs that a container had and has no more. */
  #disownDropped(node: GraphNode, before: readonly Run[]): void {
    for (const run of before) {
      if (node.runs.includes(run) || this.#dropped.has(run)) continue;
      this.#dropped.add(run);
      this.#disownRun(node, run);
    }
  }

  #disownRun(node: GraphNode, run: Run): void {
    this.#owners.disown(run.start, node.cellsOf(run.capacity), node, this.dirtyPages);
  }

  #addRun(node: GraphNode, capacity: number): void {
    const cells = node.cellsOf(capacity);
    node.runs.push({ start: this.nextCell, capacity, firstSlot: node.capacity });
    this.#owners.own(this.nextCell, cells, node);
    this.nextCell += cells;
  }
}

/** Memory that a slot takes, texts included. */
function sizeOf(value: SlotValue): number {
  if (value === EMPTY) return 0;
  if (typeof value === "string") return SLOT_BYTES + value.length;
  if (typeof value === "number") return SLOT_BYTES + (Number.isInteger(value) && Math.abs(value) < 2 ** 30 ? 0 : 12);
  if (value instanceof Uint8Array) return SLOT_BYTES + value.length + 100;
  return SLOT_BYTES + (typeof value === "bigint" ? 24 : 0);
}
