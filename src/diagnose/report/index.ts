/**
 * The report and its forms: data first, everything else is drawn from the data.
 */
export { buildReport, type ReportOptions } from "./json.ts";
export { type GithubReport, renderGithub } from "./github.ts";
export { renderHtml } from "./html.ts";
export { EXIT_KINDS, type ExitKind } from "./exit-cause.ts";
export type { Report, ReportFloor, ReportProcess, ReportSeries } from "./report.ts";
export type {
  ReportHeap,
  ReportHeapNode,
  ReportLedger,
  ReportSubject,
  ReportSuspect,
  ReportTotal,
  ReportTrial,
  ReportWaterline,
} from "./report.ts";
export { renderTerminal, type TerminalOptions } from "./terminal.ts";
export { validateReport } from "./validate.ts";
