/**
 * Finds objects by id. Open addressing in one typed array (Knuth, The Art of Computer Programming, volume 3, 6.4): a Map
 * ends at 16.7 million entries and takes ten times the memory.
 */
import type { NodeIndex } from "./heap-graph.ts";

/** Fibonacci hashing: 2^32 over the golden ratio. */
const FACTOR = 0x9e3779b1;

/** Nodes by id; 6 to 12 bytes a node. */
export class IdIndex {
  readonly #idOf: (node: NodeIndex) => number;
  /** Node + 1; 0 is free. */
  readonly #slots: Uint32Array;
  readonly #shift: number;

  /**
   * @param nodeCount - how many there are.
   * @param idOf - reads the id of one.
   */
  constructor(nodeCount: number, idOf: (node: NodeIndex) => number) {
    const bits = Math.max(4, Math.ceil(Math.log2(nodeCount * 1.5 + 1)));
    this.#idOf = idOf;
    this.#slots = new Uint32Array(2 ** bits);
    this.#shift = 32 - bits;
    for (let node = 0; node < nodeCount; node++) {
      let slot = this.#start(idOf(node));
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = node + 1;
    }
  }

  /** The object with an id; the first where ids are not unique. Default: none has it. */
  find(id: number): NodeIndex | undefined {
    let slot = this.#start(id);
    for (let found = this.#slots[slot] ?? 0; found !== 0; found = this.#slots[slot] ?? 0) {
      if (this.#idOf(found - 1) === id) return found - 1;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    return undefined;
  }

  #start(id: number): number {
    return Math.imul(id, FACTOR) >>> this.#shift;
  }
}
