/**
 * Act before the out-of-memory killer does, and lose nothing: `Guard` inside a process, `Supervisor`
 * outside of it, and what a process died of.
 */
export { exitReport, type ExitReportOptions } from "./exit-report.ts";
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
