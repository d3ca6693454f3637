/**
 * Applies a patch to the store's graph: the place is looked up in the graph, and only what is put there is walked.
 */
import type { Graph } from "./graph.ts";
import { EMPTY, GraphNode, type SlotValue } from "./graph-node.ts";
import { formatPath, KIND, type Path, type Primitive } from "./kind.ts";
import type { Patch, PatchOperation } from "./patch.ts";
import { mismatch, placeOf } from "./place.ts";
import { MAX_INDEX, type StateWriter } from "./state-writer.ts";

/** Writes patches into a graph. */
export class PatchWriter {
  readonly #graph: Graph;
  readonly #states: StateWriter;
  #version = 0;

  constructor(graph: Graph, states: StateWriter) {
    this.#graph = graph;
    this.#states = states;
  }

  /** Applies a patch. */
  write({ operations }: Patch): void {
    this.#version = this.#states.beginPatch();
    for (const operation of operations) {
      this.#apply(operation);
      this.#states.fillAll();
    }
  }

  #apply(operation: PatchOperation): void {
    const { what, path } = operation;
    const graph = this.#graph;
    if (path.length === 0 && what === "set") {
      graph.setValue(graph.root, 0, this.#states.attach(operation.value, graph.root.values[0], undefined));
      return;
    }
    const isEntry = what === "set" || what === "delete";
    const parent = this.#resolve(isEntry ? path.slice(0, -1) : path, path);
    const place = placeOf(path);
    if (what === "push") {
      if (parent.kind !== KIND.array) throw mismatch(path, "no array, so nothing can be pushed");
      const length = parent.values[0] as number;
      this.#states.setSlot(parent, length + 1, this.#states.attach(operation.value, EMPTY, place, length));
      graph.setValue(parent, 0, length + 1);
    } else if (what === "add") {
      if (parent.kind !== KIND.set) throw mismatch(path, "no Set, so no member can be added");
      const member = this.#states.attach(operation.value, EMPTY, place);
      if (parent.find(member) === undefined) graph.append(parent, member, EMPTY);
    } else if (parent.kind === KIND.array) {
      this.#applyToArray(parent, operation);
    } else {
      this.#applyToKeyed(parent, operation);
    }
    parent.version = this.#version;
    graph.tidy(parent);
  }

  #applyToKeyed(parent: GraphNode, operation: PatchOperation): void {
    const { path } = operation;
    const isKept = parent.kind === KIND.object || parent.kind === KIND.bareObject || parent.kind === KIND.map;
    if (!isKept && !(parent.kind === KIND.set && operation.what === "delete")) {
      throw mismatch(path.slice(0, -1), "not an object, an array or a Map");
    }
    const given = path.at(-1);
    const key = this.#keyOf(parent, given, path);
    const slot = parent.find(key);
    if (operation.what === "delete") {
      if (slot !== undefined) this.#graph.clear(parent, slot);
      return;
    }
    if (operation.what !== "set") return;
    const before = slot === undefined ? EMPTY : parent.values[slot];
    const value = this.#states.attach(operation.value, before, placeOf(path));
    if (slot === undefined) this.#graph.append(parent, key, value);
    else this.#graph.setValue(parent, slot, value);
  }

  #applyToArray(parent: GraphNode, operation: PatchOperation): void {
    const { path } = operation;
    const key = path.at(-1);
    const length = parent.values[0] as number;
    if (key === "length" && operation.what === "set" && isLength(operation.value)) {
      this.#growTo(parent, operation.value, path);
      this.#graph.setValue(parent, 0, operation.value);
      this.#states.truncate(parent, operation.value);
      return;
    }
    const index = Number(key);
    if (!isLength(index) || String(index) !== String(key)) throw mismatch(path, "no index of an array");
    if (operation.what === "delete") {
      if (index < length) this.#graph.setValue(parent, index + 1, EMPTY);
    } else if (operation.what === "set") {
      this.#growTo(parent, index + 1, path);
      if (index >= length) this.#graph.setValue(parent, 0, index + 1);
      this.#graph.setValue(
        parent,
        index + 1,
        this.#states.attach(operation.value, parent.values[index + 1], placeOf(path)),
      );
    }
  }

  #growTo(parent: GraphNode, length: number, path: Path): void {
    if (length > parent.used * 2 + 1e6)
      throw mismatch(path, "so far behind the array's end that it would be nearly all holes");
    while (parent.used <= length) this.#graph.append(parent, EMPTY, EMPTY);
  }

  /** The key as the graph holds it: objects are known by identity, an object's keys are texts. */
  #keyOf(parent: GraphNode, key: unknown, path: Path): SlotValue {
    if (parent.kind === KIND.map || parent.kind === KIND.set) {
      return this.#states.attach(Object.is(key, -0) ? 0 : key, EMPTY, placeOf(path));
    }
    if (typeof key !== "string" && typeof key !== "number") throw mismatch(path, "no key of an object");
    return String(key);
  }

  #resolve(keys: Path, path: Path): GraphNode {
    let value = this.#graph.root.values[0];
    for (const [depth, key] of keys.entries()) {
      if (!(value instanceof GraphNode)) throw mismatch(keys.slice(0, depth), "no container");
      value = this.#step(value, key);
    }
    if (!(value instanceof GraphNode)) throw mismatch(keys, `no container, so ${formatPath(path)} cannot be changed`);
    return value;
  }

  #step(node: GraphNode, key: unknown): SlotValue {
    if (node.kind === KIND.array) return typeof key === "number" ? node.values[key + 1] : node.values[Number(key) + 1];
    if (!node.keyed) return undefined;
    let held: SlotValue;
    if (node.kind !== KIND.map) {
      held = typeof key === "string" || typeof key === "number" ? String(key) : EMPTY;
    } else if (typeof key === "object" && key !== null) {
      held = this.#states.nodeOf(key) ?? EMPTY;
    } else {
      held = key as Primitive;
    }
    const slot = node.find(held);
    return slot === undefined ? undefined : node.values[slot];
  }
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_INDEX + 1;
}
