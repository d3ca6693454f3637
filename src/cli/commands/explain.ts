/**
 * `plimsoll explain`: a verdict again, in full. Where a run left no report because plimsoll itself was
 * killed, its journal says what had been seen until then.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PlimsollError } from "../../base/errors.ts";
import { diagnose } from "../../diagnose/diagnose.ts";
import { buildReport, type Report, renderHtml, renderTerminal, validateReport } from "../../diagnose/report/index.ts";
import { readJournal } from "../../monitor/remote/journal-reader.ts";
import { exitReport, lastSeenMs, recoverExit } from "../../supervise/exit-report.ts";
import { parseOptions, usage } from "../arguments.ts";
import type { CommandEnd } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { findNewestReport, holdsReport, REPORT_HTML, REPORT_JSON, writeReport } from "../report-files.ts";

const EXAMPLE = "plimsoll explain";

/** Shows a report in full. */
export async function explain(args: readonly string[], output: Output): Promise<CommandEnd> {
  const { values, positionals } = parseOptions(args, { json: { type: "boolean" } }, EXAMPLE);
  const [path, ...more] = positionals;
  if (more.length > 0) throw usage("explain takes one report.", EXAMPLE);
  const { report, htmlPath, note } = read(path ?? findNewestReport());
  if (note !== undefined) output.say(`plimsoll: ${note}`);
  if (values["json"] === true) output.data(JSON.stringify(report, null, 2));
  else {
    const html = htmlPath === undefined ? {} : { htmlPath };
    output.say(renderTerminal(report, { color: output.color, columns: output.columns, verbose: true, ...html }));
  }
  return { code: EXIT.ok };
}

interface Found {
  readonly report: Report;
  readonly htmlPath?: string;
  /** What the reader must know about where it comes from. */
  readonly note?: string;
}

function read(path: string): Found {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) throw noReport(`There is no file or folder ${path}.`);
  if (!entry.isDirectory()) return withHtml(readReport(path), dirname(path));
  if (!holdsReport(path)) throw noReport(`${path} holds no report.`);
  const file = join(path, REPORT_JSON);
  return statSync(file, { throwIfNoEntry: false }) ? withHtml(readReport(file), path) : recover(path);
}

function noReport(what: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_NO_REPORT", what, { details: { example: EXAMPLE } });
}

function withHtml(report: Report, dir: string): Found {
  const htmlPath = join(dir, REPORT_HTML);
  return statSync(htmlPath, { throwIfNoEntry: false }) ? { report, htmlPath } : { report };
}

function readReport(file: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 120) : String(cause);
    throw new PlimsollError("ERR_PLIMSOLL_BAD_REPORT", `${file} cannot be read as a report: ${why}`, {
      details: { example: EXAMPLE },
      cause,
    });
  }
  return validateReport(value);
}

/** A report out of a journal. */
function recover(dir: string): Found {
  const { recording, watcherPid } = readJournal(dir);
  const isRunning = recording.endedAtMs === undefined && isAlive(watcherPid);
  const lastMs = lastSeenMs(recording);
  const until = new Date(lastMs).toISOString().slice(0, 19).replace("T", " ");
  if (isRunning) {
    const report = buildReport(recording, diagnose(recording, { nowMs: lastMs, ended: false }), { isRunning });
    return { report, note: `this run still goes on; its journal says so much up to ${until} UTC.` };
  }
  recoverExit(recording, Date.now());
  const report = exitReport(recording);
  const note = `recovered from the journal, which ends at ${until} UTC: plimsoll itself was killed then.`;
  try {
    writeReport(dir, undefined, report, renderHtml(report));
  } catch {
    // A folder that can be read but not written is still explained.
    return { report, note };
  }
  return { ...withHtml(report, dir), note };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
