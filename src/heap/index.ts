/** `plimsoll/heap`: what is in this heap snapshot, who holds it, what grew between two? */
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export type { HeapEdge, HeapEdgeType, HeapGraph, HeapLocation, NodeIndex } from "./heap-graph.ts";
export { readHeapIds } from "./heap-ids.ts";
export { openHeap, type OpenHeapOptions, type OpenStage } from "./open-heap.ts";
