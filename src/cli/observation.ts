/**
 * Watching from the first sample to the exit code, the same for a program that was started and for one
 * that ran before: progress while it lasts, the journal, at the end the report, and what `--fail-on`
 * makes of it. A failure of ours never reaches the program.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { diagnose } from "../diagnose/diagnose.ts";
import { isViolent } from "../diagnose/report/exit-waterline.ts";
import { buildReport, type Report, renderGithub, renderHtml, renderTerminal } from "../diagnose/report/index.ts";
import type { ReportTrial } from "../diagnose/report/report.ts";
import { formatDuration, headline, peakWords } from "../diagnose/report/words.ts";
import { Journal } from "../monitor/remote/journal.ts";
import type { RemoteWatch } from "../monitor/remote/index.ts";
import type { ExitRecord, Recording } from "../monitor/remote/recording.ts";
import { exitReport } from "../supervise/exit-report.ts";
import { ExitWatch } from "../supervise/exit-watch.ts";
import type { CommandEnd } from "./command.ts";
import { hasEnded } from "./ending.ts";
import { EXIT } from "./exit-codes.ts";
import type { TakenSnapshots } from "./heap-findings.ts";
import type { Output } from "./output.ts";
import { Progress, type ProgressMode } from "./progress.ts";
import { REPORT_HTML, writeReport } from "./report-files.ts";
import type { Failure, ReportOptions } from "./report-options.ts";

/** How long the last words of an ended program are waited for. */
const SETTLE_MS = 400;

/** A program that ends before this, undetermined, gets one line instead of a page about nothing. */
const SHORT_SECONDS = 5;

/** What is watched, and for how long. */
export interface Observation {
  /** Attached to the program. */
  readonly remote: RemoteWatch;
  readonly pid: number;
  /** Where the report goes. */
  readonly dir: string;
  /** Resolves when watching shall end: with the program's end where it is ours to see. Never rejects. */
  readonly ended: Promise<ExitRecord | undefined>;
  /** What the live view says when a signal asks for the end. */
  readonly asked: string;
  /** Where the program runs. Default: here. */
  readonly cwd?: string;
  /** Called once the display is gone and before the report is made. */
  conclude?(): Promise<void>;
  /** Heap snapshots that were taken of it; read when the report is made. */
  snapshots?(): TakenSnapshots | undefined;
  /** What is done besides watching; read when the report is made. */
  readonly trials?: readonly ReportTrial[];
}

/** Shows, reports, and says how this process shall end. */
export async function observe(observation: Observation, options: ReportOptions, output: Output): Promise<CommandEnd> {
  const { remote, dir, cwd } = observation;
  const { recording } = remote;
  using exitWatch = new ExitWatch(recording, cwd === undefined ? {} : { cwd });
  const journal = Journal.open(dir, recording);
  const exit = await show(observation, journal, modeOf(options, output), output);
  try {
    if (exit !== undefined || hasEnded(recording)) exitWatch.conclude(exit);
    // Who kills the program's group may be about to kill us.
    journal.write();
    await observation.conclude?.();
    await remote.settle(SETTLE_MS);
    recording.endedAtMs ??= systemClock.now();
    const found = exit === undefined && !hasEnded(recording) ? interimReport(recording) : exitReport(recording);
    const { trials = [] } = observation;
    const judged = await withHeap(found, observation.snapshots?.());
    const report = trials.length === 0 ? judged : { ...judged, trials };
    const files = keep(report, dir, options, journal, output);
    tell(report, files, options, output);
    return endOf(exit, findFailure(report, options.failOn), output);
  } catch (error) {
    // Whatever failed of ours, the program ends its own way.
    output.say(`plimsoll: no report: ${error instanceof Error ? error.message : String(error)}`);
    return endOf(exit, undefined, output);
  }
}

/** The reader of snapshots is loaded only where there are some. */
async function withHeap(report: Report, snapshots: TakenSnapshots | undefined): Promise<Report> {
  if (!snapshots) return report;
  const { addHeap } = await import("./heap-findings.ts");
  return addHeap(report, snapshots);
}

/** The report on a program that goes on. */
function interimReport(recording: Recording): Report {
  return buildReport(recording, diagnose(recording, { nowMs: systemClock.now(), ended: false }), { isRunning: true });
}

function modeOf({ quiet, json }: ReportOptions, output: Output): ProgressMode {
  if (quiet) return "quiet";
  if (json) return "json";
  return output.isTerminal && !process.env["CI"] ? "live" : "lines";
}

