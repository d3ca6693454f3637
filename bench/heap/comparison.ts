/**
 * Compares what two tools say that every node of a snapshot retains. memlab counts a value of a WeakMap to whatever
 * dominates both its key and the map's table, we count it to its key: so nodes may differ that dominate such a
 * value in one of the two trees, and no others.
 */
import { closeSync, openSync, readSync } from "node:fs";

/** What was found. */
export interface Comparison {
  /** Nodes compared. */
  readonly nodes: number;
  /** Nodes with equal sizes. */
  readonly equal: number;
  /** Nodes that differ and dominate a WeakMap's value. */
  readonly explained: number;
  /** Nodes that differ otherwise. */
  readonly unexplained: number;
}

interface Details {
  readonly retained: Float64Array;
  readonly dominators: Float64Array;
  readonly values: Float64Array;
}

/** Compares two files that case.mjs wrote. */
export function compareDetails(oursFile: string, memlabFile: string): Comparison {
  const [ours, memlab] = [readDetails(oursFile), readDetails(memlabFile)];
  if (ours.retained.length !== memlab.retained.length) throw new Error("they count different numbers of nodes");
  const dominating = new Uint8Array(ours.retained.length);
  for (const { dominators } of [ours, memlab]) {
    for (const value of memlab.values) {
      // A chain of dominators ends at the root; memlab's root dominates itself.
      for (let node = value, left = dominators.length; node >= 0 && left > 0; left--) {
        dominating[node] = 1;
        if (node === 0) break;
        node = dominators[node] ?? -1;
      }
    }
  }
  let equal = 0;
  let explained = 0;
  for (const [node, size] of ours.retained.entries()) {
    if (size === memlab.retained[node]) equal++;
    else if (dominating[node] === 1) explained++;
  }
  const nodes = ours.retained.length;
  return { nodes, equal, explained, unexplained: nodes - equal - explained };
}

function readDetails(file: string): Details {
  const descriptor = openSync(file, "r");
  let from = 0;
  const column = (length: number): Float64Array => {
    const numbers = new Float64Array(length);
    const bytes = new Uint8Array(numbers.buffer);
    for (let at = 0; at < bytes.length;) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, from + at);
      if (read === 0) throw new Error(`${file} ends early`);
      at += read;
    }
    from += bytes.length;
    return numbers;
  };
  try {
    const [retained = 0, dominators = 0, values = 0] = column(3);
    return { retained: column(retained), dominators: column(dominators), values: column(values) };
  } finally {
    closeSync(descriptor);
  }
}
