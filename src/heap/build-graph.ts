/** From rows to dominators and retained sizes. */
import type { ColumnStore } from "./column-store.ts";
import { bytesAt, numbersAt, type Workspace } from "./kernels.ts";
import { planMemory } from "./memory-plan.ts";
import type { SecondThread } from "./second-thread.ts";

/** Bytes of columns that are moved together. */
const MOVED_AT_ONCE = 1024 * 1024;
const NONE = 0xffffffff;

/** Where the finished graph lies in the workspace. All but the first are by search number, from 1. */
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
  /** Where the predecessors of each number begin. */
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
  const search = [plan.starts, plan.targets, cameFrom, queue];
  const isFound = beside?.run("searchBreadthFirst", search);
  numbersAt(workspace, numberOf, nodeCount).fill(0);
  const cursors = plan.predecessors + 3 * column;
  const reached = functions.numberDepthFirst(plan.starts, plan.targets, numberOf, plan.nodeOf, plan.parents, cursors);
  if (!isFound?.()) functions.searchBreadthFirst(...search);
  columns.write("cameFrom", 0, bytesAt(workspace, cameFrom, 4 * nodeCount));
  numbersAt(workspace, plan.first, nodeCount + 2).fill(0);
  numbersAt(workspace, cursors, nodeCount + 2).fill(0);
  functions.countPredecessors(plan.starts, plan.targets, numberOf, plan.nodeOf, reached, plan.first, cursors);
  functions.fillPredecessors(plan.starts, plan.targets, plan.nodeOf, reached, plan.first, plan.predecessors);
  const [semi, label, ancestor, dominators] = [0, 1, 2, 3].map((place) => plan.targets + place * column);
  functions.findDominators(
    reached,
    plan.first,
    plan.predecessors,
    plan.parents,
    semi ?? 0,
    label ?? 0,
    ancestor ?? 0,
    dominators ?? 0,
    plan.starts,
  );
  const nodeOf = numbersAt(workspace, plan.nodeOf, nodeCount + 1);
  const retained = new Float64Array(workspace.buffer, semi, nodeCount + 2);
  fillSelfSizes(workspace, nodeCount, columns, largeSizes, { retained, nodeOf, reached, ancestor: ancestor ?? 0 });
  functions.sumRetained(reached, dominators ?? 0, semi ?? 0);
  // The stack of the dominators is done with.
  const numbers = numbersAt(workspace, plan.starts, nodeCount);
  numbers.fill(0);
  for (let v = 1; v <= reached; v++) numbers[nodeOf[v] ?? 0] = v;
  return {
    reached,
    numberOf: numbers,
    nodeOf,
    dominators: numbersAt(workspace, dominators ?? 0, nodeCount + 1),
    retained,
    first: numbersAt(workspace, plan.first, nodeCount + 2),
    predecessors: numbersAt(
      workspace,
      plan.predecessors,
      numbersAt(workspace, plan.first, reached + 2)[reached + 1] ?? 0,
    ),
  };
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
  // The tables of names are touched only where there are names.
  return pages * 65_536 - (starts - nameUses);
}
