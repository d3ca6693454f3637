/** `plimsoll/heap`: what is in this heap snapshot, who holds it, what grew between two? */
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export { type AllocatingFunction, sampleAllocations } from "./allocation-sample.ts";
export {
  captureCompactHeap,
  type CapturedHeap,
  captureHeap,
  type CaptureOptions,
  type CapturePlan,
  planCapture,
  streamHeap,
} from "./capture.ts";
export type { CapturePrediction } from "./capture-estimate.ts";
export type { CaptureBounds, Headroom } from "./capture-headroom.ts";
export { type Census, type CensusClass, type ClassCensus, takeCensus } from "./class-census.ts";
export type { HeapEdge, HeapEdgeType, HeapGraph, HeapLocation, NodeIndex } from "./heap-graph.ts";
export { readHeapIds } from "./heap-ids.ts";
export { openHeap, type OpenHeapOptions, type OpenStage } from "./open-heap.ts";
export { type ArrayBufferSize, type ArrayBufferTotals, measureArrayBuffers } from "./array-buffers.ts";
export { type ClassCount, classHistogram } from "./class-histogram.ts";
export { type ClosureGroup, findClosures } from "./closures.ts";
export { type DetachedClass, findDetached } from "./detached-nodes.ts";
export { type ClassGrowth, type DiffOptions, diffHeaps, type HeapDiff } from "./diff-heaps.ts";
export { type DuplicateString, findDuplicateStrings } from "./duplicate-strings.ts";
export { describeNode, type Neighbour, type NodeSheet } from "./node-sheet.ts";
export { findSuspects, type SuspectOptions } from "./find-suspects.ts";
export type { HeapIds } from "./growers.ts";
export type { SourcePlace } from "./source-place.ts";
export { describeSuspects, holderOfGrowth, type Suspect } from "./suspect.ts";
