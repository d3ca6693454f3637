/** Shortest paths over strong references, from the root. */

const WEAK: u32 = 0x80000000;
const NONE: u32 = 0xffffffff;

/**
 * Searches breadth first.
 *
 * @param cameFrom - becomes the node that each was reached from; filled with NONE before. The root comes from itself.
 * @param queue - room for one u32 a node.
 * @param state - two u32, cleared before the first call.
 * @returns 0 when it is done; else call again.
 */
export function searchBreadthFirst(starts: usize, targets: usize, cameFrom: usize, queue: usize, state: usize, steps: u32): u32 {
  let head = load<u32>(state);
  let tail = load<u32>(state, 4);
  if (tail == 0) {
    tail = 1;
    store<u32>(queue, 0);
    store<u32>(cameFrom, 0);
  }
  const until = min(tail, head + steps);
  while (head < until) {
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
  store<u32>(state, head);
  store<u32>(state, tail, 4);
  return tail - head;
}
