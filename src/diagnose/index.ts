/**
 * `plimsoll/diagnose`: is it a leak, of which kind, from which code, and what to do? Also the report in
 * all its forms.
 */
export type {
  AllocationSite,
  AllocatorRecord,
  CodeLocation,
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
export type {
  AllocationProfile,
  AllocatorSample,
  CgroupAccount,
  ExitRecord,
  ExperimentResult,
  FatalRecord,
  HeapSample,
  LedgerCourse,
  LedgerReading,
  MappedFileKind,
  NativeModule,
  OomAccount,
  OomComparison,
  ProcessRecording,
  RecordedLimit,
  Recording,
  RegionSample,
  RegionSum,
  ResidentSample,
  ThreadFaults,
  ThreadRecording,
  ThreadSample,
  WorkerCount,
} from "../monitor/remote/recording.ts";
export { REGION_KINDS, type RegionKind } from "../probe/region-kind.ts";
export { diagnose, type DiagnoseOptions } from "./diagnose.ts";
export {
  type Diagnosis,
  type Growth,
  type GrowthLocation,
  type ProcessDiagnosis,
  type RuledOut,
  type Verdict,
  VERDICT_KINDS,
  type VerdictKind,
} from "./finding.ts";
export * from "./report/index.ts";
