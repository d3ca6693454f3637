/**
 * Sums by node without a Map, which would hold at most 16.7 million entries at some 50 bytes each: open addressing in
 * typed arrays, 16 bytes an entry at a load of at most one half.
 */
import type { NodeIndex } from "./heap-graph.ts";

/** What was summed for one node. */
export interface NodeSum {
  /** The node. */
  readonly node: NodeIndex;
  /** Sum of the bytes given. */
  readonly bytes: number;
  /** How often something was added. */
  readonly count: number;
}

const FIRST_SLOTS = 1024;

/** Adds up bytes and counts by node. */
export class NodeTally {
  #keys = new Uint32Array(FIRST_SLOTS);
  #bytes = new Float64Array(FIRST_SLOTS);
  #counts = new Uint32Array(FIRST_SLOTS);
  #size = 0;

  /** Nodes with a sum. */
  get size(): number {
    return this.#size;
  }

  /** Adds to a node's sum. */
  add(node: NodeIndex, bytes: number, count = 1): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const slot = this.#slotOf(node);
    if (this.#keys[slot] === 0) {
      this.#keys[slot] = node + 1;
      this.#size += 1;
    }
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
  }

  /** The largest sums of bytes, largest first. */
  largest(count: number): NodeSum[] {
    const best: NodeSum[] = [];
    for (const [slot, key] of this.#keys.entries()) {
      const bytes = this.#bytes[slot] ?? 0;
      if (key === 0 || (best.length >= count && bytes <= (best.at(-1)?.bytes ?? 0))) continue;
      const sum: NodeSum = { node: key - 1, bytes, count: this.#counts[slot] ?? 0 };
      const place = best.findIndex((other) => other.bytes < bytes);
      best.splice(place < 0 ? best.length : place, 0, sum);
      if (best.length > count) best.pop();
    }
    return best;
  }

  #slotOf(node: NodeIndex): number {
    const mask = this.#keys.length - 1;
    let slot = Math.imul(node + 1, 0x9e37_79b1) & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== node + 1) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, bytes, counts] = [this.#keys, this.#bytes, this.#counts];
    this.#keys = new Uint32Array(keys.length * 2);
    this.#bytes = new Float64Array(keys.length * 2);
    this.#counts = new Uint32Array(keys.length * 2);
    this.#size = 0;
    for (const [slot, key] of keys.entries()) {
      if (key !== 0) this.add(key - 1, bytes[slot] ?? 0, counts[slot] ?? 0);
    }
  }
}
