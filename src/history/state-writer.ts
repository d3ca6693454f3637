/**
 * Brings the store's graph to what a program hands over: a whole state, compared slot by slot with the one
 * before, or the values of a patch. Containers are recognised by identity, else by the place where one of the same kind
 * stood, so equal content is no change. It uses work lists: a list of a million links is no deep recursion.
 */
import type { Graph } from "./graph.ts";
import { EMPTY, GraphNode, isSame, type SlotValue } from "./graph-node.ts";
import { KIND, type Kind, kindOf, type Primitive, unsavable, viewName } from "./kind.ts";
import { pathOf, type Place } from "./place.ts";

/** Bytes of a buffer in one cell: what an edit of a large buffer writes. */
const CHUNK_BYTES = 1024;
/** The largest index of an array. */
export const MAX_INDEX = 2 ** 32 - 2;

interface Job {
  readonly node: GraphNode;
  readonly source: object;
  readonly place: Place | undefined;
}

/** Writes states into a graph. */
export class StateWriter {
  readonly #graph: Graph;
  readonly #trustsIdentity: boolean;
  #known = new WeakMap<object, { readonly node: GraphNode; readonly version: number }>();
  /** What this save has met, and the containers that it has given to them. */
  readonly #met = new Map<object, GraphNode>();
  readonly #taken = new Set<GraphNode>();
  #jobs: Job[] = [];
  #version = 0;
  /** True when the whole state is visited, so that nobody unseen holds a container. */
  #seesAll = false;

  /** @param trustsIdentity - true when an object that was saved is never changed by the program. */
  constructor(graph: Graph, trustsIdentity: boolean) {
    this.#graph = graph;
    this.#trustsIdentity = trustsIdentity;
  }

  /** Makes `state` the graph's state. */
  writeState(state: unknown): void {
    this.#begin(!this.#trustsIdentity);
    const { root } = this.#graph;
    this.#graph.setValue(root, 0, this.attach(state, root.values[0], undefined));
    this.fillAll();
  }

  /** Begins a patch; returns the mark of this save. */
  beginPatch(): number {
    this.#begin(false);
    return this.#version;
  }

  /** Forgets which object is which container: after a save that failed half-way. */
  forget(): void {
    this.#known = new WeakMap();
  }

  #begin(seesAll: boolean): void {
    this.#version++;
    this.#seesAll = seesAll;
    if (this.#jobs.length > 0) this.#jobs = [];
    if (this.#met.size === 0) return;
    this.#met.clear();
    this.#taken.clear();
  }

  /** The slot value for something of the program: itself, or its container, which is filled later. */
  attach(value: unknown, before: SlotValue, place: Place | undefined, key?: unknown): SlotValue {
    if (typeof value !== "object" || value === null) {
      if (typeof value === "function" || typeof value === "symbol") throw unsavable(value, pathOf(place, key));
      return value as Primitive;
    }
    const met = this.#met.get(value);
    if (met) return met;
    const known = this.#known.get(value);
    const isTrusted = this.#trustsIdentity && known?.version === known?.node.version && known?.node.isFreed === false;
    const kind = isTrusted ? known?.node.kind : kindOf(value);
    if (kind === undefined) throw unsavable(value, pathOf(place, key));
    const node = this.#choose(known?.node, before, kind) ?? this.#graph.create(kind, slotsOf(value, kind));
    this.#met.set(value, node);
    this.#taken.add(node);
    if (isTrusted && node === known?.node) return node;
    node.version = this.#version;
    this.#known.set(value, { node, version: node.version });
    this.#jobs.push({ node, source: value, place: key === undefined ? place : { parent: place, key } });
    return node;
  }

  /** An existing container to be filled anew. */
  #choose(known: GraphNode | undefined, before: SlotValue, kind: Kind): GraphNode | undefined {
    const isFree = (node: GraphNode): boolean => !node.isFreed && node.kind === kind && !this.#taken.has(node);
    if (known && isFree(known)) return known;
    if (!(before instanceof GraphNode) || !isFree(before)) return undefined;
    // Somebody else who holds it, and is not visited in this save, must not see it change.
    return this.#seesAll || before.references === 1 ? before : undefined;
  }

