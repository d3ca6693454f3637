/**
 * Where reports lie: `.plimsoll/<time>-<pid>/report.{json,html}`, readable by their owner only. Times
 * sort as text, so that the newest is the last by name. Whatever can fail is tried before the program
 * starts, not after it has run for a week.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PlimsollError } from "../base/errors.ts";
import type { Report } from "../diagnose/report/report.ts";
import type { ExampleOf } from "./report-options.ts";
import { removeOldReports } from "./report-retention.ts";
import { JOURNAL_FILE } from "../monitor/remote/journal-lines.ts";

/** Below the working folder. */
export const REPORTS_FOLDER = ".plimsoll";
/** Base name of the report as data. */
export const REPORT_JSON = "report.json";
/** Base name of the report for people. */
export const REPORT_HTML = "report.html";

/**
 * Creates the folder of a report.
 *
 * @param wanted - as given by `--report-dir`. Default: a new folder below `.plimsoll`.
 * @param nowMs - the time for its name.
 * @param exampleOf - a command that works, for the message.
 * @throws PlimsollError `ERR_PLIMSOLL_UNWRITABLE` when nothing can be written there.
 */
export function createReportFolder(wanted: string | undefined, nowMs: number, exampleOf: ExampleOf): string {
  const dir =
    wanted ??
    join(REPORTS_FOLDER, `${new Date(nowMs).toISOString().replace(/[:.]/g, "-").replace("Z", "")}-${process.pid}`);
  try {
    makeFolder(dir);
    if (wanted === undefined) {
      keepOutOfGit();
      removeOldReports(REPORTS_FOLDER);
    }
    const probe = join(dir, ".writable");
    writeFileSync(probe, "", { mode: 0o600 });
    rmSync(probe);
    // An older verdict in a folder that is used again would hide that this run was cut off.
    for (const file of [REPORT_JSON, REPORT_HTML]) rmSync(join(dir, file), { force: true });
  } catch (error) {
    throw unwritable("The report folder", dir, error, exampleOf("--report-dir /tmp/plimsoll"));
  }
  return dir;
}

/** `mkdir -p`. Node's own never returns where a folder exists in which none can be made, such as /proc (seen on 20.20.2). */
function makeFolder(dir: string): void {
  if (existsSync(dir) && statSync(dir).isDirectory()) return;
  const parent = dirname(dir);
  if (parent !== dir && !existsSync(parent)) makeFolder(parent);
  mkdirSync(dir, { mode: 0o700 });
}

function keepOutOfGit(): void {
  const file = join(REPORTS_FOLDER, ".gitignore");
  if (!existsSync(file)) writeFileSync(file, "*\n");
}

/**
 * Makes sure that `--report-json` can be written; creates its folder.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_UNWRITABLE` when it cannot.
 */
export function checkReportCopy(file: string, exampleOf: ExampleOf): void {
  try {
    makeFolder(dirname(file));
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a folder");
    const probe = `${file}.writable`;
    writeFileSync(probe, "", { mode: 0o600 });
    rmSync(probe);
  } catch (error) {
    throw unwritable("The report", file, error, exampleOf("--report-json /tmp/report.json"));
  }
}

function unwritable(what: string, path: string, cause: unknown, example: string): PlimsollError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PlimsollError(
    "ERR_PLIMSOLL_UNWRITABLE",
    `${what} ${path} cannot be written: ${why}.\nNothing was started.`,
    { details: { example, path }, cause },
  );
}

/** Writes a file whole or not at all, readable by its owner only. */
function writePrivate(file: string, text: string): void {
  const fresh = `${file}.new`;
  try {
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

/**
 * The newest report folder below `.plimsoll`: the last by name that holds a report or a journal.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_NO_REPORT` when there is none.
 */
export function findNewestReport(): string {
  const names = existsSync(REPORTS_FOLDER) ? readdirSync(REPORTS_FOLDER).sort().reverse() : [];
  const newest = names.map((name) => join(REPORTS_FOLDER, name)).find(holdsReport);
  if (newest !== undefined) return newest;
  throw new PlimsollError("ERR_PLIMSOLL_NO_REPORT", `There is no report in ${REPORTS_FOLDER} below this folder yet.`, {
    details: { example: "plimsoll run -- node server.js" },
  });
}

/** True when a folder holds a report, or a journal from which one can be made. */
export function holdsReport(dir: string): boolean {
  return existsSync(join(dir, REPORT_JSON)) || existsSync(join(dir, JOURNAL_FILE));
}

/**
 * Writes a report's files.
 *
 * @param dir - the report folder.
 * @param copy - where a further report.json goes, if anywhere.
 */
export function writeReport(dir: string, copy: string | undefined, report: Report, html: string): void {
  const json = `${JSON.stringify(report)}\n`;
  writePrivate(join(dir, REPORT_JSON), json);
  if (copy !== undefined) writePrivate(copy, json);
  writePrivate(join(dir, REPORT_HTML), html);
}
