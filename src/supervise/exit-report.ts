/**
 * The report that the parent writes of every death: the last waterline, the growth, the top suspects,
 * and how the program died in words. Where the parent was killed too, the same is made later from its
 * journal, with the counters as the kernel shows them then.
 */
import { diagnose } from "../diagnose/diagnose.ts";
import { buildReport } from "../diagnose/report/json.ts";
import type { Report } from "../diagnose/report/report.ts";
import type { ProcessRecording, Recording } from "../monitor/remote/recording.ts";
import { readSystemText, type SystemFilesOptions } from "../probe/system-files.ts";
import { OomAccounts } from "./oom-account.ts";

/** How to report. */
export interface ExitReportOptions {
  /** Paths are shown relative to it. Default: the working directory. */
  readonly cwd?: string;
}

/** The report on a program that has ended. */
export function exitReport(recording: Recording, options: ExitReportOptions = {}): Report {
  return buildReport(recording, diagnose(recording, { ended: true }), options);
}

/**
 * Completes a recording that comes from a journal: what the killer's counters say now, against the last
 * time that the watcher read them.
 *
 * @param recording - changed in place where its end was not seen.
 * @param nowMs - the present time.
 */
export function recoverExit(recording: Recording, nowMs: number, options: SystemFilesOptions = {}): void {
  const [root] = recording.processes;
  const before = recording.oom;
  if (root === undefined || root.oom !== undefined || before === undefined) return;
  if (isAlive(root, nowMs, options)) return;
  const after = new OomAccounts(options, before).read(nowMs);
  // A machine that was started anew has counted from 0.
  if ((after.machineKills ?? 0) >= (before.machineKills ?? 0)) root.oom = { before, after };
}

/** True when a process of this number still lives and is not younger than the recorded one. */
function isAlive({ pid, startedAtMs }: ProcessRecording, nowMs: number, options: SystemFilesOptions): boolean {
  const stat = readSystemText(`proc/${pid}/stat`, options);
  const uptime = Number(readSystemText("proc/uptime", options)?.split(" ")[0]);
  if (stat === undefined || !Number.isFinite(uptime)) return false;
  // After the name in parentheses: the state, and as field 22 the start, in ticks of 10 ms since the machine's (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[19]);
  // Ended, and not yet waited for by whoever took it over.
  if (fields[0] === "Z" || fields[0] === "X") return false;
  return nowMs - uptime * 1_000 + ticks * 10 <= startedAtMs + 2_000;
}

/** The time of the newest reading, or of the end. */
export function lastSeenMs({ processes, startedAtMs, endedAtMs }: Recording): number {
  const times = processes.flatMap(({ resident, threads, lastReading }) => [
    lastReading?.timeMs ?? 0,
    resident.at(-1)?.timeMs ?? 0,
    ...threads.map(({ samples }) => samples.at(-1)?.timeMs ?? 0),
  ]);
  return endedAtMs ?? Math.max(startedAtMs, ...times);
}
