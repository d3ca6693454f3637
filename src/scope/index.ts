/** `plimsoll/scope`: who owns this value, and when is it released? */
export { type Clock, systemClock } from "../base/clock.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export type { Adapter, AdapterGauges, ValueEvents } from "./adapter.ts";
export { disposables } from "./adapters/disposable.ts";
export { type JaxAdapter, jaxArrays, type JaxOptions } from "./adapters/jax.ts";
export type { JaxArray, JaxLibrary } from "./adapters/jax-library.ts";
export {
  type OnnxLibrary,
  type OnnxSession,
  type OnnxTensor,
  onnxTensors,
  type OnnxValue,
} from "./adapters/onnxruntime.ts";
export { type TfjsLibrary, type TfjsState, type TfjsTensor, tfjsTensors } from "./adapters/tfjs.ts";
export { adopt } from "./adoption.ts";
export type { GrowthCause, GrowthCauseKind, LibraryReading, OpenCause } from "./causes.ts";
export { countWebAssembly, type WebAssemblyCount } from "./count-web-assembly.ts";
export { Lease } from "./lease.ts";
export type {
  GrowthExplanation,
  Ledger,
  LedgerMark,
  LedgerReport,
  LedgerRow,
  LedgerSite,
  OpenScope,
} from "./ledger-report.ts";
export { ledger } from "./own-ledger.ts";
export { ManagedResource, type ManagedResourceOptions, type ResourceMemoryUsage } from "./managed-resource.ts";
export type { ProcessBytes } from "./resource-memory.ts";
export { type PoolMemoryUsage, ResourcePool, type ResourcePoolOptions } from "./resource-pool.ts";
export { type OpenedScope, openScope, type Scope, scope, untracked } from "./scope.ts";
export { type Tree, tree } from "./tree.ts";
export { yieldTurn, type YieldTurnOptions } from "./yield-turn.ts";
