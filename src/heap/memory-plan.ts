/**
 * Where everything lies in the one WebAssembly memory, and what lies over what no longer lives. At the peak, when
 * predecessors are filled in, there are about 46 bytes a node with four references.
 */

/** Bytes of text that are looked at together. */
export const PIECE_BYTES = 1024 * 1024;
/** Room before a piece for what was left of the one before; no row is longer. */
export const CARRY_BYTES = 1024;
const PAGE = 65536;

/**
 * Addresses of the areas.
 *
 * | area | parse | search | predecessors | dominators | afterwards |
 * |---|---|---|---|---|---|
 * | starts | row starts | row starts | row starts | stack | ids |
 * | targets | nodes | nodes | numbers | semi, label, ancestor, dominators | retained, self sizes, dominators |
 * | nodeOf | | node of a number | the same | the same | the same |
 * | parents | rare names | search tree | the same | the same | names |
 * | first | rare names | | row starts | the same | the same |
 * | predecessors | columns of a piece | numberOf, cameFrom, queue, cursors | numbers | the same | the same |
 */
export interface MemoryPlan {
  /** Results of a call, 64 bytes. */
  readonly result: number;
  /** What each field of a node row is used for, 64 bytes; behind it the table of columns, 64 bytes. */
  readonly uses: number;
  /** Sizes beyond 32 bits in one piece. */
  readonly sizes: number;
  /** Text: {@link CARRY_BYTES}, then {@link PIECE_BYTES}, then one zero. */
  readonly text: number;
  /** The same for the second thread: results, then {@link PIECE_BYTES} of text. */
  readonly besideResult: number;
  /** See {@link MemoryPlan.besideResult}. */
  readonly besideText: number;
  /** How often a name is used, one byte each. */
  readonly nameUses: number;
  /** Rows with rare names. */
  readonly rare: number;
  /** The same, of the second thread. */
  readonly besideRare: number;
  /** See the table above. */
  readonly starts: number;
  /** See the table above. */
  readonly targets: number;
  /** See the table above. */
  readonly nodeOf: number;
  /** See the table above. */
  readonly parents: number;
  /** See the table above. */
  readonly first: number;
  /** See the table above. */
  readonly predecessors: number;
  /** Size of the memory, in pages of 64 KiB. */
  readonly pages: number;
}

/** Entries of the table of rare names. */
export const RARE_ROOM = 1 << 19;

/** Names that are counted. V8 numbers them as they come up, so that there are no more than nodes and edges; small files may be made up. */
export function nameRoom(nodeCount: number, edgeCount: number): number {
  return Math.max(nodeCount + edgeCount, 1 << 16);
}

/** Lays out the memory for so many nodes and edges. */
export function planMemory(nodeCount: number, edgeCount: number): MemoryPlan {
  let next = PAGE;
  const take = (bytes: number): number => {
    const at = next;
    next += Math.ceil(bytes / 16) * 16;
    return at;
  };
  const column = 4 * (nodeCount + 2);
  const rareBytes = 8 + 8 * RARE_ROOM;
  const plan = {
    result: take(64),
    uses: take(128),
    sizes: take(PIECE_BYTES),
    text: take(CARRY_BYTES + PIECE_BYTES + 64),
    besideResult: take(64),
    besideText: take(PIECE_BYTES + 64),
    // Names are strings, and their number is in no head. V8 numbers names in the order of their use, nodes before edges.
    nameUses: take(nameRoom(nodeCount, edgeCount)),
    starts: take(column),
    targets: take(Math.max(4 * edgeCount, 4 * column)),
    nodeOf: take(column),
    parents: take(Math.max(column, rareBytes)),
    first: take(Math.max(column, rareBytes)),
    predecessors: take(Math.max(4 * edgeCount, 4 * column, 3 * PIECE_BYTES)),
  };
  return { ...plan, rare: plan.parents, besideRare: plan.first, pages: Math.ceil(next / PAGE) };
}
