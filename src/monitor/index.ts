/** `plimsoll/monitor`: how much memory, of which kind, how close to the limit? */
export type { SizeInput } from "../base/bytes.ts";
export { formatBytes, parseBytes } from "../base/bytes.ts";
export { type Clock, systemClock } from "../base/clock.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export type { LimitReading } from "../probe/limit.ts";
export type { Libc } from "../probe/libc.ts";
export type { MeminfoReading } from "../probe/meminfo.ts";
export type { MachineReading } from "../probe/machine.ts";
export type { V8Reading } from "../probe/v8.ts";
export type { CollectionCounts, HeapFloor, MajorCollection } from "./collections.ts";
export { createOtelMetrics, type OtelInstrumentOptions, type OtelMeter } from "./exporters/otel.ts";
export type { OtelMetricsOptions, OtelResult } from "./exporters/otel.ts";
export { formatPrometheus, registerPrometheus, type PrometheusRegistry } from "./exporters/prometheus.ts";
export type { Trend } from "./forecast.ts";
export { forceGC, type ForcedCollection } from "./force-gc.ts";
export type { ColumnStats, SnapshotOptions } from "./history.ts";
export { type LeakCheck, LeakDetector, type LeakDetectorOptions, type LeakWatchOptions } from "./leak-detector.ts";
export type { Judgement } from "./leak-judgement.ts";
export type { Headroom } from "./limit-line.ts";
export { type MemoryPeak, Monitor, type MonitorStats } from "./monitor.ts";
export type { MonitorEvents, PressureChange } from "./monitor-events.ts";
export type { MonitorOptions, TrendOptions } from "./monitor-options.ts";
export type { Phase, PhaseHost, PhaseReport } from "./phase.ts";
export type { PressureLevel, PressureThresholds } from "./pressure.ts";
export type { RapidGrowth, RapidGrowthOptions } from "./rapid-growth.ts";
export type { RingValue } from "./ring.ts";
export type { CollectionProfiler, CollectionStatistics, MemoryColumn, MemorySource } from "./sample.ts";
export {
  delta,
  formatSnapshot,
  MEMORY_COLUMNS,
  type MemoryDelta,
  type MemorySample,
  type MemorySizes,
} from "./sample.ts";
export { getSystemInfo, type SystemInfo } from "./system-info.ts";
export { floors, type MannKendall, mannKendall, type Slope, theilSen, type TrendPoint } from "./trend.ts";
