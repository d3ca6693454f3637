/** Shortest paths over strong references, from the root. */

const WEAK: u32 = 0x80000000;
const NONE: u32 = 0xffffffff;

/**
 * Searches breadth first.
 *
 * @param cameFrom - becomes the node that each was reached from; filled with NONE before. The root comes from itself.
 * @param queue - room for one u32 a node.
 */
export function searchBreadthFirst(starts: usize, targets: usize, cameFrom: usize, queue: usize): u32 {
  let head: u32 = 0;
  let tail: u32 = 1;
  store<u32>(queue, 0);
  store<u32>(cameFrom, 0);
  while (head < tail) {
    const node = load<u32>(queue + (<usize>head << 2));
    head++;
    const at = <usize>node << 2;
    const end = load<u32>(starts + at + 4);
    for (let edge = load<u32>(starts + at); edge < end; edge++) {
      const to = load<u32>(targets + (<usize>edge << 2));
      if (to & WEAK) continue;
      const slot = cameFrom + (<usize>to << 2);
      if (load<u32>(slot) != NONE) continue;
      store<u32>(slot, node);
      store<u32>(queue + (<usize>tail << 2), to);
      tail++;
    }
  }
  return tail;
}
