/**
 * Act before the out-of-memory killer does, and lose nothing: `Guard` inside a process, `Supervisor`
 * outside of it, and what a process died of.
 */
export type { SizeInput } from "../base/bytes.ts";
export { type Clock, systemClock } from "../base/clock.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export type * from "../diagnose/index.ts";
export type { CollectionProfiler, CollectionStatistics, MemorySizes, MemorySource } from "../monitor/sample.ts";
export type { LimitReading } from "../probe/limit.ts";
export { drainFastify, type FastifyLike } from "./adapters/fastify.ts";
export { drainHttp, type HttpDrainOptions } from "./adapters/http-server.ts";
export { type PoolLike, shrinkPool } from "./adapters/pool.ts";
export type { BreakerOptions, BreakerState } from "./circuit-breaker.ts";
export { exitReport, type ExitReportOptions } from "./exit-report.ts";
export { Guard } from "./guard.ts";
export type { GuardFigure, GuardLines, NearestLine } from "./guard-lines.ts";
export type { GuardLevel } from "./guard-machine.ts";
export type {
  ActionReport,
  DrainAction,
  GuardChange,
  GuardDrained,
  GuardEvents,
  GuardOptions,
  GuardPressure,
  ShedAction,
} from "./guard-options.ts";
export { handoff, type HandoffOptions } from "./handoff.ts";
export { type Cacheful, collectNow, type Pausable, pauseIntake, shrinkBudget, trimAllocator } from "./shed-actions.ts";
export { announceReady, countUnit, isSupervised, requestReplacement } from "./supervision.ts";
export { Supervisor } from "./supervisor.ts";
export type {
  InstanceEnd,
  InstanceReady,
  InstanceReplace,
  InstanceStart,
  SupervisedLimit,
  SupervisorEvents,
  SupervisorOptions,
  SupervisorTrouble,
} from "./supervisor-options.ts";
