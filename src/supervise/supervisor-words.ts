/** What a supervisor says of ends: as data for who listens, and in plain words where something is wrong. */
import type { ExitRecord } from "../monitor/remote/recording.ts";
import type { AfterCrash } from "./crash-backoff.ts";
import type { Instance } from "./instance.ts";
import type { InstanceEnd } from "./supervisor-options.ts";

/** The event of an end. */
export function endOf(
  instance: Instance,
  exit: ExitRecord,
  how: InstanceEnd["how"],
  report: InstanceEnd["report"],
): InstanceEnd {
  const { number, pid, endedFor, wasKilled, ageMs, peakRssBytes, overLimitMs, drainMs } = instance;
  return {
    instance: number,
    pid,
    exit,
    how,
    wasKilled,
    livedMs: ageMs,
    peakRssBytes,
    overLimitMs,
    ...(endedFor === undefined ? {} : { why: endedFor }),
    ...(drainMs === undefined ? {} : { drainMs }),
    ...(report === undefined ? {} : { report }),
  };
}

/** An instance has ended by itself, badly. */
export function crashWords(
  name: string,
  { number, ageMs }: Instance,
  exit: ExitRecord,
  after: AfterCrash,
  crashes: number,
): string {
  if ("giveUp" in after) {
    return (
      `${name} ended ${after.attempts} times without ever being ready, last with ${exitWords(exit)} after ${seconds(ageMs)}. ` +
      "Starting it again cannot help: see what it says itself."
    );
  }
  const row = crashes > 1 ? `, crash ${crashes} in a row` : "";
  return `Instance ${number} ended by itself with ${exitWords(exit)} after ${seconds(ageMs)}${row}; started again in ${seconds(after.waitMs)}.`;
}

/** A replacement did not come up, and was ended. */
export function unreadyWords({ number, ageMs }: Instance, current: Instance | undefined, retryMs: number): string {
  const goesOn = current ? `; instance ${current.number} goes on` : "";
  return `Instance ${number} is not ready ${seconds(ageMs)} after its start, and is ended${goesOn}. The next try is in ${seconds(retryMs)}.`;
}

/** A replacement ended before it was ready. @param endsFirst - from now on the old one ends before the new one starts. */
export function failedReplacementWords(
  instance: Instance,
  current: Instance,
  exit: ExitRecord,
  retryMs: number,
  endsFirst: boolean,
): string {
  const what =
    `Instance ${instance.number}, which was to replace instance ${current.number}, ended with ${exitWords(exit)} before it was ` +
    `ready; the old one goes on, and the next try is in ${seconds(retryMs)}.`;
  if (!endsFirst) return what;
  return (
    `${what}\nNo listening socket has reached the supervisor, so from now on the old one ends before the new one starts. ` +
    "Without a gap it works where COMMAND is node itself: plimsoll supervise -- node server.js"
  );
}

function exitWords({ code, signal }: ExitRecord): string {
  return signal ?? `code ${code}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
