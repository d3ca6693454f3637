/**
 * The report as data: schema `plimsoll.report/1`, published as `plimsoll/report.schema.json`. Every
 * other form (terminal, HTML, GitHub) is drawn from this one and nothing else.
 */
import type { Growth, Verdict } from "../finding.ts";

/** Columns of equal length: one chart. `null` where a series has no value at that time. */
export interface ReportSeries {
  /** Seconds since the start. */
  readonly seconds: readonly number[];
  readonly rssBytes: readonly (number | null)[];
  readonly heapUsedBytes: readonly (number | null)[];
  readonly heapTotalBytes: readonly (number | null)[];
  /** Without array buffers. */
  readonly externalBytes: readonly (number | null)[];
  readonly arrayBufferBytes: readonly (number | null)[];
}

/** A heap size right after a major collection. */
export interface ReportFloor {
  readonly seconds: number;
  readonly usedBytes: number;
  readonly forced: boolean;
}

/** One process, or one worker of it. */
export interface ReportProcess {
  readonly pid: number;
  readonly thread?: number;
  readonly name: string;
  readonly observed: boolean;
  readonly node?: string;
  readonly peakRssBytes: number;
  readonly heapLimitBytes?: number;
  readonly verdict: Verdict;
  readonly growth: readonly Growth[];
  readonly samples: ReportSeries;
  readonly floors: readonly ReportFloor[];
}

/** The whole report. */
export interface Report {
  readonly schema: "plimsoll.report/1";
  /** Plimsoll's own version. */
  readonly version: string;
  /** Base names only. */
  readonly command: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly platform: { readonly os: string; readonly arch: string; readonly node?: string };
  readonly verdict: Verdict;
  readonly growth: readonly Growth[];
  readonly limit: { readonly bytes: number | null; readonly source: string };
  readonly secondsToLimit?: number;
  /** `nativeBytes`: resident memory at its peak that neither V8's heap nor external memory explains. */
  readonly peak: {
    readonly rssBytes: number;
    readonly heapUsedBytes: number;
    readonly externalBytes: number;
    readonly arrayBufferBytes: number;
    readonly nativeBytes: number;
  };
  readonly exit: { readonly code: number | null; readonly signal: string | null; readonly cause: string };
  /** What Plimsoll itself used: watcher and, estimated, inside the program. */
  readonly own: { readonly cpuMs: number; readonly rssBytes: number; readonly inTargetCpuMs: number };
  readonly requests?: { readonly count: number; readonly perSecond: number };
  /** Of the process with the headline verdict. */
  readonly samples: ReportSeries;
  readonly floors: readonly ReportFloor[];
  readonly gc?: { readonly pauseShare: number; readonly majors: number; readonly minors: number };
  readonly processes: readonly ReportProcess[];
  /** What could not be measured, and why. */
  readonly unknown: readonly string[];
}
