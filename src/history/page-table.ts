/**
 * Where the pages of one version lie: a trie with 64 children a node. A keyframe writes the nodes above
 * changed pages anew and shares the rest with the versions before it.
 */
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** Cells in a page, and children of a node of the trie. */
export const FANOUT = 64;

/** A piece of the log: where it begins, and how long it is. Length 0: there is none. */
export interface Place {
  readonly position: number;
  readonly length: number;
}

export const NOWHERE: Place = { position: 0, length: 0 };

/** Levels of nodes above the pages, always: 64 ** 7 cells, and a level with one child costs 20 bytes a keyframe. */
export const LEVELS = 6;

/** Writes the 64 entries of a node: a bit for each that is there, then the places. */
export function writeTableNode(out: ByteWriter, places: readonly (Place | undefined)[]): void {
  for (let byte = 0; byte < FANOUT / 8; byte++) {
    let bits = 0;
    for (let bit = 0; bit < 8; bit++) if (places[byte * 8 + bit]) bits |= 1 << bit;
    out.u8(bits);
  }
  for (let i = 0; i < FANOUT; i++) {
    const place = places[i];
    if (!place) continue;
    out.varint(place.position);
    out.varint(place.length);
  }
}

/** Reads a node. */
export function readTableNode(input: ByteReader): (Place | undefined)[] {
  const bits = input.take(FANOUT / 8);
  return Array.from({ length: FANOUT }, (_, i) => {
    if ((((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 0) return undefined;
    return { position: input.varint(), length: input.varint() };
  });
}

interface TableNode {
  readonly places: (Place | undefined)[];
  isDirty: boolean;
}

/** The trie of the newest version, whole: about 30 bytes for each page of 64 cells. */
export class PageTable {
  /** Level 0 are the nodes above the pages. */
  readonly #levels: readonly Map<number, TableNode>[] = Array.from({ length: LEVELS }, () => new Map());
  #root: Place = NOWHERE;
  /** Pages that are there. */
  size = 0;

  /** Where a page lies. */
  get(page: number): Place | undefined {
    return this.#levels[0]?.get(Math.floor(page / FANOUT))?.places[page % FANOUT];
  }

  /** Takes over a node that was read. */
  adopt(level: number, index: number, places: (Place | undefined)[]): void {
    this.#levels[level]?.set(index, { places, isDirty: false });
    if (level === 0) this.size += places.filter(Boolean).length;
  }

  /** Takes over the root that belongs to the adopted nodes. */
  adoptRoot(root: Place): void {
    this.#root = root;
  }

  /** Every page that is there. */
  *pages(): Generator<number> {
    for (const [index, { places }] of this.#levels[0] ?? []) {
      for (let i = 0; i < FANOUT; i++) if (places[i]) yield index * FANOUT + i;
    }
  }

  /** Says where a page lies now. */
  set(page: number, place: Place | undefined): void {
    const before = this.get(page);
    if (!before && place) this.size++;
    if (before && !place) this.size--;
    this.#put(0, page, place);
  }

  /** Writes the nodes that have changed, from the pages up. Returns the place of the root. */
  flush(write: (places: readonly (Place | undefined)[]) => Place): Place {
    for (const [level, nodes] of this.#levels.entries()) {
      for (const [index, node] of nodes) {
        if (!node.isDirty) continue;
        node.isDirty = false;
        const isEmpty = !node.places.some(Boolean);
        if (isEmpty) nodes.delete(index);
        const place = isEmpty ? undefined : write(node.places);
        if (level + 1 < LEVELS) this.#put(level + 1, index, place);
        else this.#root = place ?? NOWHERE;
      }
    }
    return this.#root;
  }

  #put(level: number, index: number, place: Place | undefined): void {
    const nodes = this.#levels[level];
    const nodeIndex = Math.floor(index / FANOUT);
    let node = nodes?.get(nodeIndex);
    if (!node) {
      if (!place) return;
      node = { places: [], isDirty: true };
      nodes?.set(nodeIndex, node);
    }
    node.places[index % FANOUT] = place;
    node.isDirty = true;
  }
}
