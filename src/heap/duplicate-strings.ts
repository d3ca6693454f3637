/**
 * Strings that stand in the heap more than once. The snapshot gives equal texts one index, so that nothing is read:
 * texts may be secrets and are named by their node, which only who asks for it sees.
 */
import type { HeapGraph } from "./heap-graph.ts";

/** A text that is there several times. */
export interface DuplicateString {
  /** Times. */
  readonly count: number;
  /** Bytes of all but one of them: what sharing one would save. */
  readonly wastedBytes: number;
  /** Id of one of them; `plimsoll heap node FILE @id` shows who keeps it. */
  readonly exampleId: number;
}

/** V8 cuts texts of this length, so that longer ones that look equal may differ. */
const CUT_BYTES = 1024;

/**
 * Finds the texts that waste most.
 *
 * @param limit - Default: 20.
 */
export function findDuplicateStrings(graph: HeapGraph, limit = 20): DuplicateString[] {
  const first = new Map<number, { count: number; wastedBytes: number; exampleId: number; sizeBytes: number }>();
  for (let node = 1; node < graph.nodeCount; node += 1) {
    if (graph.type(node) !== "string" || !graph.isReachable(node)) continue;
    const sizeBytes = graph.selfSize(node);
    if (sizeBytes > CUT_BYTES) continue;
    const text = graph.nameIndex(node);
    const known = first.get(text);
    if (!known) {
      if (first.size < MAX_TEXTS) first.set(text, { count: 1, wastedBytes: 0, exampleId: graph.id(node), sizeBytes });
      continue;
    }
    known.count += 1;
    known.wastedBytes += sizeBytes;
  }
  return [...first.values()]
    .filter(({ count }) => count > 1)
    .sort((one, other) => other.wastedBytes - one.wastedBytes)
    .slice(0, limit)
    .map(({ count, wastedBytes, exampleId }) => ({ count, wastedBytes, exampleId }));
}

/** Texts that are looked at, some 100 bytes each; a duplicate that matters is met early. */
const MAX_TEXTS = 1_000_000;
