/**
 * Act before the out-of-memory killer does, and lose nothing: `Guard` inside a process, `Supervisor`
 * outside of it, and what a process died of.
 */
export { exitReport, type ExitReportOptions } from "./exit-report.ts";
