/**
 * `plimsoll supervise -- COMMAND`: runs a program as instances that are replaced before they reach the limit.
 * stdin, stdout and the end are the program's own; a report of every instance stays behind.
 */
import { join, resolve } from "node:path";
import { rmdirSync } from "node:fs";
import { constants } from "node:os";
import { systemClock } from "../../base/clock.ts";
import { renderHtml } from "../../diagnose/report/index.ts";
import { Supervisor } from "../../supervise/supervisor.ts";
import type { InstanceEnd } from "../../supervise/supervisor-options.ts";
import type { CommandEnd } from "../command.ts";
import { nameCommand } from "../command-name.ts";
import { EXIT } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createReportFolder, REPORT_HTML, REPORTS_FOLDER, writeReport } from "../report-files.ts";
import { withExample } from "../report-options.ts";
import { removeOldReports } from "../report-retention.ts";
import { beginning, tellEnd, tellEvents } from "../supervise-words.ts";
import { parseSuperviseOptions, superviseExample, type SuperviseOptions } from "../supervise-options.ts";

/** These end the program; the second of them does not wait. */
const ENDING = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;
/** Replaces every instance, as for new code. */
const RENEWING = "SIGUSR2";

/** Supervises a program to its end. */
export async function supervise(args: readonly string[], output: Output): Promise<CommandEnd> {
  const options = parseSuperviseOptions(args);
  if (options.reports) checkReports(options);
  // Every timer of the library is unref'ed.
  const keepAlive = setInterval(() => {}, 2 ** 30);
  try {
    const name = nameCommand(options.command);
    const { command, limit, instances, drainMs, restartAfter, reports: observe } = options;
    const restart = restartAfter === undefined ? {} : { restartAfter };
    const supervisor = new Supervisor({ command, limit, instances, drainMs, name, observe, ...restart });
    if (!options.quiet && !options.json) output.say(beginning(name, supervisor.limit, options));
    tellEvents(supervisor, options, output);
    supervisor.on("end", (end) => {
      const file = keepReport(end, options, output);
      tellEnd(end, file, options, output);
    });
    listen(supervisor, options, output);
    await start(supervisor);
    const { code, signal } = await supervisor.ended;
    return signal === null ? { code: code ?? EXIT.failure } : { code: signalCode(signal), signal };
  } finally {
    clearInterval(keepAlive);
  }
}

async function start(supervisor: Supervisor): Promise<void> {
  try {
    await supervisor.start();
  } catch (error) {
    throw withExample(error, superviseExample(""));
  }
}

/** Never undone: a signal while the last reports are written must not cost the exit code. */
function listen(supervisor: Supervisor, { drainMs, quiet, json }: SuperviseOptions, output: Output): void {
  let isAsked = false;
  for (const signal of ENDING) {
    process.on(signal, () => {
      if (isAsked) supervisor.kill();
      else {
        if (!quiet && !json) {
          output.say(`plimsoll: ${signal}: draining, at most ${drainMs / 1000} s; once more ends it at once`);
        }
        supervisor.stop();
      }
      isAsked = true;
    });
  }
  process.on(RENEWING, () => supervisor.replaceAll(RENEWING));
}

/** As shells tell a signal; also what process 1 must do, which no signal of its own ends. */
function signalCode(signal: string): number {
  const { signals } = constants;
  return signal in signals ? 128 + signals[signal as NodeJS.Signals] : EXIT.failure;
}

/** Whatever cannot be written is said before anything is started. */
function checkReports({ reportDir }: SuperviseOptions): void {
  rmdirSync(
    createReportFolder(reportDir && join(reportDir, folderName(process.pid)), systemClock.now(), superviseExample),
  );
}

function folderName(pid: number): string {
  return `${new Date(systemClock.now()).toISOString().replace(/[:.]/g, "-").replace("Z", "")}-${pid}`;
}

/** @returns the report's file; `undefined` where there is none. */
function keepReport({ report, pid }: InstanceEnd, { reportDir }: SuperviseOptions, output: Output): string | undefined {
  if (report === undefined) return undefined;
  try {
    const base = reportDir ?? REPORTS_FOLDER;
    const dir = createReportFolder(join(base, folderName(pid)), systemClock.now(), superviseExample);
    writeReport(dir, undefined, report, renderHtml(report));
    removeOldReports(resolve(base));
    return join(dir, REPORT_HTML);
  } catch (error) {
    output.say(`plimsoll: no report: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
