/**
 * `plimsoll/diagnose/remote`: watch, enter, measure and capture another program, with no word printed: what the command line is
 * made of, for programs that have a user interface of their own. Linux alone, and the processes of the same user.
 */
export type { Clock } from "../base/clock.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export type {
  AllocationSite,
  AllocatorRecord,
  CodeLocation,
  CaptureMessage,
  CollectionCensus,
  CollectionRecord,
  ExperimentMessage,
  ExperimentName,
  ExperimentReading,
  FatalMessage,
  HeapMessage,
  HeapSpaceRecord,
  LedgerMessage,
  OwnedPlace,
  OwnedTotal,
  ProfileMessage,
  SampleMessage,
} from "../base/wire.ts";
export type { CapturePrediction } from "../heap/capture-estimate.ts";
export type { Headroom } from "../heap/capture-headroom.ts";
export { adviseLimit, type HeapLimitRisk, judgeHeapLimit, type LimitAdvice } from "../monitor/limit-advice.ts";
export {
  type AttachOptions,
  type Attached,
  attachInspector,
  type BoardingPass,
  isRefusal,
  launch,
  type Launched,
  type LaunchOptions,
  type Refusal,
  type RefusalReason,
  RemoteWatch,
  type RemoteWatchOptions,
} from "../monitor/remote/index.ts";
export type { CaptureAnswer, CaptureRequest, HeapQuestions } from "../monitor/remote/heap-capture.ts";
export type { PassageOptions } from "../monitor/remote/passage.ts";
export type * from "../monitor/remote/recording.ts";
export type { ExperimentOptions } from "../monitor/remote/remote-watch.ts";
export { type LimitReading, readLimits, tightestLimit } from "../probe/limit.ts";
export { walkNativeHeap, type WalkNativeHeapOptions } from "../probe/native-heap/native-heap.ts";
export type * from "../probe/native-heap/native-heap-walk.ts";
export { REGION_KINDS, type RegionKind } from "../probe/region-kind.ts";
export type { NativeOwner } from "../probe/native-heap/owners.ts";
export { isNodeProcess, nameCommand, readProcessName, readResident, type ResidentReading } from "../probe/process.ts";
export type { ProcessId, SystemFilesOptions, Unavailable } from "../probe/system-files.ts";
export { describeExperiment } from "./experiment-words.ts";
export {
  type CaptureOutcome,
  type CapturerOptions,
  captureRemote,
  planRemoteCapture,
  type RemoteCapturePlan,
} from "./capture-remote.ts";
export type { ReportTrial } from "./report/report.ts";
export { describeNativeHeap } from "./native-heap-words.ts";
