/** What `plimsoll supervise` says on stderr: a line for each event, in words or as JSON. */
import { formatBytes } from "../base/bytes.ts";
import { formatDuration, headline } from "../diagnose/report/words.ts";
import type { Supervisor } from "../supervise/supervisor.ts";
import type { InstanceEnd, InstanceReady } from "../supervise/supervisor-options.ts";
import type { Output } from "./output.ts";
import type { SuperviseOptions } from "./supervise-options.ts";

/** The first line. */
export function beginning(name: string, { source, bytes }: Supervisor["limit"], options: SuperviseOptions): string {
  const { instances, drainMs } = options;
  const count = instances === 1 ? "1 instance" : `${instances} instances`;
  return `plimsoll: supervising ${name}: ${count}, each replaced before it reaches ${formatBytes(bytes)} (${source}), drained within ${formatDuration(drainMs / 1000)}`;
}

/** Says what happens until the supervisor has ended. */
export function tellEvents(supervisor: Supervisor, { quiet, json }: SuperviseOptions, output: Output): void {
  if (json) {
    for (const name of ["start", "ready", "replace", "trouble"] as const) {
      supervisor.on(name, (event) => output.say(JSON.stringify({ plimsoll: name, ...event })));
    }
    return;
  }
  supervisor.on("trouble", ({ sentence }) => output.say(`plimsoll: ${sentence}`));
  if (quiet) return;
  supervisor.on("ready", (event) => output.say(readyWords(event)));
  supervisor.on("replace", ({ instance, pid, why }) => {
    output.say(`plimsoll: replacing instance ${instance} (pid ${pid}): ${why}`);
  });
}

/** Says how an instance has ended. @param file - of its report. */
export function tellEnd(end: InstanceEnd, file: string | undefined, options: SuperviseOptions, output: Output): void {
  const { report, ...rest } = end;
  if (options.json) output.say(JSON.stringify({ plimsoll: "end", ...rest, verdict: report?.verdict, report: file }));
  else if (!options.quiet) output.say(endWords(end, file));
}

function readyWords({ instance, pid, afterMs, listensOn }: InstanceReady): string {
  const where = listensOn.length === 0 ? "" : `, listening on ${listensOn.join(" and ")}`;
  return `plimsoll: instance ${instance} (pid ${pid}) is ready after ${seconds(afterMs)}${where}`;
}

function endWords(
  { instance, pid, exit, how, wasKilled, drainMs, peakRssBytes, report }: InstanceEnd,
  file?: string,
): string {
  const own = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`;
  const how_ = wasKilled
    ? "did not end in time and was killed"
    : `${how === "replaced" || how === "stopped" ? how : "ended"}${how === "replaced" ? "" : ` ${own}`}`;
  const drained = drainMs === undefined ? "" : `, drained in ${seconds(drainMs)}`;
  const verdict = report && report.verdict.leak ? `\n  ${headline(report.verdict).claim}` : "";
  const where = file === undefined ? "" : `\n  report: ${file}`;
  return `plimsoll: instance ${instance} (pid ${pid}) ${how_}${drained}, peak ${formatBytes(peakRssBytes)}${verdict}${where}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
