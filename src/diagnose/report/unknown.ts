/**
 * What a recording cannot tell, and why: a report that is silent about its blind spots reads as if
 * there were none.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { ProcessRecording, Recording } from "../../monitor/remote/recording.ts";
import type { Diagnosis } from "../finding.ts";
import type { Cleaner } from "./clean.ts";

const MAX_NAMED = 5;
const MAX_TROUBLES = 5;
/** Holds until heap snapshots name the holder. */
export const HOLDER_UNKNOWN =
  "Which variable or collection keeps the values alive: a profile names only the code that allocates them. `--snapshots` finds it.";

/**
 * Lists what could not be measured.
 *
 * @param recording - what was seen.
 * @param diagnosis - what was concluded.
 * @param leftOut - processes that the report does not list.
 * @param clean - makes names and sentences fit to show.
 */
export function listUnknown(
  recording: Recording,
  diagnosis: Diagnosis,
  leftOut: readonly ProcessRecording[],
  clean: Cleaner,
): string[] {
  const unknown: string[] = [];
  const { processes } = recording;
  const unobserved = processes.filter((process) => !process.observed);
  if (unobserved.length > 0) {
    const named = unobserved.slice(0, MAX_NAMED).map((process) => `${clean.name(process.name)} (pid ${process.pid})`);
    const more = unobserved.length > named.length ? ` and ${unobserved.length - named.length} more` : "";
    unknown.push(
      `Kinds of memory in ${named.join(", ")}${more}: measured from outside only, because nothing answered from inside (not Node, or started without NODE_OPTIONS).`,
    );
  }
  const threads = processes.flatMap((process) => process.threads);
  if (threads.length > 0 && threads.every((thread) => thread.majors.length === 0)) {
    unknown.push("How much of the heap is garbage: no major collection was seen.");
  }
  const isUnseen =
    threads.every((thread) => thread.profiles.length === 0) && diagnosis.growth.every((growth) => !growth.where);
  if (threads.length > 0 && isUnseen) {
    unknown.push("Which functions allocate: no allocation profile was taken.");
  }
  if (diagnosis.verdict.leak && diagnosis.growth.every((growth) => growth.holder === undefined)) {
    unknown.push(HOLDER_UNKNOWN);
  }
  const resident = processes.flatMap((process) => process.resident.slice(-1));
  if (resident.length === 0) {
    unknown.push(
      "Memory as the kernel counts it: never read, because the program ended first or this system does not show it.",
    );
  } else if (resident.every((sample) => sample.anonBytes === undefined)) {
    unknown.push("How resident memory splits into anonymous and file-backed pages: not readable on this system.");
  }
  const troubles = new Set(threads.flatMap((thread) => thread.troubles.map((trouble) => clean.text(trouble))));
  unknown.push(...[...troubles].slice(0, MAX_TROUBLES));
  if (leftOut.length > 0) {
    const largest = leftOut.reduce((max, process) => Math.max(max, process.peakRssBytes), 0);
    unknown.push(`${leftOut.length} smaller processes are not listed; none used more than ${formatBytes(largest)}.`);
  }
  return unknown;
}
