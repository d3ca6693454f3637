/** From rows to dominators and retained sizes. */
import type { ColumnStore } from "./column-store.ts";
import { bytesAt, numbersAt, type Workspace } from "./kernels.ts";
import { planMemory } from "./memory-plan.ts";
import type { SecondThread } from "./second-thread.ts";

/** Bytes of columns that are moved together. */
const MOVED_AT_ONCE = 1024 * 1024;
/** Nodes that a WebAssembly function takes at a call. */
const SLICE = 16_384;
const NONE = 0xffffffff;

/** Where the finished graph lies in the workspace. What is by number has the numbers of the search, from 1. */
export interface GraphPlaces {
  /** Nodes that strong references lead to. */
  readonly reached: number;
  /** Search number of each node, 0 for the unreachable. */
  readonly numberOf: Uint32Array;
  /** Node of each number. */
  readonly nodeOf: Uint32Array;
  /** Number of the immediate dominator. */
  readonly dominators: Uint32Array;
  /** Bytes retained. */
  readonly retained: Float64Array;
  /** Where the predecessors of each number begin, and behind the last where they end. */
  readonly first: Uint32Array;
  /** Numbers. */
  readonly predecessors: Uint32Array;
}

/** Computes the graph. The areas of the workspace are used as `memory-plan.ts` says. */
export function buildGraph(
  workspace: Workspace,
  nodeCount: number,
  columns: ColumnStore,
  largeSizes: ReadonlyMap<number, number>,
  beside: SecondThread | undefined,
): GraphPlaces {
  const { plan, functions } = workspace;
  const column = 4 * (nodeCount + 2);
  const numberOf = plan.predecessors;
  const cameFrom = plan.predecessors + column;
  const queue = plan.predecessors + 2 * column;
  numbersAt(workspace, cameFrom, nodeCount).fill(NONE);
  // Both searches only read the references.
  const search = [plan.starts, plan.targets, cameFrom, queue, plan.besideResult, SLICE];
  numbersAt(workspace, plan.besideResult, 2).fill(0);
  const isFound = beside?.run("searchBreadthFirst", search);
  numbersAt(workspace, numberOf, nodeCount).fill(0);
  const cursors = plan.predecessors + 3 * column;
  const state = numbersAt(workspace, plan.result, 2).fill(0);
  const numbering = [plan.starts, plan.targets, numberOf, plan.nodeOf, plan.parents, cursors, plan.result, SLICE];
  while (functions.numberDepthFirst(...numbering) !== 0);
  const reached = state[1] ?? 0;
  if (!isFound?.()) while (functions.searchBreadthFirst(...search) !== 0);
  columns.write("cameFrom", 0, bytesAt(workspace, cameFrom, 4 * nodeCount));
  numbersAt(workspace, plan.first, nodeCount + 2).fill(0);
  numbersAt(workspace, cursors, nodeCount + 2).fill(0);
  const count = findPredecessors(workspace, reached, numberOf, cursors);
  const [semi = 0, label = 0, ancestor = 0, dominators = 0] = [0, 1, 2, 3].map((nth) => plan.targets + nth * column);
  functions.beginDominators(reached, plan.parents, semi, label, ancestor);
  const linked = [plan.first, plan.predecessors, plan.parents, semi, label, ancestor, plan.starts];
  inSlicesBack(2, reached + 1, (low, high) => functions.findSemidominators(low, high, ...linked));
  functions.findDominators(reached, plan.parents, semi, dominators);
  const nodeOf = numbersAt(workspace, plan.nodeOf, nodeCount + 1);
  const retained = new Float64Array(workspace.buffer, semi, nodeCount + 2);
  fillSelfSizes(workspace, nodeCount, columns, largeSizes, { retained, nodeOf, reached, ancestor });
  functions.sumRetained(reached, dominators, semi);
  // The stack of the dominators is done with.
  const numbers = numbersAt(workspace, plan.starts, nodeCount);
  numbers.fill(0);
  for (let v = 1; v <= reached; v++) numbers[nodeOf[v] ?? 0] = v;
  return {
    reached,
    numberOf: numbers,
    nodeOf,
    dominators: numbersAt(workspace, dominators, nodeCount + 1),
    retained,
    first: numbersAt(workspace, plan.first, nodeCount + 2),
    predecessors: numbersAt(workspace, plan.predecessors, count),
  };
}

/** Counts and fills in the predecessors. @returns how many there are. */
function findPredecessors(
  { plan, functions }: Workspace,
  reached: number,
  numberOf: number,
  lastSource: number,
): number {
  const { starts, targets, nodeOf, first, predecessors } = plan;
  inSlices(1, reached + 1, (low, high) =>
    functions.countPredecessors(starts, targets, numberOf, nodeOf, low, high, first, lastSource),
  );
  const count = functions.sumPredecessors(reached, first) >>> 0;
  inSlicesBack(1, reached + 1, (low, high) =>
    functions.fillPredecessors(starts, targets, nodeOf, low, high, first, predecessors),
  );
  return count;
}

/** V8 optimizes a WebAssembly function from its next call on, so that there must be many. */
function inSlices(low: number, high: number, take: (low: number, high: number) => void): void {
  for (let at = low; at < high; at += SLICE) take(at, Math.min(high, at + SLICE));
}

/** The same from the end. */
function inSlicesBack(low: number, high: number, take: (low: number, high: number) => void): void {
  for (let at = high; at > low; at -= SLICE) take(Math.max(low, at - SLICE), at);
}

/** Self sizes come by node; they are wanted by number. */
function fillSelfSizes(
  workspace: Workspace,
  nodeCount: number,
  columns: ColumnStore,
  largeSizes: ReadonlyMap<number, number>,
  {
    retained,
    nodeOf,
    reached,
    ancestor,
  }: { retained: Float64Array; nodeOf: Uint32Array; reached: number; ancestor: number },
): void {
  const sizes = numbersAt(workspace, ancestor, nodeCount);
  const bytes = bytesAt(workspace, ancestor, 4 * nodeCount);
  for (let at = 0; at < bytes.length; at += MOVED_AT_ONCE) {
    columns.readInto("selfSize", at / 4, bytes.subarray(at, Math.min(bytes.length, at + MOVED_AT_ONCE)));
  }
  for (let v = 1; v <= reached; v++) {
    const node = nodeOf[v] ?? 0;
    retained[v] = sizes[node] ?? 0;
  }
  if (largeSizes.size === 0) return;
  for (let v = 1; v <= reached; v++) retained[v] = largeSizes.get(nodeOf[v] ?? 0) ?? retained[v] ?? 0;
}

/** Bytes that opening a snapshot needs at its peak, besides Node itself. */
export function predictBytes(nodeCount: number, edgeCount: number): number {
  const { pages, nameUses, starts } = planMemory(nodeCount, edgeCount);
  // The table of names is touched only where there are names.
  return pages * 65_536 - (starts - nameUses);
}
