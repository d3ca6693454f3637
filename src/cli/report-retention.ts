/**
 * Keeps `.plimsoll` from growing for ever: of the report folders that were named by us, the newest few stay. A folder
 * that holds anything but our own files stays as well, and so does one whose report is yet to come.
 * Nothing is ever removed recursively.
 */
import { lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** So many report folders are kept. */
export const KEPT_REPORTS = 20;
/** `<time>-<pid>`, as `createReportFolder` names them. */
const OUR_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}-(\d+)$/;
const OUR_FILE = /^(report\.(json|html)|journal\.ndjson)(\.new)?$/;

/**
 * Removes the oldest report folders. What cannot be removed stays; nothing is thrown.
 *
 * @param folder - that holds the report folders.
 * @param kept - how many stay. Default: 20.
 */
export function removeOldReports(folder: string, kept: number = KEPT_REPORTS): void {
  const names = list(folder).filter((name) => OUR_NAME.test(name));
  for (const name of names.toSorted().slice(0, Math.max(0, names.length - kept))) {
    try {
      removeReport(join(folder, name), Number(OUR_NAME.exec(name)?.[1]));
    } catch {
      // Another plimsoll was faster, or it is not ours to write in.
    }
  }
}

function removeReport(dir: string, pid: number): void {
  if (!lstatSync(dir).isDirectory()) return;
  const files = list(dir);
  const areOurs = files.every((file) => OUR_FILE.test(file) && lstatSync(join(dir, file)).isFile());
  const isUnderWay = !files.includes("report.json") && isRunning(pid);
  if (!areOurs || isUnderWay) return;
  for (const file of files) unlinkSync(join(dir, file));
  rmdirSync(dir);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