  /** Fills the containers that were attached. */
  fillAll(): void {
    for (let job = this.#jobs.pop(); job; job = this.#jobs.pop()) {
      this.#fill(job);
      this.#graph.tidy(job.node);
    }
  }

  #fill({ node, source, place }: Job): void {
    switch (node.kind) {
      case KIND.object:
      case KIND.bareObject:
        return this.#fillObject(node, source as Record<string, unknown>, place);
      case KIND.map:
        return this.#fillKeyed(node, source as Map<unknown, unknown>, place);
      case KIND.set:
        return this.#fillKeyed(node, (source as Set<unknown>).entries(), place);
      case KIND.array:
        return this.#fillArray(node, source as readonly unknown[], place);
      case KIND.sparseArray:
        return this.#fillKeyed(node, sparseEntries(source as readonly unknown[]), place);
      case KIND.date:
        return this.#fillSlots(node, [(source as Date).getTime()]);
      case KIND.regexp: {
        const { source: text, flags, lastIndex } = source as RegExp;
        return this.#fillSlots(node, [text, flags, lastIndex]);
      }
      case KIND.buffer:
        return this.#fillBuffer(node, source as ArrayBuffer);
      case KIND.view: {
        const view = source as ArrayBufferView & { readonly length?: number };
        const buffer = this.attach(view.buffer, node.values[1], place, "buffer");
        return this.#fillSlots(node, [viewName(view), buffer, view.byteOffset, view.length ?? view.byteLength]);
      }
      case KIND.root:
        throw new TypeError("the root is no value");
    }
  }

  #fillObject(node: GraphNode, source: Record<string, unknown>, place: Place | undefined): void {
    const keys = Object.keys(source);
    let next = 0;
    for (const key of keys) {
      let slot: number | undefined = node.keys[next] === key ? next : node.find(key);
      if (slot === undefined) {
        slot = node.used;
        this.#graph.append(node, key, this.attach(source[key], EMPTY, place, key));
      } else {
        if (slot < next && !isIndex(key)) return this.#refill(node, Object.entries(source), place);
        this.#graph.setValue(node, slot, this.attach(source[key], node.values[slot], place, key));
      }
      next = slot + 1;
    }
    if (node.live !== keys.length) this.#clearOthers(node, new Set(keys));
  }

  #fillKeyed(node: GraphNode, entries: Iterable<readonly [unknown, unknown]>, place: Place | undefined): void {
    const list = node.kind === KIND.map ? undefined : [...entries];
    let next = 0;
    let count = 0;
    const kept: number[] = [];
    for (const [key, value] of list ?? entries) {
      count++;
      const here = node.keys[next];
      const held = this.attach(key, here ?? EMPTY, place, key);
      let slot: number | undefined = next < node.used && Object.is(here, held) ? next : node.find(held);
      if (slot === undefined) {
        slot = node.used;
        this.#graph.append(node, held, node.valued ? this.attach(value, EMPTY, place, key) : EMPTY);
      } else {
        if (slot < next) return this.#refill(node, list ?? [...entries], place);
        if (node.valued) this.#graph.setValue(node, slot, this.attach(value, node.values[slot], place, key));
      }
      kept.push(slot);
      next = slot + 1;
    }
    if (node.live === count) return;
    const keptSlots = new Set(kept);
    for (let slot = 0; slot < node.used; slot++) {
      if (node.keys[slot] !== EMPTY && !keptSlots.has(slot)) this.#graph.clear(node, slot);
    }
  }

  /** The keys come in another order than before: everything gets a new slot. */
  #refill(node: GraphNode, entries: readonly (readonly [unknown, unknown])[], place: Place | undefined): void {
    const { keys, values } = node;
    const before = new Map<SlotValue, SlotValue>();
    for (const [slot, key] of keys.entries()) if (key !== EMPTY) before.set(key, values[slot] ?? EMPTY);
    this.#graph.reset(node, Math.max(1, entries.length));
    for (const [key, value] of entries) {
      const kept = this.attach(key, EMPTY, place, key);
      this.#graph.append(node, kept, node.valued ? this.attach(value, before.get(kept) ?? EMPTY, place, key) : EMPTY);
    }
  }

  #clearOthers(node: GraphNode, keys: ReadonlySet<unknown>): void {
    for (let slot = 0; slot < node.used; slot++) {
      const key = node.keys[slot];
      if (key !== EMPTY && !keys.has(key)) this.#graph.clear(node, slot);
    }
  }

  /** Slot 0 is the length, slot 1 the first element. */
  #fillArray(node: GraphNode, source: readonly unknown[], place: Place | undefined): void {
    const { length } = source;
    this.setSlot(node, 0, length);
    for (let i = 0; i < length; i++) {
      const value = source[i];
      const isHole = value === undefined && !(i in source);
      const slot = i + 1;
      const before = slot < node.used ? node.values[slot] : EMPTY;
      this.setSlot(node, slot, isHole ? EMPTY : this.attach(value, before, place, i));
    }
    this.truncate(node, length);
  }

  /** Empties the slots after an array's or a buffer's last. */
  truncate(node: GraphNode, length: number): void {
    for (let slot = length + 1; slot < node.used; slot++) this.#graph.setValue(node, slot, EMPTY);
  }

  /** Slot 0 is the length in bytes, then come chunks. */
  #fillBuffer(node: GraphNode, source: ArrayBuffer): void {
    this.setSlot(node, 0, source.byteLength);
    const chunks = Math.ceil(source.byteLength / CHUNK_BYTES);
    for (let i = 0; i < chunks; i++) {
      const start = i * CHUNK_BYTES;
      const chunk = new Uint8Array(source, start, Math.min(CHUNK_BYTES, source.byteLength - start));
      if (i + 1 >= node.used || !isSame(node.values[i + 1], chunk)) this.setSlot(node, i + 1, chunk.slice());
    }
    this.truncate(node, chunks);
  }

  #fillSlots(node: GraphNode, values: readonly SlotValue[]): void {
    for (const [slot, value] of values.entries()) this.setSlot(node, slot, value);
  }

  /** Sets a slot, or the one after the last. */
  setSlot(node: GraphNode, slot: number, value: SlotValue): void {
    if (slot < node.used) this.#graph.setValue(node, slot, value);
    else this.#graph.append(node, EMPTY, value);
  }

  /** The container of an object that was saved before. */
  nodeOf(value: object): GraphNode | undefined {
    return this.#known.get(value)?.node;
  }
}

function* sparseEntries(source: readonly unknown[]): Generator<readonly [unknown, unknown]> {
  yield ["length", source.length];
  for (const key of Object.keys(source)) if (isIndex(key)) yield [Number(key), source[Number(key)]];
}

/** Keys that a plain object sorts by itself. */
function isIndex(key: string): boolean {
  const first = key.charCodeAt(0);
  if (first < 48 || first > 57) return false;
  const index = Number(key);
  return Number.isInteger(index) && index <= MAX_INDEX && String(index) === key;
}

/** Room for what a container holds now. */
function slotsOf(value: object, kind: Kind): number {
  if (kind === KIND.array) return (value as readonly unknown[]).length + 1;
  if (kind === KIND.map || kind === KIND.set) return Math.max(1, (value as Map<unknown, unknown>).size);
  if (kind === KIND.date) return 1;
  if (kind === KIND.regexp) return 3;
  if (kind === KIND.view) return 4;
  if (kind === KIND.buffer) return 1 + Math.ceil((value as ArrayBuffer).byteLength / CHUNK_BYTES);
  return Math.max(1, Object.keys(value).length);
}
