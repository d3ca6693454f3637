/**
 * `plimsoll/diagnose`: is it a leak, of which kind, from which code, and what to do? Also the report in
 * all its forms.
 */
export type {
  AllocationSite,
  CodeLocation,
  CollectionRecord,
  FatalMessage,
  ProfileMessage,
  SampleMessage,
} from "../base/wire.ts";
export type {
  AllocationProfile,
  CgroupAccount,
  ExitRecord,
  FatalRecord,
  OomAccount,
  OomComparison,
  ProcessRecording,
  RecordedLimit,
  Recording,
  ResidentSample,
  ThreadRecording,
  ThreadSample,
} from "../monitor/remote/recording.ts";
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
