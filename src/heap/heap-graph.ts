/**
 * A heap snapshot as a graph that can be asked: what an object is, how much it keeps alive, who holds it. Consumers
 * know only this interface; how the columns lie in memory is the reader's affair.
 */

/** A node's place in the snapshot, from 0 to `nodeCount - 1`. Node 0 is the root. */
export type NodeIndex = number;

/** How one object refers to another, in V8's own words. */
export type HeapEdgeType = "context" | "element" | "property" | "internal" | "hidden" | "shortcut" | "weak";

/** A reference from one object to another. */
export interface HeapEdge {
  /** How it refers. */
  readonly type: HeapEdgeType;
  /** The variable, property or internal slot; a number for array elements and hidden slots. */
  readonly name: string | number;
  /** Who refers. */
  readonly from: NodeIndex;
  /** What is referred to. */
  readonly to: NodeIndex;
}

/** A place in a script. */
export interface HeapLocation {
  /** V8's number of the script. */
  readonly scriptId: number;
  /** Line, from 0. */
  readonly line: number;
  /** Column, from 0. */
  readonly column: number;
}

/** A heap snapshot as a graph. It may hold a file open: dispose of it. */
export interface HeapGraph extends Disposable {
  /** Objects. */
  readonly nodeCount: number;
  /** References, weak ones included. */
  readonly edgeCount: number;
  /** Sum of all self sizes. */
  readonly totalBytes: number;
  /** Bytes outside of the heap that V8 names in the snapshot's head (Node 24). Default: not named. */
  readonly externalBytes?: number;
  /** Largest id. */
  readonly maxId: number;
  /** The snapshot's own word: `object`, `closure`, `string`, `native`, `array` and so on. */
  type(node: NodeIndex): string;
  /** Name of the class or function, or the text of a string; at most 1024 characters. */
  name(node: NodeIndex): string;
  /** Equal names have equal indexes: group by this, read the name later. */
  nameIndex(node: NodeIndex): number;
  /** Stays the same in all snapshots of one process. */
  id(node: NodeIndex): number;
  /** The object with an id. Default: none has it. */
  nodeWithId(id: number): NodeIndex | undefined;
  /** Bytes of the object itself. */
  selfSize(node: NodeIndex): number;
  /** Bytes that would go if the object went: its own and those of all it dominates. Its own alone for the unreachable. */
  retainedSize(node: NodeIndex): number;
  /** False for what no strong reference leads to from the root. */
  isReachable(node: NodeIndex): boolean;
  /** True where V8 marks it as detached. */
  isDetached(node: NodeIndex): boolean;
  /** The nearest object through which every path from the root goes. Default: none, for the root and the unreachable. */
  dominator(node: NodeIndex): NodeIndex | undefined;
  /** What it refers to. */
  edges(node: NodeIndex): Iterable<HeapEdge>;
  /** The references that keep it alive, object by object; none of weak references, and none for the unreachable. */
  retainers(node: NodeIndex): Iterable<HeapEdge>;
  /** A shortest path over strong references, the root's end first. Empty when unreachable. */
  pathFromRoot(node: NodeIndex): readonly HeapEdge[];
  /** Where the function, or the function of the object's class, stands. Default: not told. */
  location(node: NodeIndex): HeapLocation | undefined;
}
