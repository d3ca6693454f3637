/**
 * Dominators by Semi-NCA (Georgiadis, Tarjan and Werneck, Finding Dominators in Practice, 2006). Vertices have the
 * numbers of a depth-first search, from 1: the root is 1, 0 is none. No recursion: a list may be as long as the heap.
 */

const WEAK: u32 = 0x80000000;

/**
 * Numbers what strong references lead to.
 *
 * @param starts - nodes + 1 row starts; `targets` - of all references.
 * @param numberOf - cleared; becomes the number of each node, 0 for the unreachable.
 * @param nodeOf - becomes the node of each number; `parents` - the number it was reached from. Both nodes + 1 long.
 * @param cursors - room for one u32 a node.
 * @param state - two u32, cleared before the first call; the second becomes how many were reached.
 * @returns 0 when it is done; else call again.
 */
export function numberDepthFirst(
  starts: usize, targets: usize, numberOf: usize, nodeOf: usize, parents: usize, cursors: usize, state: usize, steps: u32,
): u32 {
  let v = load<u32>(state);
  let count = load<u32>(state, 4);
  if (count == 0) {
    count = v = 1;
    store<u32>(numberOf, 1);
    store<u32>(nodeOf + 4, 0);
    store<u32>(parents + 4, 0);
    store<u32>(cursors, load<u32>(starts));
  }
  for (let step: u32 = 0; step < steps && v != 0; step++) {
    const node = <usize>load<u32>(nodeOf + (<usize>v << 2)) << 2;
    let edge = load<u32>(cursors + node);
    const end = load<u32>(starts + node + 4);
    let next: u32 = 0;
    while (edge < end) {
      const to = load<u32>(targets + (<usize>edge << 2));
      edge++;
      if (to & WEAK) continue;
      const at = <usize>to << 2;
      if (load<u32>(numberOf + at) == 0) {
        next = ++count;
        store<u32>(numberOf + at, next);
        store<u32>(nodeOf + (<usize>next << 2), to);
        store<u32>(parents + (<usize>next << 2), v);
        store<u32>(cursors + at, load<u32>(starts + at));
        break;
      }
    }
    store<u32>(cursors + node, edge);
    v = next != 0 ? next : load<u32>(parents + (<usize>v << 2));
  }
  store<u32>(state, v);
  store<u32>(state, count, 4);
  return v;
}

/**
 * Turns the targets of the numbers from `low` up to `high` into numbers, in place, and counts the references to each.
 *
 * @param first - count + 2 long, cleared; becomes the counts.
 * @param lastSource - the number that last referred to each, cleared: one that refers again counts once, as objects often do to
 * `undefined`; its other references are taken out.
 */
export function countPredecessors(starts: usize, targets: usize, numberOf: usize, nodeOf: usize, low: u32, high: u32, first: usize, lastSource: usize): void {
  for (let v = low; v < high; v++) {
    const node = <usize>load<u32>(nodeOf + (<usize>v << 2)) << 2;
    const end = load<u32>(starts + node + 4);
    for (let edge = load<u32>(starts + node); edge < end; edge++) {
      const at = targets + (<usize>edge << 2);
      const to = load<u32>(at);
      if (to & WEAK) continue;
      const w = load<u32>(numberOf + (<usize>to << 2));
      const last = lastSource + (<usize>w << 2);
      if (load<u32>(last) == v) {
        store<u32>(at, WEAK);
        continue;
      }
      store<u32>(last, v);
      store<u32>(at, w);
      const slot = first + (<usize>w << 2);
      store<u32>(slot, load<u32>(slot) + 1);
    }
  }
}

/** Turns counts into where the predecessors of each number end. @returns the sum. */
export function sumPredecessors(count: u32, first: usize): u32 {
  let sum: u32 = 0;
  for (let v: u32 = 0; v <= count + 1; v++) {
    const slot = first + (<usize>v << 2);
    sum += load<u32>(slot);
    store<u32>(slot, sum);
  }
  return sum;
}

