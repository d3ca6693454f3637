/** `plimsoll/budget`: how much work fits, and disk for what does not. */
export type { ByteBudget, ByteConsumer, ByteLease } from "../base/byte-budget.ts";
export type { SizeInput } from "../base/bytes.ts";
export { type Clock, systemClock } from "../base/clock.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export type { AdmissionTuning, HoldReason } from "./admission.ts";
export { BoundedMap, type BoundedMapOptions, type CacheValue, type EvictReason } from "./bounded-map.ts";
export { BatchSizer, type BatchSizerOptions, type BatchStatus } from "./batch-sizer.ts";
export type { KindCost } from "./cost-model.ts";
export { PoolGauge } from "./integrations/pool-gauge.ts";
export { AdaptiveLimiter } from "./limiter.ts";
export type { Hold, LimiterOptions, LimiterStatus, MapOptions, TaskOptions } from "./limiter-options.ts";
export type { LiveReading, MemoryGauge } from "./memory-gauge.ts";
export type { ProgressEvent } from "./progress.ts";
export {
  type BatchAdvice,
  type BudgetReport,
  MemoryBudget,
  type MemoryBudgetOptions,
  type MemoryLease,
} from "./memory-budget.ts";
export type { StoreMemory } from "./open-lease.ts";
export { bytesCodec, type Codec, jsonCodec, structuredCodec } from "./spill/codec.ts";
export { sortExternal, type SortExternalOptions } from "./spill/sort-external.ts";
export type { QueueRecovery } from "./spill/queue-log.ts";
export { SpillQueue, type SpillQueueOptions } from "./spill/spill-queue.ts";
export type { SpillKey, SpillMap } from "./spill/spill-map.ts";
export { SortedMap, type SortedMapOptions } from "./spill/sorted-map.ts";
export { SqliteMap, type SqliteMapOptions } from "./spill/sqlite-map.ts";
export type { SqliteEngine } from "./spill/sqlite-driver.ts";
export { estimateBytes } from "./estimate-bytes.ts";