/** Shows progress until watching has ended; the terminal is given back whatever happens. */
async function show(
  { remote: { recording }, pid, ended, asked }: Observation,
  journal: Journal,
  mode: ProgressMode,
  output: Output,
): Promise<ExitRecord | undefined> {
  using progress = new Progress({ output, recording, journal, mode, pid, clock: systemClock });
  const notify = (): void => progress.notify(asked);
  const listeners: Record<string, () => void> = {
    exit: () => progress[Symbol.dispose](),
    SIGINT: notify,
    SIGTERM: notify,
  };
  if (mode === "live") {
    listeners["SIGWINCH"] = () => progress.resize();
    listeners["SIGCONT"] = () => progress.resume();
    listeners["SIGTSTP"] = () => {
      progress.suspend();
      process.kill(process.pid, "SIGSTOP");
    };
  }
  for (const [event, listener] of Object.entries(listeners)) process.on(event, listener);
  try {
    return await ended;
  } finally {
    for (const [event, listener] of Object.entries(listeners)) process.off(event, listener);
  }
}

interface WrittenFiles {
  readonly htmlPath?: string;
  readonly failure?: string;
}

/** Writes the report everywhere it is wanted; a full disk costs the files, not the verdict. */
function keep(
  report: Report,
  dir: string,
  { reportJson }: ReportOptions,
  journal: Journal,
  output: Output,
): WrittenFiles {
  try {
    writeReport(dir, reportJson, report, renderHtml(report));
    journal.remove();
    summarizeForGithub(report, output);
    return { htmlPath: join(dir, REPORT_HTML) };
  } catch (error) {
    journal.close();
    return { failure: `the report could not be written: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** GitHub's runner reads workflow commands from both streams; stdout is the program's. */
function summarizeForGithub(report: Report, output: Output): void {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env;
  if (GITHUB_ACTIONS !== "true") return;
  const { annotations, summary } = renderGithub(report);
  if (annotations !== "") output.say(annotations);
  if (GITHUB_STEP_SUMMARY) appendFileSync(GITHUB_STEP_SUMMARY, `${summary}\n`);
}

function tell(
  report: Report,
  { htmlPath, failure }: WrittenFiles,
  { quiet, json }: ReportOptions,
  output: Output,
): void {
  if (json) {
    const { verdict, growth, limit, peak, exit, trials } = report;
    const files = { report: htmlPath, failure };
    output.say(JSON.stringify({ plimsoll: "end", verdict, growth, limit, peak, exit, trials, ...files }));
    return;
  }
  const isShort = report.verdict.kind === "undetermined" && report.seconds < SHORT_SECONDS;
  const isTooShort = isShort && !isViolent(report.exit) && report.trials === undefined;
  if (quiet || isTooShort) {
    const { claim, sure } = headline(report.verdict);
    const short = `too soon to judge after ${formatDuration(report.seconds)}: ${report.exit.cause}`;
    const peak = report.peak.rssBytes > 0 ? `; peak ${peakWords(report)}` : "";
    output.say(`plimsoll: ${isTooShort ? short : claim}${sure === undefined ? "" : `, ${sure}`}${peak}`);
  } else {
    const path = htmlPath === undefined ? {} : { htmlPath };
    output.say(renderTerminal(report, { color: output.color, columns: output.columns, ...path }));
  }
  if (failure !== undefined) output.say(`plimsoll: ${failure}`);
}

/** What `--fail-on` names and the report has. */
function findFailure(report: Report, failOn: readonly Failure[]): Failure | undefined {
  const peakBytes = report.total?.peakRssBytes ?? report.peak.rssBytes;
  return failOn.find((failure) =>
    failure === "leak" ? report.verdict.leak : report.limit.bytes !== null && peakBytes >= report.limit.bytes,
  );
}

function endOf(exit: ExitRecord | undefined, failure: Failure | undefined, output: Output): CommandEnd {
  // Of a process that somebody else started only its parent learns the code.
  const { code, signal } = exit ?? { code: EXIT.ok, signal: null };
  if (signal !== null) return { code: EXIT.failure, signal };
  if (code !== 0 || failure === undefined) return { code: code ?? EXIT.failure };
  output.say(`plimsoll: exit code ${EXIT.found}, because of --fail-on ${failure}`);
  return { code: EXIT.found };
}