/** Fills in the predecessors that are numbered from `low` up to `high`. Going backwards turns the sums into the starts. */
export function fillPredecessors(starts: usize, targets: usize, nodeOf: usize, low: u32, high: u32, first: usize, predecessors: usize): void {
  for (let v = high - 1; v >= low; v--) {
    const node = <usize>load<u32>(nodeOf + (<usize>v << 2)) << 2;
    const start = load<u32>(starts + node);
    for (let edge = load<u32>(starts + node + 4); edge > start; edge--) {
      const w = load<u32>(targets + (<usize>(edge - 1) << 2));
      if (w & WEAK) continue;
      const slot = first + (<usize>w << 2);
      const place = load<u32>(slot) - 1;
      store<u32>(slot, place);
      store<u32>(predecessors + (<usize>place << 2), v);
    }
  }
}

/**
 * Prepares the search for dominators.
 *
 * @param parents - of the search; the ancestors of the linked forest once a number was processed.
 * @param semi, label, ancestor - room for count + 1 each.
 */
export function beginDominators(count: u32, parents: usize, semi: usize, label: usize, ancestor: usize): void {
  for (let v: u32 = 1; v <= count; v++) {
    store<u32>(semi + (<usize>v << 2), v);
    store<u32>(label + (<usize>v << 2), v);
    store<u32>(ancestor + (<usize>v << 2), load<u32>(parents + (<usize>v << 2)));
  }
}

/** Finds the semidominators of the numbers from `low` up to `high`; the highest numbers first, and none below 2. */
export function findSemidominators(
  low: u32, high: u32, first: usize, predecessors: usize, parents: usize, semi: usize, label: usize, ancestor: usize, stack: usize,
): void {
  for (let w = high - 1; w >= low; w--) {
    const at = <usize>w << 2;
    let least = load<u32>(parents + at);
    const end = load<u32>(first + at + 4);
    for (let i = load<u32>(first + at); i < end; i++) {
      const v = load<u32>(predecessors + (<usize>i << 2));
      const candidate = v <= w ? v : evaluate(v, w, ancestor, label, semi, stack);
      if (candidate < least) least = candidate;
    }
    store<u32>(semi + at, least);
  }
}

/** Finds the immediate dominator of every number, once all semidominators are known. */
export function findDominators(count: u32, parents: usize, semi: usize, dominators: usize): void {
  store<u32>(dominators + 4, 0);
  for (let w: u32 = 2; w <= count; w++) {
    const at = <usize>w << 2;
    const least = load<u32>(semi + at);
    let d = load<u32>(parents + at);
    while (d > least) d = load<u32>(dominators + (<usize>d << 2));
    store<u32>(dominators + at, d);
  }
}

/** The least semidominator on the way from `v` up to what is not processed yet; shortens the way. */
function evaluate(v: u32, w: u32, ancestor: usize, label: usize, semi: usize, stack: usize): u32 {
  let depth: u32 = 0;
  let x = v;
  // A vertex is linked once it was processed: its number is above w.
  for (;;) {
    const a = load<u32>(ancestor + (<usize>x << 2));
    if (a <= w) break;
    store<u32>(stack + (<usize>depth << 2), x);
    depth++;
    x = a;
  }
  let best = load<u32>(label + (<usize>x << 2));
  let bestSemi = load<u32>(semi + (<usize>best << 2));
  const top = load<u32>(ancestor + (<usize>x << 2));
  while (depth > 0) {
    depth--;
    const y = load<u32>(stack + (<usize>depth << 2));
    const own = load<u32>(label + (<usize>y << 2));
    const ownSemi = load<u32>(semi + (<usize>own << 2));
    if (ownSemi < bestSemi) {
      best = own;
      bestSemi = ownSemi;
    }
    store<u32>(label + (<usize>y << 2), best);
    store<u32>(ancestor + (<usize>y << 2), top);
  }
  return bestSemi;
}

/**
 * Sums what each number retains.
 *
 * @param retained - f64 a number, filled with the self sizes.
 */
export function sumRetained(count: u32, dominators: usize, retained: usize): void {
  for (let w = count; w >= 2; w--) {
    const slot = retained + (<usize>load<u32>(dominators + (<usize>w << 2)) << 3);
    store<f64>(slot, load<f64>(slot) + load<f64>(retained + (<usize>w << 3)));
  }
}
