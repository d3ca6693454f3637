/**
 * `plimsoll run -- COMMAND`: starts a program unchanged, shows its memory, and at its end says what
 * grew and why. The program owns stdin, stdout and its exit code; a failure of ours never reaches it.
 */
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { isViolent } from "../../diagnose/report/exit-waterline.ts";
import { type Report, renderGithub, renderHtml, renderTerminal } from "../../diagnose/report/index.ts";
import { formatDuration, headline, peakWords } from "../../diagnose/report/words.ts";
import { RemoteWatch } from "../../monitor/remote/index.ts";
import { Journal } from "../../monitor/remote/journal.ts";
import { launch, type Launched } from "../../monitor/remote/launch.ts";
import type { ExitRecord, Recording } from "../../monitor/remote/recording.ts";
import { exitReport } from "../../supervise/exit-report.ts";
import { ExitWatch } from "../../supervise/exit-watch.ts";
import type { CommandEnd } from "../command.ts";
import { nameCommand } from "../command-name.ts";
import { EXIT } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { Progress, type ProgressMode } from "../progress.ts";
import { checkReportCopy, createReportFolder, REPORT_HTML, writeReport } from "../report-files.ts";
import { type Failure, parseRunOptions, type RunOptions, withExample } from "../run-options.ts";

/** How long the last words of an ended program are waited for. */
const SETTLE_MS = 400;

/** A program that ends before this, undetermined, gets one line instead of a page about nothing. */
const SHORT_SECONDS = 5;

/** Runs a program and watches it. */
export async function run(args: readonly string[], output: Output): Promise<CommandEnd> {
  const options = parseRunOptions(args);
  if (options.reportJson !== undefined) checkReportCopy(options.reportJson);
  const dir = createReportFolder(options.reportDir, systemClock.now());
  // All other timers are unref'ed, and between the program's end and ours nothing else keeps us alive.
  const keepAlive = setInterval(() => {}, 2 ** 30);
  try {
    return await watch(options, dir, output);
  } finally {
    clearInterval(keepAlive);
  }
}

async function watch(options: RunOptions, dir: string, output: Output): Promise<CommandEnd> {
  await using remote = await RemoteWatch.open({ command: nameCommand(options.command), limit: options.limit });
  const { recording } = remote;
  const launched = await start(options, dir, remote.environment(process.env));
  // Never undone: a second Ctrl-C while the report is written must not cost the program's exit code.
  launched.forwardSignals();
  remote.attachRoot(launched.pid);
  using exitWatch = new ExitWatch(recording);
  const journal = Journal.open(dir, recording);
  const exit = await show(launched, { output, recording, journal, mode: modeOf(options, output) });
  try {
    exitWatch.conclude(exit);
    // Who kills the program's group may be about to kill us.
    journal.write();
    await remote.settle(SETTLE_MS);
    recording.endedAtMs ??= systemClock.now();
    const report = exitReport(recording);
    const files = keep(report, dir, options, journal, output);
    tell(report, files, options, output);
    return endOf(exit, findFailure(report, options.failOn), output);
  } catch (error) {
    // Whatever failed of ours, the program has ended its own way.
    output.say(`plimsoll: no report: ${error instanceof Error ? error.message : String(error)}`);
    return endOf(exit, undefined, output);
  }
}

async function start({ command, reportDir }: RunOptions, dir: string, env: NodeJS.ProcessEnv): Promise<Launched> {
  try {
    return await launch(command, { env });
  } catch (error) {
    if (reportDir === undefined) rmSync(dir, { recursive: true });
    throw withExample(error, "plimsoll run -- node server.js");
  }
}

function modeOf({ quiet, json }: RunOptions, output: Output): ProgressMode {
  if (quiet) return "quiet";
  if (json) return "json";
  return output.isTerminal && !process.env["CI"] ? "live" : "lines";
}

interface Shown {
  readonly output: Output;
  readonly recording: Recording;
  readonly journal: Journal;
  readonly mode: ProgressMode;
}

/** Shows progress until the program has ended; the terminal is given back whatever happens. */
async function show(launched: Launched, shown: Shown): Promise<ExitRecord> {
  using progress = new Progress({ ...shown, pid: launched.pid, clock: systemClock });
  const asked = (): void => progress.notify("Asked the program to stop; waiting for its end.");
  const listeners: Record<string, () => void> = {
    exit: () => progress[Symbol.dispose](),
    SIGINT: asked,
    SIGTERM: asked,
  };
  if (shown.mode === "live") {
    listeners["SIGWINCH"] = () => progress.resize();
    listeners["SIGCONT"] = () => progress.resume();
    listeners["SIGTSTP"] = () => {
      progress.suspend();
      process.kill(process.pid, "SIGSTOP");
    };
  }
  for (const [event, listener] of Object.entries(listeners)) process.on(event, listener);
  try {
    return await launched.exited;
  } finally {
    for (const [event, listener] of Object.entries(listeners)) process.off(event, listener);
  }
}

interface WrittenFiles {
  readonly htmlPath?: string;
  readonly failure?: string;
}

/** Writes the report everywhere it is wanted; a full disk costs the files, not the verdict. */
function keep(report: Report, dir: string, { reportJson }: RunOptions, journal: Journal, output: Output): WrittenFiles {
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

function tell(report: Report, { htmlPath, failure }: WrittenFiles, { quiet, json }: RunOptions, output: Output): void {
  if (json) {
    const { verdict, growth, limit, peak, exit } = report;
    output.say(JSON.stringify({ plimsoll: "end", verdict, growth, limit, peak, exit, report: htmlPath, failure }));
    return;
  }
  const isShort = report.verdict.kind === "undetermined" && report.seconds < SHORT_SECONDS;
  const isTooShort = isShort && !isViolent(report.exit);
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

function endOf({ code, signal }: ExitRecord, failure: Failure | undefined, output: Output): CommandEnd {
  if (signal !== null) return { code: EXIT.failure, signal };
  if (code !== 0 || failure === undefined) return { code: code ?? EXIT.failure };
  output.say(`plimsoll: exit code ${EXIT.found}, because of --fail-on ${failure}`);
  return { code: EXIT.found };
}
